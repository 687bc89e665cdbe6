#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <thread>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;
using namespace boost::asio::experimental::awaitable_operators;
using boost::asio::use_awaitable;

class TcpClientTest : public ::testing::Test {
protected:
    TcpClientTest() : TcpClientTest(local_options()) {}
    explicit TcpClientTest(TcpServerOptions options) : server(std::move(options)) {
        server.on(MessageType::request_uri,
                  [](const Message& message) { return respond(message.uri(), message.content()); });
        server.on({MessageType::request_uri, "slow"},
                  [](const Message& message) -> awaitable<Message> {
                      co_await pause(50ms);
                      co_return respond(message.uri(), message.content());
                  });
        server.on({MessageType::request_uri, "never"}, [] {});
        server.on({MessageType::request_uri, "hang up"},
                  [](const Message&, Connection& from) { from.close(); });
        server.on(MessageType::subscribe_uri, [&](const Message& message, Connection& from) {
            server.subscribe(message.uri(), from);
            return confirm_subscribe(message.uri());
        });
        EXPECT_FALSE(server.start());
        port = server.port();
    }

    TcpServer server;
    std::uint16_t port = 0;
};

class ProtectedTcpClientTest : public TcpClientTest {
protected:
    static TcpServerOptions options() {
        auto options = local_options();
        options.auth = hmac_auth({.secret = "right"});
        return options;
    }
    ProtectedTcpClientTest() : TcpClientTest(options()) {}
};

TEST_F(TcpClientTest, KeepsSeveralRequestsForOneUriApart) {
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        auto [first, second, third] =
            co_await (client.request("slow", "1") && client.request("slow", "2") &&
                      client.request("quick", "3"));
        EXPECT_EQ(first.content(), "1");
        EXPECT_EQ(second.content(), "2");
        EXPECT_EQ(third.content(), "3");
    }(port));
}

TEST_F(TcpClientTest, NeverGivesALateAnswerToTheNextRequest) {
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        auto [error, nothing] =
            co_await client.request("slow", "late", {.timeout = 5ms}, as_result);
        EXPECT_EQ(error, Errc::timeout);
        const OwnedMessage reply = co_await client.request("slow", "next");
        EXPECT_EQ(reply.content(), "next");
        EXPECT_EQ(client.counters().late_answers, 1u);
    }(port));
}

TEST_F(TcpClientTest, TellsTheTimeoutHandlerBeforeTheCaller) {
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        std::optional<TimeoutContext> told;
        client.set_timeout_handler([&](const TimeoutContext& context) { told = context; });
        const Address address = co_await client.connect("127.0.0.1", to);
        auto [error, nothing] = co_await client.request("never", {.timeout = 10ms}, as_result);
        EXPECT_EQ(error, Errc::timeout);
        EXPECT_TRUE(told.has_value());
        EXPECT_EQ(told->uri, "never");
        EXPECT_EQ(told->timeout, 10ms);
        EXPECT_EQ(told->server, address);
    }(port));
}

TEST_F(TcpClientTest, ThrowsErrorsUnlessAskedForThemAsValues) {
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        bool thrown = false;
        try {
            co_await client.request("never", {.timeout = 5ms});
        } catch (const boost::system::system_error& failure) {
            thrown = failure.code() == Errc::timeout;
        }
        EXPECT_TRUE(thrown);
    }(port));
}

TEST_F(TcpClientTest, EndsRequestsAtOnceWhenTheConnectionEnds) {
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        std::error_code why;
        client.set_disconnect_handler([&](const Address&, std::error_code error) { why = error; });
        co_await client.connect("127.0.0.1", to);
        auto [error, nothing] = co_await client.request("hang up", {.timeout = 10s}, as_result);
        EXPECT_EQ(error, Errc::closed);
        EXPECT_EQ(why, Errc::closed);
        EXPECT_FALSE(client.connected());
        auto [again, nothing_again] = co_await client.request("x", {}, as_result);
        EXPECT_EQ(again, Errc::not_connected);
    }(port));
}

TEST_F(TcpClientTest, CancelsOneCallAlone) {
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        // The pause wins and cancels the request; the connection goes on.
        const auto first = co_await (client.request("never") || pause(5ms));
        EXPECT_EQ(first.index(), 1u);
        const auto second = co_await (client.receive_once() || pause(5ms));
        EXPECT_EQ(second.index(), 1u);
        const OwnedMessage reply = co_await client.request("x");
        EXPECT_EQ(reply.uri(), "x");
    }(port));
}

