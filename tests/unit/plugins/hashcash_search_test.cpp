#include "plugins/hashcash_search.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <netaio/never.hpp>

#include "crypto/leading_zeros.hpp"
#include "support/fixed_environment.hpp"

namespace netaio {
namespace {

using namespace std::chrono_literals;

constexpr ByteView stamped_body("\0\3urisome content", 17);
constexpr unsigned unpayable = 64;

struct HashcashSearchTest : testing::Test {
    // A search that make() began, as a node would hold it.
    std::shared_ptr<PluginWork> begun(const HashcashAuth& plugin) {
        std::shared_ptr<PluginWork> work;
        EXPECT_EQ(made(plugin, work), Errc::pending);
        return work;
    }
    std::error_code made(const HashcashAuth& plugin, std::shared_ptr<PluginWork>& work) {
        context.work = &work;
        AuthFields fields;
        return plugin.make(fields, stamped_body, context);
    }
    // Until something is so, or far too long.
    template <class Condition>
    static bool soon(Condition condition) {
        for (int i = 0; i < 60'000 && !condition(); ++i) std::this_thread::sleep_for(1ms);
        return condition();
    }

    std::shared_ptr<test::FixedClock> clock = std::make_shared<test::FixedClock>();
    Environment environment{.clock = clock, .random = std::make_shared<test::CountingRandom>()};
    PluginContext context{.environment = environment};
    std::atomic<int> ended{0};
    std::function<void()> done = [this] { ++ended; };
};

TEST_F(HashcashSearchTest, ManyAtOnceOnSeveralThreadsAllEnd) {
    const HashcashAuth plugin({.realm = "kitchen", .pay = 12, .threads = 3});
    std::vector<std::shared_ptr<PluginWork>> works;
    for (int i = 0; i < 40; ++i) works.push_back(begun(plugin));
    for (const auto& work : works) work->start(done);
    EXPECT_TRUE(soon([&] { return ended == 40; }));
    for (auto& work : works) EXPECT_FALSE(made(plugin, work));
}

TEST_F(HashcashSearchTest, EndsOnceItsTimeIsOver) {
    const HashcashAuth plugin({.realm = "kitchen", .pay = unpayable, .time_limit = 5s});
    auto work = begun(plugin);
    work->start(done);
    clock->advance(4999ms);
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(ended, 0);
    clock->advance(1ms);
    EXPECT_TRUE(soon([&] { return ended == 1; }));
    EXPECT_EQ(made(plugin, work), Errc::timeout);
}

TEST_F(HashcashSearchTest, WhatWaitsBehindOthersHasTheSameTime) {
    const HashcashAuth plugin({.realm = "kitchen", .pay = unpayable, .time_limit = 5s});
    std::vector<std::shared_ptr<PluginWork>> works{begun(plugin), begun(plugin), begun(plugin)};
    for (const auto& work : works) work->start(done);
    clock->advance(5s);
    EXPECT_TRUE(soon([&] { return ended == 3; }));
    for (auto& work : works) EXPECT_EQ(made(plugin, work), Errc::timeout);
}

TEST_F(HashcashSearchTest, MayLastAsLongAsItTakes) {
    const HashcashAuth plugin({.realm = "kitchen", .pay = unpayable, .time_limit = never});
    auto work = begun(plugin);
    work->start(done);
    clock->advance(std::chrono::hours(24 * 365 * 50));
    std::this_thread::sleep_for(20ms);
    EXPECT_EQ(ended, 0);
    work->cancel();
}

TEST_F(HashcashSearchTest, CallsNobodyOnceItIsCancelled) {
    const HashcashAuth plugin({.realm = "kitchen", .pay = unpayable, .threads = 2});
    auto first = begun(plugin);
    auto second = begun(plugin);
    auto third = begun(plugin);
    for (const auto& work : {first, second, third}) work->start(done);
    first->cancel();
    third->cancel();
    third->cancel();
    second->cancel();
    EXPECT_EQ(ended, 0);
    EXPECT_EQ(made(plugin, first), Errc::cancelled);

    auto cheap = std::shared_ptr<PluginWork>();
    const HashcashAuth other({.realm = "kitchen", .pay = 1});
    EXPECT_EQ(made(other, cheap), Errc::pending);
    cheap->start(done);
    EXPECT_TRUE(soon([&] { return ended == 1; }));
    EXPECT_FALSE(made(other, cheap));
}

TEST_F(HashcashSearchTest, CancelWaitsForACallThatRuns) {
    const HashcashAuth plugin({.realm = "kitchen", .pay = 1});
    for (int i = 0; i < 200; ++i) {
        auto work = begun(plugin);
        const auto alive = std::make_shared<std::atomic<bool>>(true);
        work->start([&, alive] {
            EXPECT_TRUE(*alive);
            ++ended;
        });
        work->cancel();
        *alive = false;
    }
}

TEST_F(HashcashSearchTest, MayBeCancelledWithinItsCall) {
    const HashcashAuth plugin({.realm = "kitchen", .pay = 1});
    auto work = begun(plugin);
    work->start([&] {
        work->cancel();
        ++ended;
    });
    EXPECT_TRUE(soon([&] { return ended == 1; }));
    EXPECT_FALSE(made(plugin, work));
}

TEST_F(HashcashSearchTest, EndsWithItsPlugin) {
    std::vector<std::shared_ptr<PluginWork>> works;
    {
        const HashcashAuth plugin({.realm = "kitchen", .pay = unpayable, .threads = 2});
        for (int i = 0; i < 5; ++i) works.push_back(begun(plugin));
        for (const auto& work : works) work->start(done);
    }
    EXPECT_EQ(ended, 5);
    for (const auto& work : works) {
        const auto search = std::dynamic_pointer_cast<plugins::StampSearch>(work);
        EXPECT_EQ(search->result().error(), Errc::cancelled);
    }
}

TEST_F(HashcashSearchTest, EndsAtOnceWhenItsPluginIsGone) {
    std::shared_ptr<PluginWork> work;
    {
        const HashcashAuth plugin({.realm = "kitchen", .pay = unpayable});
        work = begun(plugin);
    }
    work->start(done);
    EXPECT_EQ(ended, 1);
}

TEST_F(HashcashSearchTest, APluginMayGoOnItsOwnThread) {
    auto plugin = std::make_unique<HashcashAuth>(HashcashOptions{.realm = "kitchen", .pay = 1});
    auto work = begun(*plugin);
    std::atomic<bool> gone{false};
    work->start([&] {
        plugin.reset();
        gone = true;
    });
    EXPECT_TRUE(soon([&] { return gone.load(); }));
}

TEST_F(HashcashSearchTest, TellsItsProgress) {
    std::atomic<std::uint64_t> attempts{0};
    std::atomic<int> calls{0};
    const HashcashAuth plugin({.realm = "kitchen",
                               .pay = unpayable,
                               .threads = 2,
                               .time_limit = never,
                               .on_progress = [&](const HashcashProgress& progress) {
                                   EXPECT_EQ(progress.bits, unpayable);
                                   EXPECT_GT(progress.attempts, attempts);
                                   EXPECT_GE(progress.elapsed, 100ms);
                                   attempts = progress.attempts;
                                   ++calls;
                                   if (calls == 2) throw std::runtime_error("what users throw");
                               }});
    auto work = begun(plugin);
    work->start(done);
    EXPECT_TRUE(soon([&] {
        clock->advance(100ms);
        return calls >= 4;
    }));
    work->cancel();
}

TEST_F(HashcashSearchTest, AnotherPluginsWorkIsNotItsOwn) {
    const HashcashAuth one({.realm = "kitchen", .pay = 1});
    const HashcashAuth other({.realm = "cellar", .pay = 1});
    auto work = begun(one);
    const auto first = work;
    EXPECT_EQ(made(other, work), Errc::pending);
    EXPECT_NE(work, first);
}

}  // namespace
}  // namespace netaio
