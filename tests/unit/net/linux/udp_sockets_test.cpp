#include "net/udp_sockets.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "support/log_lines.hpp"

namespace {

// What the system does otherwise than it should.
std::atomic<bool> ipv6_is_blocked{false};
std::atomic<bool> last_must_wait{false};
std::atomic<bool> cannot_receive{false};
std::atomic<int> receives{0};

bool is_ipv6(int fd) {
    int family = 0;
    socklen_t size = sizeof family;
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
    return family == AF_INET6;
}

}  // namespace

// These take the place of the C library's.
extern "C" int sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags) {
    if ((ipv6_is_blocked && is_ipv6(fd)) || (last_must_wait && count == 1)) {
        errno = EAGAIN;
        return -1;
    }
    return static_cast<int>(
        syscall(SYS_sendmmsg, fd, messages, last_must_wait ? count - 1 : count, flags));
}

extern "C" int recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
    ++receives;
    if (cannot_receive) {
        errno = ENOMEM;
        return -1;
    }
    return static_cast<int>(syscall(SYS_recvmmsg, fd, messages, count, flags, timeout));
}

namespace netaio::net {
namespace {

using namespace std::chrono_literals;

struct UdpSocketsTest : testing::Test {
    UdpSocketsTest() {
        options.port = 0;
        options.interfaces = {"lo"};
        options.send_queue_max = 200'000;
    }
    ~UdpSocketsTest() override {
        sockets->close();
        context.poll();
        for (auto* flag : {&ipv6_is_blocked, &last_must_wait, &cannot_receive}) {
            *flag = false;
        }
    }

    void open() {
        sockets = std::make_shared<UdpSockets>(
            context.get_executor(), options, lines.log(LogLevel::info), tallies,
            UdpSockets::Listener{
                .received = [this](std::span<char>, const Address&, bool) { ++received; },
                .batch_ended = [] {},
                .not_sent = [this](ByteView bytes, const Address&,
                                   std::error_code why) { refused.emplace_back(bytes.str(), why); },
                .network_changed = [] {}});
        ASSERT_FALSE(sockets->open());
    }
    void send(const std::vector<Address>& to, const std::string& bytes) {
        core::Outbox box{.bytes = bytes};
        for (const Address& one : to) {
            box.items.push_back({0, bytes.size(), one});
        }
        sockets->send(box);
    }
    Address here(const char* host) {
        return *Address::parse(host, sockets->endpoints().front().port());
    }

    boost::asio::io_context context;
    UdpNodeOptions options;
    core::Tallies tallies;
    test::LogLines lines;
    std::vector<std::pair<std::string, std::error_code>> refused;
    int received = 0;
    std::shared_ptr<UdpSockets> sockets;
};

TEST_F(UdpSocketsTest, TellOfWhatTheSystemRefuses) {
    options.ipv6 = false;
    open();
    const Address everybody = *Address::parse("255.255.255.255", 9);  // which needs a permission
    send({everybody, here("127.0.0.1")}, "one");
    send({*Address::parse("::1", 9)}, "two");
    ASSERT_EQ(refused.size(), 2u);
    EXPECT_EQ(refused[0].first, "one");
    EXPECT_EQ(refused[0].second, std::errc::permission_denied);
    EXPECT_EQ(refused[1].first, "two");
    EXPECT_EQ(refused[1].second, std::errc::address_family_not_supported);
    EXPECT_EQ(tallies.bytes_out.get(), 3u);
}

TEST_F(UdpSocketsTest, SendByOneFamilyWhileTheOtherIsBlocked) {
    open();
    if (sockets->endpoints().size() < 2) {
        GTEST_SKIP() << "no IPv6 here";
    }
    ipv6_is_blocked = true;
    const std::string bytes(50'000, 'x');
    for (int i = 0; i < 10; ++i) {
        send({here("127.0.0.1"), here("::1")}, bytes);
        send({here("127.0.0.1")}, bytes);
    }
    EXPECT_EQ(tallies.bytes_out.get(), 20 * bytes.size());
    EXPECT_EQ(tallies.dropped_newest.get(), 7u) << "all but the three there is room for";
    EXPECT_EQ(refused.size(), 7u);
    EXPECT_EQ(refused.front().second, Errc::queue_full);
    ipv6_is_blocked = false;
    for (int turn = 0; turn < 1000 && tallies.bytes_out.get() < 23 * bytes.size(); ++turn) {
        context.run_one_for(10ms);
    }
    EXPECT_EQ(tallies.bytes_out.get(), 23 * bytes.size());
}

TEST_F(UdpSocketsTest, SendOnForAsLongAsLittleWaits) {
    options.ipv6 = false;
    open();
    last_must_wait = true;
    const std::string bytes(20'000, 'x');
    for (int i = 0; i < 100; ++i) {
        send({here("127.0.0.1")}, bytes);
        const auto others = static_cast<std::uint64_t>(i) * bytes.size();
        for (int turn = 0; turn < 1000 && tallies.bytes_out.get() < others; ++turn) {
            context.run_one_for(1ms);
        }
    }
    EXPECT_EQ(tallies.dropped_newest.get(), 0u);
}

TEST_F(UdpSocketsTest, LookNowAndThenWhetherTheyCanReceiveAgain) {
    options.ipv6 = false;
    open();
    context.poll();
    cannot_receive = true;
    send({here("127.0.0.1")}, "x");
    receives = 0;
    for (int turn = 0; turn < 100 && receives < 3; ++turn) {
        context.run_for(50ms);
    }
    EXPECT_GE(receives.load(), 2);
    EXPECT_LE(receives.load(), 10) << "it spins";
    EXPECT_EQ(lines.count("cannot receive"), 1u);
    cannot_receive = false;
    for (int i = 0; i < 100 && received == 0; ++i) {
        context.run_for(50ms);
    }
    EXPECT_EQ(received, 1);
}

TEST_F(UdpSocketsTest, SayOnceThatTheSystemKeepsLessThanAsked) {
    options.receive_buffer = 1 << 30;
    open();
    EXPECT_EQ(lines.count("net.core.rmem_max"), 1u);
}

}  // namespace
}  // namespace netaio::net
