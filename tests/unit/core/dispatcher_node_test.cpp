#include <gtest/gtest.h>

#include <stdexcept>

#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using Kind = Outcome::Kind;

TEST(NodeDispatcher, NeverAnswersAnUnauthenticatedDatagramWithMore) {
    TestNode test(Role::node);
    for (const std::size_t size : {0u, 5u, 30u, 300u}) {
        for (const auto type : {MessageType::request_uri, MessageType::ok}) {
            const std::string frame = test.frame(OwnedMessage(type, "uri", std::string(size, 'c')));
            for (const Plugins& outer : {Plugins(), hmac("outer")}) {
                test.node.outer = outer;
                test.receive(frame);
                EXPECT_LE(test.sent.size(), frame.size());
                test.receive(with_bad_checksum(frame));
                EXPECT_LE(test.sent.size(), frame.size());
            }
        }
    }
    EXPECT_EQ(test.tallies.send_failures.get(), 0u);
}

TEST(NodeDispatcher, AnswersAnUnauthenticatedDatagramThatIsLongEnough) {
    TestNode test(Role::node);
    const std::size_t needed =
        test.frame(not_found("uri")).size() - test.frame(request("uri")).size();
    for (const bool enough : {false, true}) {
        test.receive(test.frame(request("uri", std::string(enough ? needed : needed - 1, 'c'))));
        EXPECT_EQ(!test.sent.empty(), enough);
        EXPECT_EQ(test.tallies.frames_out.get(), enough ? 1u : 0u) << "only what is sent counts";
    }
    EXPECT_EQ(test.tallies.unhandled.get(), 2u);
}

TEST(NodeDispatcher, IsNotFooledByADatagramThatClaimsToBeLonger) {
    TestNode test(Role::node);
    std::string frame = test.frame(request("uri"));
    frame[3] = '\x7f';
    test.receive(frame);
    EXPECT_EQ(test.tallies.unhandled.get(), 1u);
    EXPECT_EQ(test.sent, "");
    test.receive(with_bad_checksum(frame));
    EXPECT_EQ(test.tallies.rejected_checksum.get(), 1u);
    EXPECT_EQ(test.sent, "");
}

TEST(NodeDispatcher, LeavesWhatWasToBeSentBeforeInPlace) {
    TestNode test(Role::node);
    std::string bytes = test.frame(request("uri"));
    std::string out = "before";
    test.dispatcher().receive(*datagram_frame(bytes, test.node.types), test.source, out);
    EXPECT_EQ(out, "before");
}

TEST(NodeDispatcher, AnswersAnAuthenticatedDatagramAtAnyLength) {
    TestNode test(Role::node, hmac("outer"));
    test.receive(test.frame(request("uri"), {}, hmac("outer")));
    EXPECT_EQ(test.reply(hmac("outer")).type(), MessageType::not_found);
    // What one datagram proved does not count for the next one.
    test.receive(test.frame(request("u")));
    EXPECT_EQ(test.sent, "");
}

TEST(NodeDispatcher, DoesNotLimitTheRepliesOfHandlers) {
    TestNode test(Role::node);
    test.node.router.add(Key(MessageType::request_uri), answering(std::string(1000, 'x')));
    test.receive(test.frame(request("uri")));
    EXPECT_EQ(test.reply().content().size(), 1000u);
}

TEST(NodeDispatcher, HasNoRequestsToGiveRepliesTo) {
    TestNode test(Role::node);
    EXPECT_EQ(test.receive(test.frame(respond("uri", "content"))).kind, Kind::done);
    EXPECT_EQ(test.sent, "");
    EXPECT_EQ(test.tallies.unhandled.get(), 1u);
}

// Feeds the replies of each of two nodes to the other until both are silent, and counts them.
int exchanges(TestNode& a, TestNode& b, std::string first) {
    TestNode* from = &a;
    TestNode* to = &b;
    std::string frames = std::move(first);
    int count = 0;
    for (; !frames.empty() && count < 10; ++count) {
        to->receive(std::move(frames));
        frames = to->sent;
        std::swap(from, to);
    }
    return count;
}

struct TwoNodesTest : testing::TestWithParam<Role> {
    // Each built-in type, whole and with a bad checksum, long enough to be answered.
    void expect_silence() {
        for (int value = 0; value < 256; ++value) {
            const auto type = static_cast<MessageType>(value);
            if (!a.node.types.contains(type)) {
                continue;
            }
            const std::string frame =
                a.frame(OwnedMessage(type, "uri", std::string(200, 'c')), {}, a.node.outer);
            EXPECT_LE(exchanges(a, b, frame), 3) << built_in_name(type);
            EXPECT_LE(exchanges(a, b, with_bad_checksum(frame)), 3) << built_in_name(type);
        }
    }

    TestNode a{GetParam(), {}, there};
    TestNode b{GetParam(), {}, here};
};

INSTANTIATE_TEST_SUITE_P(Roles, TwoNodesTest, testing::Values(Role::server, Role::node),
                         [](const auto& one) {
                             return one.param == Role::node ? "Node" : "Server";
                         });

TEST_P(TwoNodesTest, FallSilentWithoutPlugins) {
    expect_silence();
}

TEST_P(TwoNodesTest, FallSilentWithASharedSecret) {
    a.node.outer = b.node.outer = hmac_and_cipher("shared");
    expect_silence();
}

TEST_P(TwoNodesTest, FallSilentWhenTheyDoNotBelieveEachOther) {
    a.node.outer = hmac("a");
    b.node.outer = hmac("b");
    expect_silence();
    b.node.outer = Plugins{};
    expect_silence();
    a.node.outer = Plugins{};
    b.node.outer = hmac_and_cipher("b");
    expect_silence();
}

TEST_P(TwoNodesTest, FallSilentWhenTheirErrorHandlersAnswerAnything) {
    for (TestNode* each : {&a, &b}) {
        each->node.outer = each == &a ? hmac("a") : hmac("b");
        each->node.on_auth_error = [](const AuthPlugin& plugin, const Message&) {
            return plugin.error();
        };
    }
    expect_silence();
}

TEST_P(TwoNodesTest, FallSilentWhenAllTheirHandlersThrow) {
    for (TestNode* each : {&a, &b}) {
        each->node.default_route =
            calling([](const Message&, Source&) -> std::optional<OwnedMessage> {
                throw std::runtime_error("broken");
            });
    }
    expect_silence();
}

}  // namespace
}  // namespace netaio::core