TEST_F(TcpClientTest, WorksWithCallbacksToo) {
    boost::asio::io_context context;
    TcpClient client(context.get_executor());
    std::string answer;
    client.connect("127.0.0.1", port, [&](boost::system::error_code error, Address) {
        ASSERT_FALSE(error);
        client.request("x", "y", {}, [&](boost::system::error_code failed, OwnedMessage reply) {
            ASSERT_FALSE(failed);
            answer = reply.content();
            client.close();
        });
    });
    context.run();
    EXPECT_EQ(answer, "y");
}

TEST_F(TcpClientTest, LetsWhatACallbackThrowsOutOfTheContextAndGoesOn) {
    server.on({MessageType::request_uri, "twice"}, [](const Message& message, Connection& from) {
        EXPECT_FALSE(from.send(notify("news", "")));
        return respond(message.uri(), "");
    });
    boost::asio::io_context context;
    use_io_uring(context);
    TcpClient client(context.get_executor());
    int answers = 0;
    const auto fail = [&](boost::system::error_code error, const OwnedMessage&) {
        EXPECT_FALSE(error);
        ++answers;
        throw std::runtime_error("from a callback");
    };
    client.connect("127.0.0.1", port, [&](boost::system::error_code error, const Address&) {
        EXPECT_FALSE(error);
        client.receive_once({}, fail);
        client.request("twice", {}, fail);
    });
    EXPECT_THROW(context.run(), std::runtime_error);
    EXPECT_THROW(context.run(), std::runtime_error);
    EXPECT_EQ(answers, 2);
    client.request("x", {}, [&](boost::system::error_code error, const OwnedMessage&) {
        EXPECT_FALSE(error);
        ++answers;
        client.close();
    });
    context.run();
    EXPECT_EQ(answers, 3);
}

TEST_F(TcpClientTest, CompletesWhatWaitsOnceWhenItIsDestroyed) {
    boost::asio::io_context context;
    int completed = 0;
    {
        auto client = std::make_unique<TcpClient>(context.get_executor());
        client->connect("127.0.0.1", port, [&](boost::system::error_code error, Address) {
            ASSERT_FALSE(error);
            const auto count = [&](boost::system::error_code failed, OwnedMessage) {
                EXPECT_EQ(failed, Errc::cancelled);
                ++completed;
            };
            client->request("never", {}, count);
            client->request("never", {}, count);
            client->receive_once({}, count);
            client.reset();
            EXPECT_EQ(completed, 0);
        });
        context.run();
    }
    EXPECT_EQ(completed, 3);
}

TEST_F(TcpClientTest, EndsWaitingCallsWhenItIsClosedAndMayBeDestroyedByThem) {
    run([](std::uint16_t to) -> awaitable<void> {
        auto client = std::make_unique<TcpClient>();
        co_await client->connect("127.0.0.1", to);
        const auto destroy_when_ended = [&]() -> awaitable<void> {
            auto [error, nothing] = co_await client->request("never", {}, as_result);
            EXPECT_EQ(error, Errc::closed);
            client.reset();
        };
        const auto close_soon = [&]() -> awaitable<void> {
            co_await pause(5ms);
            client->close();
        };
        co_await (destroy_when_ended() && close_soon());
        EXPECT_FALSE(client);
    }(port));
}

TEST_F(TcpClientTest, SendsWhatWasQueuedBeforeItCloses) {
    std::atomic<int> seen{0};
    server.on(MessageType::notify_uri, [&] { ++seen; });
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        for (int i = 0; i < 50; ++i) {
            EXPECT_FALSE(client.send(notify("n", std::string(60'000, 'x'))));
        }
        client.close();
        co_await pause(500ms);
    }(port));
    EXPECT_TRUE(eventually([&] { return seen == 50; }));
}

TEST_F(TcpClientTest, SendsWhatWasQueuedBeforeItClosedAndWent) {
    std::atomic<int> seen{0};
    server.on(MessageType::notify_uri, [&] { ++seen; });
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        EXPECT_FALSE(client.send(notify("n", "the last")));
        client.close();
    }(port));
    EXPECT_TRUE(eventually([&] { return seen == 1; }));
    EXPECT_TRUE(eventually([&] { return server.connection_count() == 0; }));
}

TEST_F(TcpClientTest, SpeaksToSeveralServers) {
    TcpServer other(local_options());
    other.on(MessageType::request_uri,
             [](const Message& message) { return respond(message.uri(), "other"); });
    ASSERT_FALSE(other.start());
    run([](std::uint16_t to, std::uint16_t to_other) -> awaitable<void> {
        TcpClient client;
        const Address first = co_await client.connect("127.0.0.1", to);
        const Address second = co_await client.connect("localhost", to_other);
        EXPECT_EQ(client.default_server(), first);
        EXPECT_EQ(client.servers().size(), 2u);
        const OwnedMessage mine = co_await client.request("x", "mine");
        EXPECT_EQ(mine.content(), "mine");
        const OwnedMessage theirs = co_await client.request("x", {.server = second});
        EXPECT_EQ(theirs.content(), "other");
        client.set_default_server(second);
        const OwnedMessage by_default = co_await client.request("x");
        EXPECT_EQ(by_default.content(), "other");
        client.close();
        EXPECT_THROW(client.set_default_server(second), std::invalid_argument);
        EXPECT_EQ(client.servers(), std::vector<Address>{first});
    }(port, other.port()));
}

