#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <string_view>

#include "support/net.hpp"

// Where a host is that moves: this program's resolver knows it beside what the system knows.
static std::atomic<const char*> moving_host_is_at = "127.0.0.1";

extern "C" int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    static const auto of_the_system =
        reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
    const bool moves = node && node == std::string_view("moving.test");
    return of_the_system(moves ? moving_host_is_at.load() : node, service, hints, found);
}

/// Clients that stay connected, over sockets.
namespace netaio {
namespace {

using namespace test;
using boost::asio::ip::tcp;

class KeptSocketsTest : public ::testing::Test {
protected:
    static std::unique_ptr<TcpServer> serve(TcpServerOptions options) {
        auto server = std::make_unique<TcpServer>(std::move(options));
        server->on(request_uri, [](const Message& message) { return message.content().str(); });
        server->grant_subscriptions();
        EXPECT_FALSE(server->start());
        return server;
    }
    static std::unique_ptr<TcpServer> serve(std::uint16_t port = 0) {
        TcpServerOptions options = local_options();
        options.port = port;
        return serve(options);
    }
    KeepOptions options() {
        return {.on_state =
                    [this](ConnectionState state, std::error_code why, unsigned) {
                        connected += state == ConnectionState::connected ? 1 : 0;
                        errors.push_back(why);
                    },
                .backoff = {.delay = 10ms, .delay_max = 100ms},
                .heartbeat = 2s,
                .heartbeat_timeout = 5s};
    }
    template <class Error>
    bool was_told_of(Error error) const {
        return std::ranges::any_of(errors, [&](std::error_code why) { return why == error; });
    }

