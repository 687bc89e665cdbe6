#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <string>
#include <vector>

#include "net/linux/ring_reactor.hpp"
#include "net/ring.hpp"

namespace netaio::net {
namespace {

struct Pair {
    Pair() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0); }
    ~Pair() {
        close(ends[0]);
        close(ends[1]);
    }
    int ours() const { return ends[0]; }
    std::string arrived() const {
        std::string bytes(4096, '\0');
        const ssize_t count = recv(ends[1], bytes.data(), bytes.size(), 0);
        bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return bytes;
    }
    std::array<int, 2> ends{};
};

struct KnownSender : RingReactor::Sender {
    void not_sent(ByteView rest, const msghdr*, std::error_code) override { missing += rest; }
    std::string missing;
};

class RingReactorTest : public testing::Test {
protected:
    // Containers often forbid it, and then there is nothing here to test; what takes its place is
    // tested everywhere, by e2e.without_io_uring.
    void SetUp() override {
        bool is_there = false;
        if (installed) {
            turn([&](RingReactor&) { is_there = true; });
        }
        if (!is_there) {
            GTEST_SKIP() << "the system allows no io_uring, or NETAIO_IO_URING is off";
        }
    }

    // What is done within one turn of the loop.
    void turn(const std::function<void(RingReactor&)>& work) {
        boost::asio::post(context, [&] {
            if (RingReactor* reactor = RingReactor::of(context.get_executor())) {
                work(*reactor);
            }
        });
        context.restart();
        context.run();
    }

    boost::asio::io_context context{1};
    bool installed = use_ring(context);
};

TEST_F(RingReactorTest, SendsWhatOneTurnGaveAndThenEnds) {
    Pair pair;
    KnownSender sender;
    turn([&](RingReactor& ring) {
        EXPECT_TRUE(ring.send(pair.ours(), sender, "one "));
        EXPECT_TRUE(ring.send(pair.ours(), sender, "two"));
    });
    EXPECT_EQ(pair.arrived(), "one two");
}

TEST_F(RingReactorTest, KeepsBytesApartWhenItTakesNoMore) {
    Pair pair;
    Pair other;
    std::vector<KnownSender> many(300);
    KnownSender late;
    std::string sent;
    turn([&](RingReactor& ring) {
        std::size_t taken = 0;
        while (taken < many.size() && ring.send(pair.ours(), many[taken], "x")) {
            ++taken;
            sent += 'x';
        }
        ASSERT_GT(taken, 0u);
        ASSERT_LT(taken, many.size()) << "it takes more than was thought";
        EXPECT_FALSE(ring.send(other.ours(), late, "secret"));
        EXPECT_TRUE(ring.send(pair.ours(), many[taken - 1], "tail"));
        sent += "tail";
    });
    EXPECT_EQ(pair.arrived(), sent);
    EXPECT_EQ(other.arrived(), "");
}

TEST_F(RingReactorTest, SendsTheRestWhenItsContextWasStopped) {
    Pair pair;
    KnownSender sender;
    turn([&](RingReactor& ring) {
        EXPECT_TRUE(ring.send(pair.ours(), sender, "last"));
        context.stop();
    });
    send_rest(context);
    EXPECT_EQ(pair.arrived(), "last");
}

TEST_F(RingReactorTest, TellsWhatASlowReceiverDidNotTake) {
    Pair pair;
    const std::string filler(1 << 20, 'f');
    while (send(pair.ours(), filler.data(), filler.size(), 0) > 0) {
    }
    KnownSender sender;
    turn([&](RingReactor& ring) { EXPECT_TRUE(ring.send(pair.ours(), sender, "too much")); });
    EXPECT_EQ(sender.missing, "too much");
}

TEST_F(RingReactorTest, MustBeThereFirst) {
    boost::asio::io_context busy(1);
    boost::asio::use_service<boost::asio::detail::epoll_reactor>(busy);
    EXPECT_THROW(use_ring(busy), std::logic_error);
}

}  // namespace
}  // namespace netaio::net