TEST_F(TcpClientTest, GivesWhatAHandlerReturnsOrElseTheMessage) {
    run([](TcpServer& from, std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        client.on({MessageType::notify_uri, "handled"}, [] { return ok("changed"); });
        client.on({MessageType::notify_uri, "later"},
                  [](const Message& message) -> awaitable<Message> {
                      co_await pause(1ms);
                      co_return ok(message.uri(), "later");
                  });
        co_await client.connect("127.0.0.1", to);
        co_await client.subscribe("key");
        for (const char* uri : {"handled", "later", "plain"}) {
            EXPECT_FALSE(from.notify("key", notify(uri, "content")));
        }
        const OwnedMessage handled = co_await client.receive_once({.timeout = 10s});
        EXPECT_EQ(handled.uri(), "changed");
        const OwnedMessage later = co_await client.receive_once({.timeout = 10s});
        EXPECT_EQ(later.content(), "later");
        const OwnedMessage plain = co_await client.receive_once({.timeout = 10s});
        EXPECT_EQ(plain.content(), "content");
        auto [error, nothing] = co_await client.receive_once({.timeout = 5ms}, as_result);
        EXPECT_EQ(error, Errc::timeout);
    }(server, port));
}

TEST_F(TcpClientTest, KeepsWhatComesDuringARequestForLater) {
    run([](TcpServer& from, std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        co_await client.subscribe("key");
        EXPECT_FALSE(from.notify("key", notify("news", "1")));
        co_await client.request("slow");
        const OwnedMessage news = co_await client.receive_once({.timeout = 10s});
        EXPECT_EQ(news.content(), "1");
    }(server, port));
}

TEST_F(TcpClientTest, RunsReceiveLoopsThatCanBeListedAndStopped) {
    run([](TcpServer& from, std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        std::string seen;
        client.on(MessageType::notify_uri,
                  [&](const Message& message) { seen += message.content(); });
        EXPECT_FALSE(client.start_receive_loop());
        const Address address = co_await client.connect("127.0.0.1", to);
        co_await client.subscribe("key");
        EXPECT_TRUE(client.start_receive_loop());
        EXPECT_FALSE(client.start_receive_loop());
        EXPECT_EQ(client.receive_loops(), std::vector<Address>{address});
        EXPECT_FALSE(from.notify("key", notify("n", "1")));
        EXPECT_FALSE(from.notify("key", notify("n", "2")));
        co_await client.request("slow");
        EXPECT_EQ(seen, "12");
        EXPECT_EQ(client.stop_all_receive_loops(), 1u);
        EXPECT_FALSE(client.stop_receive_loop());
        EXPECT_TRUE(client.receive_loops().empty());
    }(server, port));
}

TEST_F(TcpClientTest, ProtectsSingleRequestsWithInnerPlugins) {
    const auto admin = hmac_auth({.secret = "admin", .hmac_field = "camh"});
    const auto hidden = stream_cipher({.key = "key", .iv_field = "iv2", .encrypt_uri = false});
    server.on(MessageType::create_uri, {.auth = admin, .cipher = hidden},
              [](const Message& message) { return ok(message.uri(), message.content()); });
    run([](std::uint16_t to, std::shared_ptr<const AuthPlugin> auth,
           std::shared_ptr<const CipherPlugin> cipher) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        const auto shares = auth.use_count();
        const OwnedMessage reply =
            co_await client.create("x", "secret", {.auth = auth, .cipher = cipher});
        EXPECT_EQ(reply.type(), MessageType::ok);
        EXPECT_EQ(reply.content(), "secret");
        auto [error, refused] = co_await client.create("x", "secret", {.timeout = 10s}, as_result);
        EXPECT_FALSE(error);
        EXPECT_EQ(refused.type(), MessageType::auth_error);
        co_await pause(1ms);
        EXPECT_EQ(auth.use_count(), shares);
    }(port, admin, hidden));
}

