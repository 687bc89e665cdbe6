#include <netaio/access_rules.hpp>

#include "stream_testbed.hpp"

/// The present values that a subscription to a prefix begins with, while they are sent.
namespace netaio::core {
namespace {

using namespace test;

StreamLimits feed_limits(SlowReceiver slow = SlowReceiver::drop_oldest) {
    StreamLimits limits;
    limits.send_queue_max = 2000;
    limits.slow_receiver = slow;
    limits.subscriptions_max = limits.subscriptions_total_max = 1 << 20;
    return limits;
}

struct StreamFeedTest : testing::Test {
    // To a receiver that takes nothing yet.
    void subscribe(SlowReceiver slow = SlowReceiver::drop_oldest) {
        server.emplace(Role::server, Plugins{}, feed_limits(slow));
        for (const char* uri : {"room/a", "room/b", "room/c"}) {
            publish(uri, std::string(1000, 'x'));
        }
        server->node->router.add(
            Key(MessageType::subscribe_uri), calling([&](const Message& question, Source&) {
                const auto words = SubscriptionWords::parse(question.content());
                const auto granted =
                    server->hub->grant(question.uri(), words, *server->stream, {}, alice);
                return OwnedMessage(MessageType::confirm_subscribe, question.uri(), granted->str());
            }));
        server->wire->room = 0;
        server->receive(OwnedMessage(MessageType::subscribe_uri, "room/", "prefix present"));
    }
    void publish(const char* uri, std::string content) {
        EXPECT_FALSE(server->node->present.set(uri, content, [] {}));
        server->hub->value_replaced(uri);
    }
    void only_allow(std::vector<std::string> uris) {
        server->node->set_rules(std::make_shared<const AccessRules>(std::vector<AccessRule>{
            {.access = Access::allow, .who = {"alice"}, .uris = std::move(uris)}}));
    }
    using Uris = std::vector<std::string>;
    Uris taken() {
        server->wire->room = std::string::npos;
        server->stream->writable({});
        return server->sent_uris();
    }

    const Identities alice = Identity{"hmac", "alice"};
    std::optional<TestStream> server;
};

TEST_F(StreamFeedTest, IsAskedForValueByValue) {
    subscribe();
    only_allow({"room/", "room/a", "room/c"});
    EXPECT_EQ(taken(), (Uris{"room/", "room/a", "room/c"}));
}

TEST_F(StreamFeedTest, EndsWithItsSubscription) {
    subscribe();
    server->hub->unsubscribe("room/", *server->stream);
    server->hub->unsubscribe_prefix("room/a", *server->stream);
    server->hub->unsubscribe_prefix("room/", *server->stream);
    EXPECT_EQ(taken(), Uris{"room/"});
    EXPECT_FALSE(server->stream->has_unsent());
    EXPECT_EQ(server->node->subscription_bytes.load(), 0u);
}

TEST_F(StreamFeedTest, EndsWhereRulesEndItsSubscription) {
    subscribe();
    only_allow({"room/a"});
    server->hub->ask_rules();
    server->wire->room = std::string::npos;
    server->stream->writable({});
    const auto sent = server->sent();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[1].type(), MessageType::not_permitted);
    EXPECT_EQ(sent[1].uri(), "room/");
    EXPECT_EQ(sent[1].content(), "subscription to prefix ended");
}

TEST_F(StreamFeedTest, CountsWhatNobodyElseKeeps) {
    subscribe();
    const std::size_t before = server->stream->queued_bytes();
    publish("room/b", "new");
    publish("room/b", "newer");
    publish("other", "new");
    const std::size_t pinned = server->stream->queued_bytes() - before;
    EXPECT_GE(pinned, 1000u);
    EXPECT_LT(pinned, 1300u);
    EXPECT_EQ(taken(), (Uris{"room/", "room/a", "room/b", "room/c"}));
    EXPECT_EQ(server->stream->queued_bytes(), 0u);
    publish("room/b", "newest");
    EXPECT_EQ(server->stream->queued_bytes(), 0u);
}

TEST_F(StreamFeedTest, FreesWhatItCountedWhenItEnds) {
    subscribe();
    const std::size_t before = server->stream->queued_bytes();
    publish("room/b", "new");
    server->hub->unsubscribe_prefix("room/", *server->stream);
    EXPECT_EQ(server->stream->queued_bytes(), before);
}

TEST_F(StreamFeedTest, LeavesOutWhatTheQueueHasNoRoomFor) {
    subscribe();
    publish("room/a", "new");
    publish("room/b", "new");
    publish("room/b", "newer");
    EXPECT_LE(server->stream->queued_bytes(), 2000u);
    EXPECT_EQ(server->hub->tallies().dropped_oldest.get(), 1u);
    EXPECT_EQ(taken(), (Uris{"room/", "room/a", "room/c"}));
}

TEST_F(StreamFeedTest, DisconnectsWhereThatIsThePolicy) {
    subscribe(SlowReceiver::disconnect);
    publish("room/a", "new");
    EXPECT_FALSE(server->ended);
    publish("room/b", "new");
    EXPECT_TRUE(server->ended);
}

}  // namespace
}  // namespace netaio::core
