#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <deque>
#include <map>
#include <memory>

#include "support/net.hpp"

/// What a process has open, and what programs that it starts get of it.
namespace netaio {
namespace {

using namespace test;

// Which descriptors there are, and whether a program that is started inherits them.
std::map<int, bool> descriptors() {
    std::map<int, bool> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> all(::opendir("/proc/self/fd"), &::closedir);
    while (const dirent* one = all ? ::readdir(all.get()) : nullptr) {
        const int fd = std::atoi(one->d_name);
        if (one->d_name[0] != '.' && fd != ::dirfd(all.get())) {
            found[fd] = (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
        }
    }
    return found;
}

TEST(DescriptorsTest, ArePassedToNoProgramThatAHandlerStarts) {
    const auto before = descriptors();
    if (before.empty()) {
        GTEST_SKIP() << "the system does not list them";
    }
    auto options = local_options();
    options.threads = 2;
    TcpServer server(std::move(options));
    std::map<int, bool> during;
    server.on(MessageType::request_uri, [&](const Message& asked) {
        during = descriptors();
        return respond(asked.uri(), "x");
    });
    ASSERT_FALSE(server.start());
    run([](TcpServer& to) -> awaitable<void> {
        UdpNodeOptions node_options;
        node_options.port = 0;
        node_options.interfaces.push_back("127.0.0.1");
        UdpNode node(co_await boost::asio::this_coro::executor, node_options);
        co_await node.start();
        TcpClient first;
        TcpClient second;
        co_await first.connect("localhost", to.port());
        co_await second.connect("127.0.0.1", to.port());
        co_await first.request("a");
        co_await second.request("a");
    }(server));
    std::size_t opened = 0;
    for (const auto& [fd, inherited] : during) {
        if (!before.contains(fd)) {
            ++opened;
            EXPECT_FALSE(inherited) << "descriptor " << fd;
        }
    }
    EXPECT_GE(opened, 10u);  // sockets of three kinds, and what loops wait in
}

// While it lives, this process may open no more than so many.
class DescriptorsMax {
public:
    explicit DescriptorsMax(rlim_t count) {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        rlimit lower = before_;
        lower.rlim_cur = count;
        ::setrlimit(RLIMIT_NOFILE, &lower);
    }
    ~DescriptorsMax() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    DescriptorsMax(const DescriptorsMax&) = delete;
    DescriptorsMax& operator=(const DescriptorsMax&) = delete;

private:
    rlimit before_{};
};

TEST(DescriptorsTest, BoundTheConnectionsOfAServer) {
    std::vector<std::string> lines;
    auto options = local_options();
    options.environment.log = Log(LogLevel::info, [&](LogLevel, std::string_view line) {
        if (line.find("connections_max is") != std::string_view::npos) {
            lines.emplace_back(line);
        }
    });
    options.connections_max = 10'000;
    TcpServer server(std::move(options));
    {
        const DescriptorsMax few(100);
        ASSERT_FALSE(server.start());
    }
    ASSERT_EQ(lines.size(), 1u);
    EXPECT_EQ(lines[0].find("connections_max is 79, as this process may open 100 files"), 0u)
        << lines[0];
    std::deque<RawPeer> peers;
    for (int i = 0; i < 81; ++i) {
        peers.emplace_back(server.port());
    }
    EXPECT_TRUE(eventually([&] { return server.counters().connections_refused == 2; }));
    EXPECT_EQ(server.connection_count(), 79u);
}

}  // namespace
}  // namespace netaio
