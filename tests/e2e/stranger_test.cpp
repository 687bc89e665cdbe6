#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <thread>

#include "core/dispatcher.hpp"
#include "core/layers.hpp"
#include "support/net.hpp"

/// What a server with an auth plugin bears from those that have not shown yet that they may speak.
namespace netaio {
namespace {

using namespace test;

class StrangerTest : public ::testing::Test {
protected:
    TcpServerOptions options() {
        auto made = local_options();
        made.auth = auth;
        made.environment.log = lines.log(LogLevel::info);
        return made;
    }
    void start(TcpServerOptions made) {
        server.emplace(std::move(made));
        server->on(MessageType::request_uri,
                   [](const Message& asked) { return respond(asked.uri(), asked.content()); });
        ASSERT_FALSE(server->start());
    }
    // A message that the server accepts.
    std::string valid() {
        auto message = request("x", "content");
        core::Node node(core::Role::client);
        EXPECT_FALSE(core::seal(message, {}, {auth, nullptr}, node.context(nullptr)));
        return encoded(message);
    }
    std::uint64_t closed() { return server->counters().closed_strangers; }
    bool is_served(RawPeer& peer) {
        const auto reply = peer.send(valid()) ? peer.receive() : std::nullopt;
        return reply && reply->type() == MessageType::respond_uri;
    }
    bool is_refused(RawPeer& peer) {
        const auto reply = peer.send(encoded(request("x"))) ? peer.receive() : std::nullopt;
        return reply && reply->type() == MessageType::auth_error;
    }

    std::shared_ptr<const AuthPlugin> auth = hmac_auth({.secret = "test"});
    LogLines lines;
    std::optional<TcpServer> server;
};

TEST_F(StrangerTest, IsClosedAtTooManyMessagesThatAreNotAccepted) {
    auto made = options();
    made.stranger_failures_max = 3;
    start(std::move(made));
    RawPeer stranger(server->port());
    EXPECT_TRUE(is_refused(stranger));
    EXPECT_TRUE(is_refused(stranger));
    EXPECT_EQ(closed(), 0u);
    EXPECT_TRUE(is_refused(stranger));
    EXPECT_TRUE(stranger.closed_by_peer());
    EXPECT_EQ(closed(), 1u);
    EXPECT_TRUE(lines.contains("it brought nothing valid"));
}

TEST_F(StrangerTest, IsNoneAnyMoreAfterOneMessageThatIsAccepted) {
    auto made = options();
    made.stranger_failures_max = 3;
    made.stranger_timeout = 50ms;
    made.strangers_per_host_max = 1;
    start(std::move(made));
    RawPeer known(server->port());
    EXPECT_TRUE(is_refused(known));
    EXPECT_TRUE(is_served(known));
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(is_refused(known));
    }
    RawPeer stranger(server->port());
    EXPECT_TRUE(is_refused(stranger));
    EXPECT_TRUE(stranger.closed_by_peer());  // by the time, which the other had as well
    EXPECT_TRUE(is_served(known));
    EXPECT_EQ(closed(), 1u);
}

TEST_F(StrangerTest, MayWaitInSilence) {
    auto made = options();
    made.stranger_timeout = 10ms;
    start(std::move(made));
    RawPeer silent(server->port());
    RawPeer failing(server->port());
    EXPECT_TRUE(is_refused(failing));
    EXPECT_TRUE(failing.closed_by_peer());
    EXPECT_FALSE(server->broadcast(notify("key", "news")));
    const auto news = silent.receive();
    ASSERT_TRUE(news);
    EXPECT_EQ(news->content(), "news");
    EXPECT_EQ(closed(), 1u);
}

TEST_F(StrangerTest, IsClosedIfItLetsAnswersWait) {
    auto made = options();
    made.stranger_failures_max = 1'000'000;
    start(std::move(made));
    RawPeer greedy(server->port(), 4096);
    const std::string big = encoded(request(std::string(60'000, 'x')));
    while (greedy.send(big)) {
    }
    EXPECT_TRUE(eventually([&] { return closed() == 1; }));
    EXPECT_TRUE(lines.contains("it takes no answers"));
}

TEST_F(StrangerTest, MakesWayForNewcomersWhenTheServerIsFull) {
    auto made = options();
    made.connections_max = 3;
    start(std::move(made));
    RawPeer known(server->port());
    ASSERT_TRUE(is_served(known));
    RawPeer oldest(server->port());
    RawPeer middle(server->port());
    EXPECT_TRUE(eventually([&] { return server->connection_count() == 3; }));
    RawPeer newcomer(server->port());
    EXPECT_TRUE(is_served(newcomer));
    EXPECT_TRUE(oldest.closed_by_peer());
    EXPECT_TRUE(is_served(middle));
    EXPECT_TRUE(is_served(known));
    EXPECT_EQ(closed(), 1u);
    // Now everybody is known, and nobody goes for another.
    RawPeer refused(server->port());
    EXPECT_TRUE(refused.closed_by_peer());
    EXPECT_EQ(server->counters().connections_refused, 1u);
}

TEST_F(StrangerTest, MakesWayForOthersOfItsHost) {
    auto made = options();
    made.strangers_per_host_max = 3;
    made.threads = 2;
    start(std::move(made));
    std::deque<RawPeer> known;
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(is_served(known.emplace_back(server->port())));
    }
    std::deque<RawPeer> strangers;
    for (std::size_t i = 0; i < 5; ++i) {
        strangers.emplace_back(server->port());
        EXPECT_TRUE(eventually(
            [&] { return server->counters().connections_accepted == known.size() + i + 1; }));
    }
    EXPECT_TRUE(strangers[0].closed_by_peer());
    EXPECT_TRUE(strangers[1].closed_by_peer());
    EXPECT_TRUE(is_served(strangers[2]));
    EXPECT_TRUE(is_served(strangers[4]));
    EXPECT_TRUE(is_served(known.front()));
    EXPECT_EQ(closed(), 2u);
}

TEST_F(StrangerTest, HasNoBoundsWhereThereIsNoAuthPlugin) {
    auto made = options();
    made.auth = nullptr;
    made.strangers_per_host_max = 1;
    made.stranger_failures_max = 1;
    made.stranger_timeout = 1ms;
    start(std::move(made));
    std::deque<RawPeer> peers;
    for (int i = 0; i < 5; ++i) {
        peers.emplace_back(server->port());
    }
    for (RawPeer& peer : peers) {
        for (int i = 0; i < 3; ++i) {
            ASSERT_TRUE(peer.send(encoded(request("x"))));
            ASSERT_TRUE(peer.receive());
        }
    }
    EXPECT_EQ(closed(), 0u);
}

// UBSan needs one to tell an object's type, and takes it for a wrong one otherwise.
#ifdef __has_feature
#if __has_feature(undefined_behavior_sanitizer)
#define NETAIO_NEEDS_DESCRIPTORS
#endif
#endif
#ifdef NETAIO_NEEDS_DESCRIPTORS
constexpr bool can_be_without_descriptors = false;
#else
constexpr bool can_be_without_descriptors = true;
#endif

// While it lives, this process can't open anything.
class NoDescriptorsLeft {
public:
    NoDescriptorsLeft() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        int highest = 0;
        for (int fd = 0; fd < 1024; ++fd) {
            highest = ::fcntl(fd, F_GETFD) == -1 ? highest : fd;
        }
        rlimit lower = before_;
        lower.rlim_cur = static_cast<rlim_t>(highest) + 1;
        ::setrlimit(RLIMIT_NOFILE, &lower);
        for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) != -1;) {
            taken_.push_back(fd);
        }
    }
    ~NoDescriptorsLeft() {
        ::setrlimit(RLIMIT_NOFILE, &before_);
        for (const int fd : taken_) {
            ::close(fd);
        }
    }
    NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
    NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

private:
    rlimit before_{};
    std::vector<int> taken_;
};