    int connected = 0;
    std::vector<std::error_code> errors;
};

TEST_F(KeptSocketsTest, AreConnectedAgainWhenTheServerIsBackOnItsPort) {
    auto server = serve();
    run([](KeptSocketsTest& test, int& times, std::unique_ptr<TcpServer>& to,
           KeepOptions how) -> awaitable<void> {
        const std::uint16_t port = to->port();
        TcpClient client;
        std::vector<std::string> heard;
        client.on(notify_uri,
                  [&](const Message& message) { heard.push_back(message.content().str()); });
        client.keep_connected("127.0.0.1", port, std::move(how));
        to->publish("room/1", "a");
        co_await client.subscribe("room/", {.prefix = true, .present = true});
        for (int i = 2; i <= 4; ++i) {
            to = nullptr;
            to = test.serve(port);
            to->publish("room/1", std::string(1, "abcd"[i - 1]));
            EXPECT_TRUE(co_await until([&] { return times == i; }));
            EXPECT_TRUE(co_await until([&] { return heard.size() == std::size_t(i); }));
        }
        EXPECT_EQ(heard, (std::vector<std::string>{"a", "b", "c", "d"}));
        const OwnedMessage reply = co_await client.request("x", "y");
        EXPECT_EQ(reply.content(), "y");
    }(*this, connected, server, options()));
}

// Takes connections, and answers what they ask until it resets them, or never does.
class RawServer {
public:
    explicit RawServer(const boost::asio::any_io_executor& executor)
        : acceptor_(executor, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {}

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    // Answers so many, and then resets the connection.
    awaitable<void> answer(int count) {
        while (true) {
            tcp::socket socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
            ++accepted;
            std::string input;
            for (int left = count; left > 0;) {
                auto frame = next_frame(input, {});
                if (frame && *frame) {
                    const auto asked = (*frame)->message()->own();
                    input.erase(0, (*frame)->header.frame_size());
                    const auto bytes = encoded(respond(asked.uri(), ""));
                    co_await boost::asio::async_write(socket, boost::asio::buffer(bytes),
                                                      as_result);
                    --left;
                    continue;
                }
                char more[1024];
                const auto [error, size] =
                    co_await socket.async_read_some(boost::asio::buffer(more), as_result);
                input.append(more, size);
                if (error) {
                    break;
                }
            }
            socket.set_option(boost::asio::socket_base::linger(true, 0));
        }
    }
    awaitable<void> hang() {
        std::vector<tcp::socket> taken;
        while (true) {
            taken.push_back(co_await acceptor_.async_accept(boost::asio::use_awaitable));
            ++accepted;
        }
    }

    int accepted = 0;

private:
    tcp::acceptor acceptor_;
};

TEST_F(KeptSocketsTest, AreConnectedAgainWhenTheConnectionIsReset) {
    run([](int& times, KeepOptions how) -> awaitable<void> {
        const auto executor = co_await boost::asio::this_coro::executor;
        RawServer server(executor);
        boost::asio::co_spawn(executor, server.answer(1), boost::asio::detached);
        TcpClient client(executor);
        client.keep_connected("127.0.0.1", server.port(), std::move(how));
        EXPECT_TRUE(co_await until([&] { return times >= 3; }));
        EXPECT_GE(server.accepted, 3);
    }(connected, options()));
    EXPECT_TRUE(was_told_of(std::errc::connection_reset));
}

TEST_F(KeptSocketsTest, LeaveAServerThatHangsForAnother) {
    auto server = serve();
    auto impatient = options();
    impatient.heartbeat_timeout = 500ms;
    run([](int& times, std::uint16_t port, KeepOptions how) -> awaitable<void> {
        const auto executor = co_await boost::asio::this_coro::executor;
        RawServer hanging(executor);
        boost::asio::co_spawn(executor, hanging.hang(), boost::asio::detached);
        TcpClient client(executor);
        client.keep_connected({{"127.0.0.1", hanging.port()}, {"127.0.0.1", port}}, std::move(how));
        EXPECT_TRUE(co_await until([&] { return times > 0; }));
        EXPECT_EQ(hanging.accepted, 1);
        const OwnedMessage reply = co_await client.request("x", "y");
        EXPECT_EQ(reply.content(), "y");
    }(connected, server->port(), impatient));
    EXPECT_TRUE(was_told_of(Errc::timeout));
}

TEST_F(KeptSocketsTest, LookNamesUpAnew) {
    auto server = serve();
    run([](KeptSocketsTest& test, int& times, std::unique_ptr<TcpServer>& to,
           KeepOptions how) -> awaitable<void> {
        TcpServerOptions elsewhere = local_options();
        elsewhere.interfaces = {"127.0.0.2"};
        elsewhere.port = to->port();
        TcpClient client;
        client.keep_connected("moving.test", elsewhere.port, std::move(how));
        co_await client.request("x");
        EXPECT_EQ(client.default_server(), Address::parse("127.0.0.1", elsewhere.port).value());
        to = nullptr;
        moving_host_is_at = "127.0.0.2";
        to = test.serve(elsewhere);
        EXPECT_TRUE(co_await until([&] { return times == 2; }));
        EXPECT_EQ(client.default_server(), Address::parse("127.0.0.2", elsewhere.port).value());
        EXPECT_EQ(client.servers().size(), 1u);
        co_await client.request("x");
    }(*this, connected, server, options()));
}

TEST_F(KeptSocketsTest, EndWithTheirContext) {
    auto server = serve();
    TcpClient client;
    std::error_code error;
    run([](TcpClient& kept, std::uint16_t port, KeepOptions how,
           std::error_code& failed) -> awaitable<void> {
        kept.keep_connected("127.0.0.1", port, std::move(how));
        co_await kept.request("x");
        kept.keep_connected("127.0.0.1", 1, {});
        kept.request("x", {},
                     [&](boost::system::error_code why, const OwnedMessage&) { failed = why; });
    }(client, server->port(), options(), error));
    EXPECT_FALSE(client.stop_keeping());
    EXPECT_FALSE(client.connected());
    run([](TcpClient& kept, std::uint16_t port, KeepOptions how) -> awaitable<void> {
        kept.keep_connected("127.0.0.1", port, std::move(how));
        co_await kept.request("x");
    }(client, server->port(), options()));
    EXPECT_EQ(connected, 2);
}

TEST_F(KeptSocketsTest, BeginWithinRunWithoutAnyCallThatWaits) {
    const auto server = serve();
    run([](int& times, std::uint16_t port, KeepOptions how) -> awaitable<void> {
        TcpClient client;
        client.keep_connected("127.0.0.1", port, std::move(how));
        EXPECT_TRUE(co_await until([&] { return times == 1; }));
    }(connected, server->port(), options()));
}

}  // namespace
}  // namespace netaio
