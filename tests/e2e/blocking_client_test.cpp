#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/local/stream_protocol.hpp>
#include <thread>

#include "support/blocking.hpp"
#include "support/net.hpp"
#include "support/temporary_folder.hpp"

namespace netaio {
namespace {

using namespace test;

class BlockingClientTest : public ::testing::Test {
protected:
    BlockingClientTest() : BlockingClientTest(local_options()) {}
    explicit BlockingClientTest(TcpServerOptions options) : server(std::move(options)) {
        const auto echo = [](const Message& message) { return message.content(); };
        for (const MessageType type : {request_uri, create_uri, update_uri}) {
            server.on(type, echo);
        }
        server.on(delete_uri, [] {});
        server.on({request_uri, "slow"}, [](const Message& message) -> awaitable<Message> {
            co_await pause(50ms);
            co_return respond(message.uri(), message.content());
        });
        server.on({request_uri, "gated"}, [this](const Message& message) -> awaitable<Message> {
            EXPECT_TRUE(co_await until([this] { return gate_open.load(); }));
            co_return respond(message.uri(), message.content());
        });
        server.on({request_uri, "never"},
                  [](const Message&) -> std::optional<Message> { return std::nullopt; });
        server.on({request_uri, "hang up"}, [](const Message&, Connection& from) { from.close(); });
        server.on({request_uri, "with news"}, [](const Message& message, Connection& from) {
            EXPECT_FALSE(from.send(notify("news", message.content())));
            return "done";
        });
        server.on(publish_uri, [this](const Message& message) {
            said = message.content().str();
            ++published;
        });
        server.grant_subscriptions();
        EXPECT_FALSE(server.start());
        port = server.port();
    }

