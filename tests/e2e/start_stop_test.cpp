#include <gtest/gtest.h>

#include "support/net.hpp"

/// Servers and nodes start, run and stop in the same way.
namespace netaio {
namespace {

using namespace test;
using boost::asio::use_awaitable;

const std::vector<std::string> here = {"127.0.0.1"};

TcpServerOptions options_of(const TcpServer*) {
    return local_options();
}
UdpNodeOptions options_of(const UdpNode*) {
    return {.port = 0, .interfaces = here, .ipv6 = false};
}

template <class Node>
class StartStopTest : public ::testing::Test {
protected:
    static auto options() { return options_of(static_cast<const Node*>(nullptr)); }
};
using Nodes = ::testing::Types<TcpServer, UdpNode>;
TYPED_TEST_SUITE(StartStopTest, Nodes);

TYPED_TEST(StartStopTest, StartsAtOnceOnAnExecutorOfYours) {
    boost::asio::io_context context;
    TypeParam node(context.get_executor(), this->options());
    const std::error_code error = node.start();
    EXPECT_FALSE(error) << error.message();
    EXPECT_NE(node.port(), 0);
    EXPECT_THROW((void)node.start(), std::logic_error);
    EXPECT_THROW((void)node.run(), std::logic_error);
    static_assert(std::is_same_v<decltype(node.run()), StopReport>);
}

template <class Node, class Options>
awaitable<void> start_and_stop(Options options) {
    Node first(options);
    const std::uint16_t port = co_await first.start();
    EXPECT_EQ(port, first.port());
    Node second(options);
    EXPECT_EQ(co_await second.start(use_awaitable), second.port());
    const StopReport report = co_await first.stop(2s, use_awaitable);
    EXPECT_EQ(report.cut_off, 0u);
    const StopReport at_once = co_await second.stop(0s, use_awaitable);
    EXPECT_EQ(at_once.bytes_discarded, 0u);
}

TYPED_TEST(StartStopTest, StartsAndStopsInACoroutine) {
    run(start_and_stop<TypeParam>(this->options()));
}

class DrainingNodeTest : public ::testing::Test {
protected:
    DrainingNodeTest() {
        node.on(request_uri, [this]() -> awaitable<std::string> {
            ++begun;
            co_await pause(time);
            co_return "done";
        });
        EXPECT_FALSE(node.start());
        EXPECT_FALSE(asking.start());
        asking.request(Address::parse("127.0.0.1", node.port()).value(), "x", {},
                       [this](std::error_code error, const OwnedMessage& reply) {
                           answer = error ? error.message() : reply.content().str();
                       });
        EXPECT_TRUE(run_until(context, [this] { return begun == 1; }));
    }
    void stop(std::chrono::milliseconds deadline) {
        node.stop(deadline, [this](std::error_code error, StopReport found) {
            EXPECT_FALSE(error);
            report = found;
        });
        EXPECT_TRUE(run_until(context, [this] { return report.has_value(); }));
        EXPECT_TRUE(node.endpoints().empty());
    }

    boost::asio::io_context context;
    UdpNode node{context.get_executor(), options_of(static_cast<const UdpNode*>(nullptr))};
    UdpNode asking{context.get_executor(), options_of(static_cast<const UdpNode*>(nullptr))};
    std::chrono::milliseconds time = 50ms;
    int begun = 0;
    std::string answer;
    std::optional<StopReport> report;
};

TEST_F(DrainingNodeTest, LetsHandlersFinish) {
    stop(10s);
    EXPECT_EQ(report->drained, 1u);
    EXPECT_EQ(report->cut_off, 0u);
    EXPECT_TRUE(run_until(context, [this] { return !answer.empty(); }));
    EXPECT_EQ(answer, "done");
}

TEST_F(DrainingNodeTest, CutsOffAtOnceWithADeadlineOfZero) {
    stop(0ms);
    EXPECT_EQ(report->drained, 0u);
    EXPECT_EQ(report->cut_off, 1u);
}

TEST_F(DrainingNodeTest, CutsOffAtTheDeadline) {
    time = 1h;
    const Address to = Address::parse("127.0.0.1", node.port()).value();
    asking.request(to, "y", {}, [](std::error_code, const OwnedMessage&) {});
    EXPECT_TRUE(run_until(context, [this] { return begun == 2; }));
    stop(200ms);
    EXPECT_EQ(report->drained, 1u);
    EXPECT_EQ(report->cut_off, 1u);
}

TEST_F(DrainingNodeTest, HearsNobodyNewMeanwhile) {
    time = 1h;
    const Address to = Address::parse("127.0.0.1", node.port()).value();
    asking.request(to, "y", {}, [](std::error_code, const OwnedMessage&) {});
    EXPECT_TRUE(run_until(context, [this] { return begun == 2; }));
    node.stop(10s);
    asking.request(to, "z", {}, [](std::error_code, const OwnedMessage&) {});
    EXPECT_TRUE(run_until(context, [this] { return node.counters().unhandled > 0; }));
    EXPECT_EQ(begun, 2);
}

}  // namespace
}  // namespace netaio
