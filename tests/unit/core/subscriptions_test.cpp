#include "core/lapsing_subscriptions.hpp"

#include <gtest/gtest.h>

namespace netaio::core {
namespace {

constexpr std::size_t cost_of_1 = LapsingSubscriptions<int>::cost_of("1");

using Ids = std::vector<int>;

struct Total {
    std::atomic<std::size_t> total{0};
};

class LapsingTable : public Total, public LapsingSubscriptions<int> {
public:
    LapsingTable(std::size_t bytes_max, std::size_t subscribers_max,
                 std::size_t total_max = 128 << 20)
        : LapsingSubscriptions(bytes_max, subscribers_max, total, total_max) {}
};

class Table : public Total, public Subscriptions<int> {
public:
    Table(std::size_t bytes_max, std::size_t total_max)
        : Subscriptions(bytes_max, total_max, total) {}
};

TEST(Subscriptions, KnowsWhoWantsWhat) {
    LapsingTable subscriptions(10'000, 10);
    EXPECT_FALSE(subscriptions.add("a", 1));
    EXPECT_FALSE(subscriptions.add("a", 2));
    EXPECT_FALSE(subscriptions.add("b", 1));
    EXPECT_EQ(*subscriptions.of("a"), (Ids{1, 2}));
    EXPECT_EQ(*subscriptions.of("b"), Ids{1});
    EXPECT_EQ(*subscriptions.of("c"), Ids{});
    EXPECT_TRUE(subscriptions.remove("a", 1));
    EXPECT_EQ(*subscriptions.of("a"), Ids{2});
    EXPECT_EQ(*subscriptions.of("b"), Ids{1});
}

TEST(Subscriptions, TakesAnyBytesForAKey) {
    LapsingTable subscriptions(10'000, 10);
    for (const ByteView key : {ByteView(""), ByteView("\0", 1), ByteView("\0a", 2)}) {
        EXPECT_FALSE(subscriptions.add(key, static_cast<int>(key.size())));
        EXPECT_EQ(*subscriptions.of(key), Ids{static_cast<int>(key.size())}) << key.size();
        EXPECT_TRUE(subscriptions.remove(key, static_cast<int>(key.size())));
    }
}

TEST(Subscriptions, SaysWhetherThereWasOneToRemove) {
    LapsingTable subscriptions(10'000, 10);
    EXPECT_FALSE(subscriptions.remove("a", 1));
    subscriptions.add("a", 1);
    EXPECT_FALSE(subscriptions.remove("b", 1));
    EXPECT_FALSE(subscriptions.remove("a", 2));
    EXPECT_TRUE(subscriptions.remove("a", 1));
    EXPECT_FALSE(subscriptions.remove("a", 1));
}

TEST(Subscriptions, EndsAllOfASubscriber) {
    LapsingTable subscriptions(10'000, 10);
    for (const char* key : {"a", "b", "c"}) {
        subscriptions.add(key, 1);
    }
    subscriptions.add("b", 2);
    subscriptions.remove_all(1);
    subscriptions.remove_all(1);
    EXPECT_EQ(*subscriptions.of("a"), Ids{});
    EXPECT_EQ(*subscriptions.of("b"), Ids{2});
    EXPECT_FALSE(subscriptions.remove("a", 1));
}

TEST(Subscriptions, BoundsTheBytesOfEachSubscriber) {
    LapsingTable subscriptions(2 * cost_of_1, 10);
    EXPECT_FALSE(subscriptions.add("a", 1));
    EXPECT_FALSE(subscriptions.add("b", 1));
    EXPECT_FALSE(subscriptions.add("b", 1)) << "again costs nothing";
    EXPECT_EQ(subscriptions.add("c", 1), Errc::queue_full);
    EXPECT_EQ(*subscriptions.of("c"), Ids{});
    EXPECT_FALSE(subscriptions.add("c", 2));
    subscriptions.remove("a", 1);
    EXPECT_FALSE(subscriptions.add("c", 1));
}

TEST(Subscriptions, BoundsTheNumberOfSubscribers) {
    LapsingTable subscriptions(10'000, 2);
    EXPECT_FALSE(subscriptions.add("a", 1));
    EXPECT_FALSE(subscriptions.add("a", 2));
    EXPECT_FALSE(subscriptions.add("b", 2));
    EXPECT_FALSE(subscriptions.add("a", 3));
    EXPECT_EQ(*subscriptions.of("a"), (Ids{2, 3})) << "the oldest lapses";
    subscriptions.remove("a", 3);
    EXPECT_FALSE(subscriptions.add("a", 4)) << "who has no key left is none";
    EXPECT_EQ(*subscriptions.of("a"), (Ids{2, 4}));
    EXPECT_EQ(LapsingTable(10'000, 0).add("a", 1), Errc::queue_full);
}

TEST(Subscriptions, LapseLastWhereTheyWereRenewed) {
    LapsingTable subscriptions(10'000, 3);
    std::vector<int> lapsed;
    subscriptions.when_lapsed([&](int who) { lapsed.push_back(who); });
    for (const int who : {1, 2, 3, 1}) {
        EXPECT_FALSE(subscriptions.add("a", who));
    }
    for (const int who : {4, 5, 6, 6, 5, 7}) {
        EXPECT_FALSE(subscriptions.add("a", who));
    }
    EXPECT_EQ(lapsed, (std::vector<int>{2, 3, 4, 1}));
    EXPECT_EQ(*subscriptions.of("a"), (Ids{5, 6, 7}));
}

TEST(Subscriptions, BoundTheSubscribersOfAHostAtItsOwnCost) {
    LapsingTable subscriptions(10'000, 100);
    subscriptions.bound_hosts(2, [](int who) { return who / 10; });
    for (const int who : {10, 20, 21, 21, 22, 23, 24}) {
        EXPECT_FALSE(subscriptions.add("a", who));
    }
    EXPECT_EQ(*subscriptions.of("a"), (Ids{10, 21, 24}));
}

TEST(Subscriptions, KeepsNoSubscriberWhoseFirstKeyIsTooLong) {
    LapsingTable subscriptions(LapsingSubscriptions<int>::cost_of("key"), 1);
    EXPECT_EQ(subscriptions.add("long", 1), Errc::queue_full);
    EXPECT_FALSE(subscriptions.add("key", 2));
}

TEST(Subscriptions, AreBoundedOverAllSubscribers) {
    LapsingTable subscriptions(10'000, 100, 2 * LapsingSubscriptions<int>::cost_of("0123456789"));
    const std::string key(10, 'k');
    EXPECT_FALSE(subscriptions.add(key, 1));
    EXPECT_FALSE(subscriptions.add(key, 2));
    EXPECT_FALSE(subscriptions.add(key, 3));
    EXPECT_EQ(*subscriptions.of(key), (Ids{2, 3}));
    EXPECT_FALSE(subscriptions.add("x", 2));
    EXPECT_EQ(*subscriptions.of(key), Ids{2}) << "others lapse, whoever is the oldest";
    EXPECT_EQ(subscriptions.add(key + key, 2), Errc::queue_full) << "nobody is left to lapse";
    EXPECT_TRUE(subscriptions.remove(key, 2));
    EXPECT_FALSE(subscriptions.add(key, 4));
}

TEST(Subscriptions, AreRefusedBeyondWhatAllMayTake) {
    Table subscriptions(10'000, 2 * Table::cost_of("a"));
    EXPECT_FALSE(subscriptions.add("a", 1));
    EXPECT_FALSE(subscriptions.add("a", 2));
    EXPECT_EQ(subscriptions.add("a", 3), Errc::queue_full);
    EXPECT_EQ(*subscriptions.of("a"), (Ids{1, 2}));
    subscriptions.remove_all(1);
    EXPECT_EQ(subscriptions.total, Table::cost_of("a"));
    EXPECT_FALSE(subscriptions.add("a", 3));
}

TEST(Subscriptions, CountWithWhatOthersCount) {
    Total all;
    {
        Subscriptions<int> first(10'000, 2 * Table::cost_of("a"), all.total);
        Subscriptions<int> second(10'000, 2 * Table::cost_of("a"), all.total);
        EXPECT_FALSE(first.add("a", 1));
        EXPECT_FALSE(second.add("a", 1));
        EXPECT_EQ(first.add("b", 1), Errc::queue_full);
    }
    EXPECT_EQ(all.total, 0u);
}

TEST(Subscriptions, ListTheSameSubscribersUntilTheyChange) {
    Table subscriptions(10'000, 10'000);
    subscriptions.add("a", 2);
    subscriptions.add("a", 1);
    const auto before = subscriptions.of("a");
    subscriptions.add("b", 1);
    EXPECT_EQ(subscriptions.of("a"), before);
    EXPECT_EQ(*before, (Ids{1, 2}));
    subscriptions.remove("a", 1);
    EXPECT_EQ(*before, (Ids{1, 2}));
    EXPECT_EQ(*subscriptions.of("a"), Ids{2});
}

}  // namespace
}  // namespace netaio::core