// A client that has its socket before it needs it.
class LateClient {
public:
    LateClient() {
        const timeval longest{10, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &longest, sizeof longest);
    }
    ~LateClient() { ::close(fd_); }
    LateClient(const LateClient&) = delete;
    LateClient& operator=(const LateClient&) = delete;

    bool connect(std::uint16_t port) {
        sockaddr_in server{};
        server.sin_family = AF_INET;
        server.sin_port = htons(port);
        server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return ::connect(fd_, reinterpret_cast<sockaddr*>(&server), sizeof server) == 0;
    }
    bool is_served(const std::string& asking) {
        char type = 0;
        return ::send(fd_, asking.data(), asking.size(), MSG_NOSIGNAL) > 0 &&
               ::recv(fd_, &type, 1, 0) == 1 && type == static_cast<char>(MessageType::respond_uri);
    }

private:
    int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST_F(StrangerTest, MakesWayWhenTheSystemHasNoDescriptorLeft) {
    if (!can_be_without_descriptors) {
        GTEST_SKIP() << "the sanitizer needs descriptors";
    }
    start(options());
    RawPeer known(server->port());
    ASSERT_TRUE(is_served(known));
    RawPeer silent(server->port());
    ASSERT_TRUE(eventually([&] { return server->connection_count() == 2; }));
    LateClient newcomer;
    const NoDescriptorsLeft none;
    ASSERT_TRUE(newcomer.connect(server->port()));
    EXPECT_TRUE(newcomer.is_served(valid()));
    EXPECT_TRUE(silent.closed_by_peer());
    EXPECT_TRUE(is_served(known));
    EXPECT_EQ(closed(), 1u);
}

TEST_F(StrangerTest, IsAcceptedOnceDescriptorsAreThereAgain) {
    if (!can_be_without_descriptors) {
        GTEST_SKIP() << "the sanitizer needs descriptors";
    }
    std::atomic<int> warnings{0};
    auto made = options();
    made.auth = nullptr;
    made.environment.log = Log(LogLevel::warning, [&](LogLevel level, std::string_view line) {
        EXPECT_EQ(level, LogLevel::warning);
        warnings += line.find("ulimit -n") != std::string_view::npos;
    });
    start(std::move(made));
    RawPeer bystander(server->port());
    ASSERT_TRUE(is_served(bystander));
    LateClient waiting;
    {
        const NoDescriptorsLeft none;
        ASSERT_TRUE(waiting.connect(server->port()));
        EXPECT_TRUE(eventually([&] { return warnings == 1; }));
        std::this_thread::sleep_for(300ms);  // in which it tries again, and says nothing
        EXPECT_TRUE(is_served(bystander));
        EXPECT_EQ(server->connection_count(), 1u);
    }
    EXPECT_TRUE(waiting.is_served(valid()));
    EXPECT_EQ(warnings, 1);
}

}  // namespace
}  // namespace netaio
