#include <gtest/gtest.h>

#include <future>
#include <netaio/shared_client.hpp>
#include <netaio/testing.hpp>

#include "keep_connected.hpp"
#include "support/blocking.hpp"
#include "support/temporary_folder.hpp"
#include "support/working_auth.hpp"

/// All that connections are used for, in sessions.
namespace netaio {
namespace {

using namespace test;
using Seen = std::vector<std::pair<std::string, std::string>>;

// Whether the server's key is known before.
class SessionUsesTest : public ::testing::TestWithParam<bool> {
protected:
    SessionUsesTest() {
        TcpServerOptions options;
        secure(options, 's');
        options.environment.log = lines.log();
        server.emplace(network.executor(), network.options(std::move(options)));
        server->on({request_uri, "echo"}, [](const Message& asked) { return asked.content(); });
        server->on({request_uri, "slow"}, [](const Message& asked) -> awaitable<Message> {
            Timer timer(co_await boost::asio::this_coro::executor, 1min);
            co_await timer.async_wait(boost::asio::use_awaitable);
            co_return respond(asked.uri(), asked.content());
        });
        server->on({request_uri, "throws"},
                   [](const Message&) -> std::string { throw std::runtime_error("broken"); });
        server->on({create_uri, "me"}, [this](const Message&, Connection& from) -> Message {
            asker = from.shared();
            return ok("me");
        });
        server->grant_subscriptions();
        EXPECT_FALSE(server->start());
        TcpClientOptions made;
        secure(made, 'c');
        made.answers = true;
        if (GetParam()) {
            made.session.peer_keys = {session_key(Secret(std::string(32, 's')))};
        }
        client.emplace(network.executor(), network.options(std::move(made)));
        client->on(notify_uri, [this](const Message& message) {
            seen.emplace_back(message.uri(), message.content());
        });
        client->on({request_uri, "client"},
                   [](const Message& asked) { return "I am " + asked.content().str(); });
        network.run(client->connect(network.address()));
        client->start_receive_loop();
    }
    ~SessionUsesTest() override {
        EXPECT_EQ(server->counters().sessions, 1u);
        EXPECT_EQ(server->counters().rejected_malformed, 0u);
    }
    template <class Options>
    static void secure(Options& options, char seed) {
        options.session.policy = SessionPolicy::require;
        options.session.seed = Secret(std::string(32, seed));
        options.auth = hmac_auth({.secret = "shared"});
        options.cipher = stream_cipher({.key = "key"});
    }
    std::string ask(ByteView uri, ByteView content) {
        return network
            .run(client->exchange(MessageType::request_uri, uri, content, {.timeout = 2min}), 3min)
            .content()
            .str();
    }