    std::atomic<bool> gate_open = false;
    std::atomic<int> published = 0;
    std::string said;
    TcpServer server;
    std::uint16_t port = 0;
};

class ProtectedBlockingClientTest : public BlockingClientTest {
protected:
    static TcpServerOptions options() {
        auto options = local_options();
        options.auth = hmac_auth({.secret = "right"});
        options.cipher = stream_cipher({.key = "key"});
        return options;
    }
    ProtectedBlockingClientTest() : BlockingClientTest(options()) {}
};

TEST_F(BlockingClientTest, HasAVerbForEachKindOfRequest) {
    BlockingClient client("127.0.0.1", port);
    EXPECT_TRUE(client.connected());
    EXPECT_EQ(client.server(), Address::parse("127.0.0.1", port).value());
    EXPECT_EQ(client.request("echo", "hello", {.timeout = 10s}).content(), "hello");
    EXPECT_EQ(client.request("echo", 10s).type(), respond_uri);
    EXPECT_EQ(client.create("x", "made").type(), MessageType::ok);
    EXPECT_EQ(client.update("x", "changed").content(), "changed");
    EXPECT_EQ(client.remove("x").type(), MessageType::ok);
    EXPECT_EQ(client.subscribe("x").type(), MessageType::confirm_subscribe);
    EXPECT_EQ(client.unsubscribe("x").type(), MessageType::confirm_unsubscribe);
    EXPECT_EQ(client.exchange(request_uri, "y", "content").content(), "content");
    EXPECT_EQ(client.exchange(create_uri, "y", std::string(60'000, 'l')).content().size(), 60'000u);
}

TEST_F(BlockingClientTest, GivesErrorsThatTheServerAnswersAsTheirAnswers) {
    server.on({request_uri, "secret"}, []() -> std::string { throw Refusal::not_permitted(); });
    BlockingClient client("127.0.0.1", port);
    EXPECT_EQ(client.request("secret").type(), MessageType::not_permitted);
}

TEST_F(BlockingClientTest, ThrowsErrorsUnlessGivenSomewhereToPutThem) {
    BlockingClient client("127.0.0.1", port);
    try {
        client.request("never", 5ms);
        ADD_FAILURE();
    } catch (const boost::system::system_error& failure) {
        EXPECT_EQ(failure.code(), Errc::timeout);
    }
    std::error_code error;
    client.request("never", {.timeout = 5ms}, error);
    EXPECT_EQ(error, Errc::timeout);
    EXPECT_EQ(client.request("x", "here", {}, error).content(), "here");
    EXPECT_FALSE(error);
    boost::system::error_code of_boost;
    client.request("never", 5ms, of_boost);
    EXPECT_EQ(of_boost, Errc::timeout);
}

TEST_F(BlockingClientTest, NeverGivesALateAnswerToTheNextRequest) {
    BlockingClient client("127.0.0.1", port);
    EXPECT_EQ(why_not(client, "gated", "late", {.timeout = 5ms}), Errc::timeout);
    gate_open = true;
    EXPECT_EQ(client.request("gated", "next").content(), "next");
    EXPECT_EQ(client.counters().late_answers, 1u);
}

TEST_F(BlockingClientTest, WaitsAsLongAsEachRequestSays) {
    BlockingClient client("127.0.0.1", port, {.request_timeout = 5ms});
    EXPECT_EQ(why_not(client, "never"), Errc::timeout);
    EXPECT_EQ(client.request("slow", "1", {.timeout = 10s}).content(), "1");
    EXPECT_EQ(why_not(client, "never", {.timeout = 20ms}), Errc::timeout);
    EXPECT_EQ(client.request("slow", "2", {.timeout = 10s}).content(), "2");
    EXPECT_EQ(client.request("x", {.timeout = std::chrono::milliseconds::max()}).type(),
              respond_uri);
}

TEST_F(BlockingClientTest, EndsRequestsAtOnceWhenTheConnectionEndsAndMayConnectAgain) {
    BlockingClient client("127.0.0.1", port);
    EXPECT_EQ(why_not(client, "hang up", {.timeout = 1h}), Errc::closed);
    EXPECT_FALSE(client.connected());
    EXPECT_EQ(why_not(client, "x"), Errc::not_connected);
    std::error_code error;
    client.send(ok("x"), {}, error);
    EXPECT_EQ(error, Errc::not_connected);
    client.receive_once(10s, error);
    EXPECT_EQ(error, Errc::not_connected);
    EXPECT_EQ(client.reconnect(), client.server());
    EXPECT_EQ(client.request("x", "again").content(), "again");
}

TEST_F(BlockingClientTest, IsClosedWhenToldTo) {
    BlockingClient client("127.0.0.1", port);
    client.send(OwnedMessage(publish_uri, "x", "last words"));
    client.close();
    client.close();
    EXPECT_FALSE(client.connected());
    EXPECT_TRUE(eventually([&] { return published == 1; }));
    EXPECT_EQ(said, "last words");
    EXPECT_EQ(why_not(client, "x"), Errc::not_connected);
}

TEST_F(BlockingClientTest, ConnectsWhenItIsToldToAndByName) {
    BlockingClient client;
    std::error_code error;
    client.reconnect(error);
    EXPECT_EQ(error, Errc::not_connected);
    EXPECT_FALSE(client.server());
    client.connect("localhost", port);
    EXPECT_EQ(client.request("x", "by name").content(), "by name");
    const Address address = *client.server();
    client.connect(address.str());
    EXPECT_EQ(client.request("x", "anew", {.server = address}).content(), "anew");
    EXPECT_EQ(client.counters().connections, 1u);
    EXPECT_EQ(why_not(client, "x", {.server = address.with_port(1)}), Errc::not_connected);
    EXPECT_THROW(client.connect("no address"), std::invalid_argument);
    client.connect("memory:x", error);
    EXPECT_EQ(error, Errc::unsupported);
    EXPECT_TRUE(client.connected());
}

TEST_F(BlockingClientTest, KeepsWhatComesDuringARequestForLater) {
    BlockingClient client("127.0.0.1", port, {.inbox_max = 2});
    for (const char* news : {"1", "2", "3"}) {
        EXPECT_EQ(client.request("with news", news).content(), "done");
    }
    EXPECT_EQ(client.receive_once(10s).content(), "2");
    EXPECT_EQ(client.receive_once({.timeout = 10s}).content(), "3");
    EXPECT_EQ(client.counters().unhandled, 1u);
    std::error_code error;
    client.receive_once(5ms, error);
    EXPECT_EQ(error, Errc::timeout);
    EXPECT_THROW(client.receive_once(5ms), boost::system::system_error);
}

TEST_F(BlockingClientTest, RunsHandlersWhileACallWaits) {
    BlockingClient client("127.0.0.1", port);
    std::string seen;
    client.on({notify_uri, "news"}, [&](const Message& message) { seen += message.content(); });
    client.request("with news", "1");
    client.request("with news", "2");
    EXPECT_EQ(seen, "12");
    client.on({notify_uri, "news"}, [] { return ok("changed"); });
    EXPECT_TRUE(client.subscribe("key").type() == MessageType::confirm_subscribe);
    EXPECT_FALSE(server.notify("key", notify("news", "3")));
    EXPECT_EQ(client.receive_once(10s).uri(), "changed");
    EXPECT_TRUE(client.remove_handler({notify_uri, "news"}));
}

TEST_F(BlockingClientTest, LetsHandlersAnswerByTheirConnection) {
    BlockingClient client("127.0.0.1", port);
    client.on({notify_uri, "news"}, [&](const Message& message, Connection& from) {
        EXPECT_FALSE(from.send(OwnedMessage(publish_uri, "heard", message.content())));
    });
    client.request("with news", "1");
    EXPECT_TRUE(eventually([&] { return published == 1; }));
}

TEST_F(BlockingClientTest, RunsNoCoroutines) {
    BlockingClient client;
    EXPECT_THROW(client.on(notify_uri, []() -> awaitable<void> { co_return; }),
                 std::invalid_argument);
}

TEST_F(BlockingClientTest, SubscribesToPrefixesWithPresentValues) {
    server.publish("room/1", "one");
    server.publish("room/2", "two");
    BlockingClient client("127.0.0.1", port);
    std::vector<std::string> seen;
    client.on(notify_uri, [&](const Message& message) {
        seen.push_back(message.uri().str() + "=" + message.content().str());
    });
    client.subscribe("room/1", {.present = true});
    EXPECT_EQ(seen, std::vector<std::string>{"room/1=one"});
    client.subscribe("room/", {.prefix = true, .present = true, .timeout = 10s});
    while (seen.size() < 3) {
        client.receive_once(10s);
    }
    EXPECT_EQ(seen[1], "room/1=one");
    EXPECT_EQ(seen[2], "room/2=two");
    EXPECT_EQ(client.unsubscribe("room/", {.prefix = true}).type(),
              MessageType::confirm_unsubscribe);
}

TEST_F(BlockingClientTest, SaysWhereTheServerKnowsNoPrefixes) {
    server.on(subscribe_uri,
              [](const Message& message) { return confirm_subscribe(message.uri()); });
    BlockingClient client("127.0.0.1", port);
    std::error_code error;
    client.subscribe("room/", {.prefix = true}, error);
    EXPECT_EQ(error, Errc::unsupported);
    EXPECT_EQ(client.request("x", "goes on").content(), "goes on");
}

TEST_F(BlockingClientTest, ProtectsSingleRequestsWithInnerPlugins) {
    const std::shared_ptr<const AuthPlugin> admin =
        hmac_auth({.secret = "admin", .hmac_field = "camh"});
    const std::shared_ptr<const CipherPlugin> hidden =
        stream_cipher({.key = "key", .iv_field = "iv2", .encrypt_uri = false});
    server.on(create_uri, {.auth = admin, .cipher = hidden},
              [](const Message& message) { return message.content(); });
    BlockingClient client("127.0.0.1", port);
    const auto shares = admin.use_count();
    EXPECT_EQ(client.create("x", "secret", {.auth = admin, .cipher = hidden}).content(), "secret");
    EXPECT_EQ(client.create("x", "secret").type(), MessageType::auth_error);
    EXPECT_EQ(admin.use_count(), shares);
}

TEST_F(ProtectedBlockingClientTest, SpeaksThroughTheLayerOfTheNode) {
    BlockingClient client(
        "127.0.0.1", port,
        {.auth = hmac_auth({.secret = "right"}), .cipher = stream_cipher({.key = "key"})});
    EXPECT_EQ(client.request("x", "hidden").content(), "hidden");
    EXPECT_EQ(client.request("with news", "news").content(), "done");
    EXPECT_EQ(client.receive_once(10s).content(), "news");
}

TEST_F(ProtectedBlockingClientTest, LearnsAtOnceThatAuthenticationFailed) {
    BlockingClient wrong(
        "127.0.0.1", port,
        {.auth = hmac_auth({.secret = "wrong"}), .cipher = stream_cipher({.key = "key"})});
    EXPECT_EQ(why_not(wrong, "x", {.timeout = 1h}), Errc::auth_failed_unverified);
    BlockingClient bare("127.0.0.1", port);
    EXPECT_EQ(bare.request("x", 1h).type(), MessageType::auth_error);
}

TEST_F(BlockingClientTest, DoesNotBelieveAServerThatDoesNotAuthenticate) {
    BlockingClient client("127.0.0.1", port, {.auth = hmac_auth({.secret = "test"})});
    EXPECT_EQ(why_not(client, "x", {.timeout = 1h}), Errc::auth_failed);
}

TEST_F(BlockingClientTest, RefusesWhatFitsNoMessage) {
    BlockingClient client("127.0.0.1", port);
    std::error_code error;
    client.create("x", std::string(70'000, 'x'), {}, error);
    EXPECT_EQ(error, Errc::too_large);
    EXPECT_TRUE(client.connected());
    EXPECT_THROW(BlockingClient({.frame_max = 3}), std::invalid_argument);
}

TEST_F(BlockingClientTest, TellsASecondThread) {
    BlockingClient client("127.0.0.1", port);
    bool refused = false;
    std::atomic<bool> over = false;
    std::thread second([&] {
        refused = eventually([&] {
            try {
                client.send(OwnedMessage(publish_uri, "x"));
                return false;
            } catch (const std::logic_error&) {
                return true;
            }
        });
        over = true;
    });
    while (!over) {
        try {
            std::error_code ignored;
            client.request("never", 50ms, ignored);
        } catch (const std::logic_error&) {
            // The second thread was in between.
        }
    }
    second.join();
    EXPECT_TRUE(refused);
    EXPECT_EQ(client.request("x", "goes on").content(), "goes on");
}

TEST_F(BlockingClientTest, TellsAHandlerThatWaitsItself) {
    LogLines lines;
    BlockingClient client("127.0.0.1", port, {.environment = {.log = lines.log()}});
    client.on({notify_uri, "news"}, [&] { client.request("x"); });
    EXPECT_EQ(client.request("with news").content(), "done");
    EXPECT_TRUE(lines.contains("within a call already"));
}

TEST_F(BlockingClientTest, MayBeDestroyedByAHandler) {
    auto client = std::make_unique<BlockingClient>("127.0.0.1", port);
    client->on({notify_uri, "news"}, [&] { client.reset(); });
    EXPECT_EQ(why_not(*client, "with news", {.timeout = 1h}), Errc::cancelled);
    EXPECT_FALSE(client);
}

TEST_F(BlockingClientTest, SendsMoreThanIsTakenAtOnceWhileItReads) {
    // More than the buffers of both ends hold, whose answers nobody asks for meanwhile.
    BlockingClient client("127.0.0.1", port, {.inbox_max = 2});
    const std::string content(60'000, 'c');
    for (int i = 0; i < 400; ++i) {
        client.send(OwnedMessage(request_uri, "x", content));
    }
    EXPECT_EQ(client.request("y", "last", {.timeout = 20s}).content(), "last");
    EXPECT_EQ(client.counters().frames_in, 401u);
}

TEST(BlockingClient, SaysWhenThereIsNobody) {
    std::uint16_t nobody = 0;
    {
        boost::asio::io_context context;
        nobody =
            boost::asio::ip::tcp::acceptor(context, {boost::asio::ip::address_v4::loopback(), 0})
                .local_endpoint()
                .port();
    }
    BlockingClient client;
    std::error_code error;
    client.connect("127.0.0.1", nobody, error);
    EXPECT_EQ(error, std::errc::connection_refused);
    EXPECT_THROW(BlockingClient("127.0.0.1", nobody), boost::system::system_error);
    EXPECT_EQ(why_not(client, "x"), Errc::not_connected);
}

class BlockingClientOverUnixTest : public ::testing::Test {
protected:
    const TemporaryFolder folder;
    const std::string path = folder.path().string() + "/x.sock";
    const std::string place = "unix:" + path;
};

TEST_F(BlockingClientOverUnixTest, CarriesRequestsAndAnswers) {
    TcpServerOptions options = local_options();
    options.interfaces = {place};
    TcpServer server(options);
    server.on(request_uri, [](const Message& message) { return message.content(); });
    ASSERT_FALSE(server.start());
    BlockingClient client(place);
    EXPECT_EQ(client.server()->str(), place);
    EXPECT_EQ(client.request("x", "beside").content(), "beside");
}

TEST_F(BlockingClientOverUnixTest, SaysWhyItCannotConnect) {
    BlockingClient client;
    std::error_code error;
    client.connect(place, error);
    EXPECT_EQ(error, std::errc::no_such_file_or_directory);
    client.connect("unix:/" + std::string(108, 'x'), error);
    EXPECT_EQ(error, std::errc::filename_too_long);
    client.connect("pigeon:/x", error);
    EXPECT_EQ(error, Errc::unsupported);
}

TEST_F(BlockingClientOverUnixTest, WaitsForAServerWhoseQueueIsFullAsLongAsItMay) {
    using boost::asio::local::stream_protocol;
    boost::asio::io_context context;
    stream_protocol::acceptor full(context, stream_protocol::endpoint(path));
    full.listen(0);
    std::vector<stream_protocol::socket> waiting;
    for (bool taken = true; taken;) {
        auto& socket = waiting.emplace_back(context);
        socket.open();
        socket.non_blocking(true);
        taken = ::connect(socket.native_handle(), full.local_endpoint().data(),
                          static_cast<socklen_t>(full.local_endpoint().size())) == 0;
    }
    BlockingClient client({.connect_timeout = 20ms});
    std::error_code error;
    client.connect(place, error);
    EXPECT_EQ(error, Errc::timeout);
}

TEST(BlockingClient, IsIntroducedToPeersWhileItWaits) {
    const std::string key(32, 'c');
    const std::string server_key(32, 's');
    const std::shared_ptr<const CipherPlugin> cipher = x25519_cipher({.seed = key});
    TcpServerOptions options = local_options();
    options.local_peer = x25519_peer(server_key);
    TcpServer server(options);
    server.manage_peers();
    server.on(request_uri, {.cipher = x25519_cipher({.seed = server_key})},
              [](const Message& message) { return message.content(); });
    ASSERT_FALSE(server.start());
    BlockingClient client({.local_peer = x25519_peer(key)});
    client.manage_peers();
    client.connect("127.0.0.1", server.port());
    while (client.peers().empty()) {
        client.receive_once(20s);
    }
    EXPECT_EQ(client.request("x", "for you", {.cipher = cipher}).content(), "for you");
    client.close();
    EXPECT_TRUE(eventually([&] { return server.peers().empty(); }));
}

}  // namespace
}  // namespace netaio