TEST_F(ProtectedTcpClientTest, LearnsAtOnceThatAuthenticationFailed) {
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient wrong({.auth = hmac_auth({.secret = "wrong"})});
        co_await wrong.connect("127.0.0.1", to);
        auto [error, nothing] = co_await wrong.request("x", {.timeout = 1h}, as_result);
        EXPECT_EQ(error, Errc::auth_failed_unverified);
        TcpClient bare;
        co_await bare.connect("127.0.0.1", to);
        const OwnedMessage refused = co_await bare.request("x", {.timeout = 1h});
        EXPECT_EQ(refused.type(), MessageType::auth_error);
    }(port));
}

TEST_F(TcpClientTest, DoesNotBelieveAServerThatDoesNotAuthenticate) {
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client({.auth = hmac_auth({.secret = "test"})});
        co_await client.connect("127.0.0.1", to);
        auto [error, nothing] = co_await client.request("x", {.timeout = 1h}, as_result);
        EXPECT_EQ(error, Errc::auth_failed);
    }(port));
}

TEST(TcpClient, EndsARequestThatGetsGarbage) {
    TcpServer server(local_options());
    boost::asio::io_context context;
    boost::asio::ip::tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    std::thread peer([&] {
        auto socket = acceptor.accept();
        socket.write_some(boost::asio::buffer(std::string(64, '\xee')));
        char byte;
        boost::system::error_code ignored;
        socket.read_some(boost::asio::buffer(&byte, 1), ignored);
    });
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        co_await client.connect("127.0.0.1", to);
        auto [error, nothing] = co_await client.request("x", {.timeout = 1h}, as_result);
        EXPECT_EQ(error, Errc::unknown_message_type);
    }(acceptor.local_endpoint().port()));
    peer.join();
}

TEST(TcpClient, SaysWhenThereIsNobody) {
    std::uint16_t port = 0;
    {
        boost::asio::io_context context;
        boost::asio::ip::tcp::acceptor gone(context, {boost::asio::ip::address_v4::loopback(), 0});
        port = gone.local_endpoint().port();
    }
    run([](std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        auto [error, nothing] = co_await client.connect("127.0.0.1", to, as_result);
        EXPECT_EQ(error, std::errc::connection_refused);
        EXPECT_EQ(client.send(ok("x")), Errc::not_connected);
    }(port));
    TcpClient unbound;
    EXPECT_THROW(unbound.request("x", {}, [](boost::system::error_code, OwnedMessage) {}),
                 std::logic_error);
}

TEST(TcpClient, ReconnectsAfterATimeout) {
    auto first = std::make_unique<TcpServer>(local_options());
    first->on(MessageType::request_uri, [] {});
    ASSERT_FALSE(first->start());
    const std::uint16_t port = first->port();
    run([](std::unique_ptr<TcpServer>& server, std::uint16_t to) -> awaitable<void> {
        TcpClient client;
        std::optional<std::error_code> result;
        client.set_timeout_handler(auto_reconnect(
            client, {.attempts = 50,
                     .delay = 10ms,
                     .backoff = 1.1,
                     .jitter = 0.5,
                     .done = [&](const Address&, std::error_code error) { result = error; }}));
        const Address address = co_await client.connect("127.0.0.1", to);
        client.start_receive_loop();
        server.reset();
        // The connection is gone, so this one ends at once; the next server never answers.
        co_await client.request("x", {.timeout = 20ms}, as_result);
        auto options = local_options();
        options.port = to;
        server = std::make_unique<TcpServer>(options);
        server->on(MessageType::request_uri, [] {});
        EXPECT_FALSE(server->start());
        co_await client.reconnect(address);
        client.start_receive_loop();
        result.reset();
        auto [error, nothing] = co_await client.request("x", {.timeout = 20ms}, as_result);
        EXPECT_EQ(error, Errc::timeout);
        for (int i = 0; i < 1000 && !result; ++i) {
            co_await pause(5ms);
        }
        EXPECT_TRUE(result.has_value());
        EXPECT_FALSE(*result);
        EXPECT_TRUE(client.connected());
        EXPECT_EQ(client.default_server(), address);
        EXPECT_EQ(client.receive_loops().size(), 1u);
    }(first, port));
}

TEST(TcpClient, GivesUpReconnectingWhenItIsDestroyed) {
    TcpServer server(local_options());
    server.on(MessageType::request_uri, [] {});
    ASSERT_FALSE(server.start());
    run([](TcpServer& silent) -> awaitable<void> {
        auto client = std::make_unique<TcpClient>();
        bool called = false;
        client->set_timeout_handler(auto_reconnect(
            *client, {.attempts = 5, .delay = 1h, .done = [&](const Address&, std::error_code) {
                          called = true;
                      }}));
        co_await client->connect("127.0.0.1", silent.port());
        co_await silent.stop(1s, boost::asio::use_awaitable);
        client.reset();
        EXPECT_FALSE(called);
    }(server));
}

}  // namespace
}  // namespace netaio