    LogLines lines;
    TestNetwork network;
    std::optional<TcpServer> server;
    std::optional<TcpClient> client;
    std::shared_ptr<Connection> asker;
    Seen seen;
};

INSTANTIATE_TEST_SUITE_P(Each, SessionUsesTest, ::testing::Bool(), [](const auto& each) {
    return each.param ? "WithAKnownKey" : "WithAnUnknownKey";
});

TEST_P(SessionUsesTest, RequestsWhoseHandlersSuspend) {
    EXPECT_EQ(ask("slow", "hello"), "hello");
    EXPECT_EQ(ask("echo", "hello"), "hello");
}

TEST_P(SessionUsesTest, RequestsWhoseHandlersThrow) {
    EXPECT_EQ(ask("throws", "hello"), "handler failed");

    EXPECT_EQ(ask("echo", "hello"), "hello");
}

TEST_P(SessionUsesTest, Subscriptions) {
    network.run(client->subscribe("lamp"), 1s);
    EXPECT_FALSE(server->notify("lamp", notify("lamp", "on")));
    EXPECT_FALSE(server->notify("lamp", notify("lamp", "off")));
    network.advance(1s);
    EXPECT_EQ(seen, (Seen{{"lamp", "on"}, {"lamp", "off"}}));
    network.run(client->unsubscribe("lamp"), 1s);
    EXPECT_FALSE(server->notify("lamp", notify("lamp", "on")));
    network.advance(1s);
    EXPECT_EQ(seen.size(), 2u);
}

TEST_P(SessionUsesTest, PresentValues) {
    const std::string much(50'000, 'v');
    for (int i = 0; i < 40; ++i) {
        server->publish("room/" + std::to_string(100 + i), much);
    }
    EXPECT_EQ(
        network.run(client->subscribe("room/", {.prefix = true, .present = true}), 20s).content(),
        "prefix present 40\n");
    server->publish("room/100", "more");
    network.advance(1s);
    ASSERT_EQ(seen.size(), 41u);
    EXPECT_EQ(seen[39], (std::pair<std::string, std::string>{"room/139", much}));
    EXPECT_EQ(seen.back(), (std::pair<std::string, std::string>{"room/100", "more"}));
}

TEST_P(SessionUsesTest, QuestionsOfTheServer) {
    network.run(client->exchange(MessageType::create_uri, "me", ""), 1s);
    ASSERT_TRUE(asker);
    const auto answer = network.run(server->exchange(*asker, request("client", "asked"),
                                                     {.timeout = 10s}, boost::asio::use_awaitable),
                                    20s);
    EXPECT_EQ(answer.content(), "I am asked");
}

TEST_P(SessionUsesTest, RefusesWhatIsTooLargeToBeSealedBeforeItIsSent) {
    const std::string largest(65'400, 'l');
    EXPECT_EQ(ask("echo", largest), largest);
    // With as much in its auth fields as there is room for in clear.
    auto message = OwnedMessage(MessageType::request_uri, "echo", "much");
    message.auth().set("much", std::string(65'500, 'a'));
    std::error_code why;
    try {
        network.run(client->exchange(std::move(message), {.timeout = 1s}), 2s);
    } catch (const boost::system::system_error& error) {
        why = error.code();
    }
    EXPECT_EQ(why, Errc::too_large);
    EXPECT_EQ(ask("echo", "small"), "small");
}

class SessionKeptTest : public KeepConnectedTest {
protected:
    template <class Options>
    static Options secured(Options options, char seed) {
        options.session.policy = SessionPolicy::offer;
        options.session.seed = Secret(std::string(32, seed));
        return options;
    }
};

TEST_F(SessionKeptTest, BeginsAnewWithEachConnection) {
    make_client(secured(TcpClientOptions(), 'c'));
    kill(server);
    server = serve("server", secured(TcpServerOptions(), 's'));
    keep();
    EXPECT_TRUE(stands("connected"));
    EXPECT_EQ(server->counters().sessions, 1u);
    network.run(client->subscribe("lamp"), 1s);
    kill(server);
    server = serve("server", secured(TcpServerOptions(), 's'));
    network.advance(1min);
    EXPECT_TRUE(stands("connected"));
    EXPECT_EQ(server->counters().sessions, 1u);
    EXPECT_FALSE(server->notify("lamp", notify("lamp", "on")));
    network.advance(1s);
    EXPECT_EQ(heard, (Strings{"lamp=on"}));
}

TEST_F(SessionKeptTest, GoesOnTryingWhileAnotherIsInThePlaceOfItsServer) {
    const TemporaryFolder folder;
    auto options = secured(TcpClientOptions(), 'c');
    options.session.known = known_peers_file(folder.file("known"));
    make_client(std::move(options));
    kill(server);
    server = serve("server", secured(TcpServerOptions(), 's'));
    keep();
    EXPECT_TRUE(stands("connected"));
    kill(server);
    for (const char seed : {'x', '\0'}) {
        server = seed ? serve("server", secured(TcpServerOptions(), seed)) : serve();
        network.advance(2min);
        EXPECT_FALSE(stands("connected"));
        EXPECT_EQ(errors.back(), seed ? Errc::peer_changed : Errc::no_session);
        kill(server);
    }
    server = serve("server", secured(TcpServerOptions(), 's'));
    network.advance(10min);
    EXPECT_TRUE(stands("connected"));
}

TEST_F(SessionKeptTest, WaitsForAServerThatIsSilentNoLongerThanItsPatience) {
    auto options = secured(TcpClientOptions(), 'c');
    options.session.patience = 5s;
    make_client(std::move(options));
    hangs = true;
    network.run(client->connect(network.address()), 5s);
    hangs = false;
    EXPECT_EQ(network.run(client->request("x", "y"), 1s).content(), "y");
}

template <class Options>
Options local(Options options, char seed) {
    options.session.policy = SessionPolicy::offer;
    options.session.seed = Secret(std::string(32, seed));
    return options;
}

TEST(SessionPlaces, ConnectsThreadsThatShareAClient) {
    TcpServer server(local(local_options(), 's'));
    server.on(request_uri, [](const Message& asked) { return asked.content(); });
    server.grant_subscriptions();
    ASSERT_FALSE(server.start());
    SharedClient client(local(TcpClientOptions(), 'c'));
    std::promise<std::string> heard;
    client.on(notify_uri, [&](const Message& news) { heard.set_value(news.content().str()); });
    client.connect("127.0.0.1", server.port()).get();
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (int k = 0; k < 100; ++k) {
                const std::string text(static_cast<std::size_t>(i * 300 + k), 't');
                good +=
                    client.exchange(MessageType::request_uri, "echo", text).get().content() == text;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(good, 400);
    client.subscribe("lamp").get();
    EXPECT_FALSE(server.notify("lamp", notify("lamp", "on")));
    EXPECT_EQ(heard.get_future().get(), "on");
    EXPECT_EQ(server.counters().sessions, 1u);
}

// Each message of them, and nothing that is inside.
TEST(SessionPlaces, ArePaidForWhenTheyBegin) {
    for (const bool known : {false, true}) {
        auto options = local(local_options(), 's');
        const auto asked = std::make_shared<SeenMessages>(SeenOptions{.ran_before = false});
        options.auth = hashcash_auth({.realm = "kitchen", .bits = 8, .seen = asked});
        TcpServer server(options);
        server.on(request_uri, [](const Message& message) { return message.content(); });
        ASSERT_FALSE(server.start());
        auto client_options = local(TcpClientOptions(), 'c');
        if (known) {
            client_options.session.peer_keys = {session_key(Secret(std::string(32, 's')))};
        }
        client_options.auth = hashcash_auth({.realm = "kitchen", .pay = 8});
        SharedClient client(client_options);
        client.connect("127.0.0.1", server.port()).get();
        for (int i = 0; i < 10; ++i) {
            EXPECT_EQ(client.request("echo", "hello").get().content(), "hello");
        }
        EXPECT_EQ(server.counters().sessions, 1u);
        BlockingClient blocking("127.0.0.1", server.port(), client_options);
        EXPECT_EQ(blocking.request("echo", "hello").content(), "hello");
        EXPECT_EQ(server.counters().sessions, 2u);
    }
}

// Has to work for every second message to all.
class WaitsNowAndThen final : public AuthPlugin {
public:
    std::error_code make(AuthFields&, ByteView, const PluginContext& context) const override {
        if (context.remote || !context.work || *context.work || ++messages_ % 2 != 0) {
            return {};
        }
        const auto work = std::make_shared<FakeWork>();
        work->end();
        *context.work = work;
        return Errc::pending;
    }
    bool check(const AuthFields&, ByteView, const PluginContext&) const override { return true; }

private:
    mutable std::atomic<int> messages_ = 0;
};

TEST(SessionPlaces, AreToldWhatHasToBeProtectedForEach) {
    auto options = local(local_options(), 's');
    options.auth = std::make_shared<WaitsNowAndThen>();
    TcpServer server(options);
    server.grant_subscriptions();
    ASSERT_FALSE(server.start());
    BlockingClient client("127.0.0.1", server.port(), local(TcpClientOptions(), 'c'));
    client.subscribe("news");
    for (const char* number : {"1", "2", "3"}) {
        EXPECT_FALSE(server.notify("news", notify("news", number)));
        EXPECT_EQ(client.receive_once({.timeout = 5s}).content(), number);
    }
}

TEST(SessionPlaces, AreUnixSocketsToo) {
    const TemporaryFolder folder;
    const std::string place = "unix:" + folder.file("x.sock");
    auto options = local(local_options(), 's');
    options.interfaces = {place};
    TcpServer server(options);
    std::string said_by;
    server.on(request_uri, [&](const Message& asked) {
        said_by = asked.who().str();
        return asked.content();
    });
    ASSERT_FALSE(server.start());
    auto client_options = local(TcpClientOptions(), 'c');
    client_options.session.known = known_peers_file(folder.file("known"));
    for (int time = 0; time < 2; ++time) {
        BlockingClient client(place, 0, client_options);
        EXPECT_EQ(client.request("echo", "hello").content(), "hello");
        EXPECT_EQ(said_by.find("uid:") != std::string::npos, !NETAIO_PORTABLE) << said_by;
        EXPECT_NE(said_by.find("session:" + to_string(session_key(Secret(std::string(32, 'c'))))),
                  std::string::npos)
            << said_by;
    }
    EXPECT_EQ(client_options.session.known->find(place).value(),
              session_key(Secret(std::string(32, 's'))));
    EXPECT_EQ(server.counters().sessions, 2u);
}

// Pushes come in between, whatever a handshake has come to.
TEST(SessionPlaces, BeginsUnderLoad) {
    TcpServer server(local(local_options(), 's'));
    server.on(request_uri, [](const Message& asked) { return asked.content(); });
    ASSERT_FALSE(server.start());
    std::atomic<bool> over = false;
    std::thread pushes([&] {
        for (int i = 0; !over; ++i) {
            EXPECT_FALSE(server.broadcast(notify("news", std::to_string(i))));
            std::this_thread::sleep_for(1ms);  // faster, it outruns the server
        }
    });
    for (int i = 0; i < 100; ++i) {
        auto options = local(TcpClientOptions(), 'c');
        if (i % 2 == 0) {
            options.session.peer_keys = {session_key(Secret(std::string(32, 's')))};
        }
        BlockingClient client("127.0.0.1", server.port(), options);
        int last = -1;
        for (int k = 0; k < 10; ++k) {
            EXPECT_EQ(client.request("echo", "hello").content(), "hello");
            const int number = std::stoi(client.receive_once().content().str());
            EXPECT_GT(number, last);
            last = number;
        }
    }
    over = true;
    pushes.join();
    EXPECT_EQ(server.counters().sessions, 100u);
}

}  // namespace
}  // namespace netaio
