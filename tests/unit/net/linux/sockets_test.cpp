#include "net/sockets.hpp"

#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <limits>

#include "support/net.hpp"

namespace netaio::net {
namespace {

using namespace test;
using boost::asio::ip::tcp;

int number(int fd, int level, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(fd, level, option, &value, &size) == 0 ? value : -1;
}

struct Keepalive {
    int on, idle, interval, count, user_timeout;
    bool operator==(const Keepalive&) const = default;
};

Keepalive keepalive_of(int fd) {
    return {number(fd, SOL_SOCKET, SO_KEEPALIVE), number(fd, IPPROTO_TCP, TCP_KEEPIDLE),
            number(fd, IPPROTO_TCP, TCP_KEEPINTVL), number(fd, IPPROTO_TCP, TCP_KEEPCNT),
            number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT)};
}

// Of the connection's end that is bound to one port and connected to the other.
std::optional<Keepalive> keepalive_between(std::uint16_t local, std::uint16_t remote) {
    const auto port = [](int fd, auto name_of) {
        sockaddr_in name{};
        socklen_t size = sizeof name;
        return name_of(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0 ? ntohs(name.sin_port)
                                                                           : 0;
    };
    for (int fd = 0; fd < 1024; ++fd) {
        if (port(fd, getsockname) == local && port(fd, getpeername) == remote) {
            return keepalive_of(fd);
        }
    }
    return std::nullopt;
}

// What a server's and a client's ends of a connection look like.
std::pair<Keepalive, Keepalive> both_ends(TcpServerOptions server_options,
                                          TcpClientOptions client_options) {
    TcpServer server(std::move(server_options));
    server.on(MessageType::request_uri,
              [](const Message& asked) { return respond(asked.uri(), "x"); });
    EXPECT_FALSE(server.start());
    std::pair<Keepalive, Keepalive> ends{};
    run([](TcpServer& to, TcpClientOptions options,
           std::pair<Keepalive, Keepalive>& found) -> awaitable<void> {
        TcpClient client(std::move(options));
        co_await client.connect("127.0.0.1", to.port());
        co_await client.request("a");
        const std::uint16_t own = client.connection()->local().port();
        found = {keepalive_between(to.port(), own).value(),
                 keepalive_between(own, to.port()).value()};
    }(server, std::move(client_options), ends));
    return ends;
}

TEST(SocketsTest, HaveTheSystemNoticeVanishedPeersWithinHalfAMinute) {
    const auto [server, client] = both_ends(local_options(), {});
    EXPECT_EQ(server, (Keepalive{1, 15, 5, 3, 30'000}));
    EXPECT_EQ(client, (Keepalive{1, 15, 5, 3, 30'000}));
}

TEST(SocketsTest, NoticeVanishedPeersInTheTimeTheyAreTold) {
    auto options = local_options();
    options.keepalive_timeout = 6min;
    // Who may take nothing for longer is not to be cut off by the system.
    const auto [server, client] = both_ends(
        std::move(options), {.send_timeout = never, .keepalive_timeout = std::chrono::hours(1)});
    EXPECT_EQ(server, (Keepalive{1, 180, 60, 3, 360'000}));
    EXPECT_EQ(client, (Keepalive{1, 1800, 600, 3, 0}));
}

TEST(SocketsTest, LeaveVanishedPeersToTheSystemWhenTheTimeIsZero) {
    auto options = local_options();
    options.keepalive_timeout = never;
    boost::asio::io_context context;
    tcp::socket fresh(context, tcp::v4());
    Keepalive expected = keepalive_of(fresh.native_handle());
    expected.on = 1;
    const auto [server, client] = both_ends(std::move(options), {.keepalive_timeout = never});
    EXPECT_EQ(server, expected);
    EXPECT_EQ(client, expected);
}

TEST(SocketsTest, TakeTheShortestAndLongestTimesForWhatTheSystemTakes) {
    boost::asio::io_context context;
    StreamSocket socket(context, StreamProtocol(AF_INET, IPPROTO_TCP));
    keep_alive(socket.native_handle(), 1ms, true);
    EXPECT_EQ(keepalive_of(socket.native_handle()), (Keepalive{1, 1, 1, 3, 1}));
    keep_alive(socket.native_handle(), std::chrono::years(90), true);
    EXPECT_EQ(keepalive_of(socket.native_handle()),
              (Keepalive{1, 32767, 32767, 3, std::numeric_limits<int>::max()}));
}

}  // namespace
}  // namespace netaio::net
