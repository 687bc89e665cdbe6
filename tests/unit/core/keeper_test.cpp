#include "core/keeper.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "support/fixed_environment.hpp"

namespace netaio::core {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

class KeeperTest : public ::testing::Test, protected Keeper::Hands {
protected:
    static Keeper::Terms terms() {
        return {.backoff = {.delay = 1s, .factor = 2, .delay_max = 8s, .jitter = 0},
                .heartbeat = 15s,
                .heartbeat_timeout = 10s,
                .patience = 20s};
    }
    void make(Keeper::Terms terms) {
        keeper.emplace(std::move(terms), std::make_shared<netaio::test::CountingRandom>(),
                       static_cast<Keeper::Hands&>(*this));
        did.clear();
    }
    void make_connected(Keeper::Terms terms) {
        make(std::move(terms));
        keeper->begin(now);
        connect();
        did.clear();
    }
    // What a server does that is as it should be.
    void connect() {
        keeper->reached(keeper->turn(), now);
        keeper->answered(keeper->turn(), now);
    }
    void lose() { keeper->lost(keeper->turn(), Errc::closed, now); }
    void pass(std::chrono::milliseconds time) {
        now += time;
        keeper->tick(now);
    }
    void subscribe(const std::string& uri) { keeper->subscribed({.uri = uri, .content = ""}); }

    void connect(std::size_t server, Keeper::Turn) override {
        add("connect " + std::to_string(server));
    }
    void greet(Keeper::Turn) override { add("greet"); }
    void beat(Keeper::Turn) override { add("beat"); }
    void subscribe(const GrantedSubscription& subscription, Keeper::Turn) override {
        add("subscribe " + subscription.uri + " " + subscription.content);
    }
    void disconnect(std::error_code) override { add("disconnect"); }
    void tell(ConnectionState state, std::error_code, unsigned attempt) override {
        add(std::string(to_string(state)) + " " + std::to_string(attempt));
    }
    void add(const std::string& what) {
        did.push_back(what);
        if (then) {
            then(what);
        }
    }

    std::optional<Keeper> keeper;
    Keeper::TimePoint now{1h};
    Strings did;
    std::function<void(const std::string&)> then;
};

TEST_F(KeeperTest, GreetsBeforeAllElse) {
    auto with_greeting = terms();
    with_greeting.greets = true;
    make(with_greeting);
    keeper->begin(now);
    keeper->reached(keeper->turn(), now);
    EXPECT_EQ(did.back(), "greet");
    EXPECT_EQ(keeper->next(), now + 20s);
    keeper->greeted(keeper->turn(), now);
    EXPECT_EQ(did.back(), "beat");
    keeper->greeted(keeper->turn(), now);
    keeper->answered(keeper->turn(), now);
    EXPECT_TRUE(keeper->connected());
}

TEST_F(KeeperTest, FailsWhenItMayNotOrCannotGreet) {
    auto with_greeting = terms();
    with_greeting.greets = true;
    make(with_greeting);
    keeper->begin(now);
    keeper->reached(keeper->turn(), now);
    keeper->failed(keeper->turn(), Errc::closed, now);
    EXPECT_EQ(did.back(), "waiting 1");
    pass(1s);
    keeper->reached(keeper->turn(), now);
    pass(20s);
    EXPECT_EQ(did.back(), "waiting 2") << "silence counts, too";
}

TEST_F(KeeperTest, IsConnectedWhenTheServerHasAnswered) {
    make(terms());
    EXPECT_FALSE(keeper->next());
    keeper->begin(now);
    EXPECT_EQ(did, (Strings{"connecting 1", "connect 0"}));
    EXPECT_FALSE(keeper->next());
    keeper->reached(keeper->turn(), now);
    EXPECT_EQ(did.back(), "beat");
    EXPECT_EQ(keeper->next(), now + 10s);
    EXPECT_FALSE(keeper->connected());
    keeper->answered(keeper->turn(), now);
    EXPECT_EQ(did.back(), "connected 1");
    EXPECT_TRUE(keeper->connected());
    EXPECT_EQ(keeper->next(), now + 15s);
}

TEST_F(KeeperTest, IsConnectedAtOnceWhereNothingIsToBeAsked) {
    make({.heartbeat = std::nullopt});
    keeper->begin(now);
    keeper->reached(keeper->turn(), now);
    EXPECT_EQ(did.back(), "connected 1");
    EXPECT_FALSE(keeper->next());
}

TEST_F(KeeperTest, PausesAndTriesTheNextServer) {
    auto how = terms();
    how.servers = 2;
    make(how);
    keeper->begin(now);
    lose();
    EXPECT_EQ(did.back(), "waiting 1");
    EXPECT_EQ(keeper->next(), now + 1s);
    pass(999ms);
    EXPECT_EQ(did.back(), "waiting 1");
    pass(1ms);
    EXPECT_EQ(did.back(), "connect 1");
    lose();
    EXPECT_EQ(keeper->next(), now + 2s);
    pass(2s);
    EXPECT_EQ(did.back(), "connect 0");
}

TEST_F(KeeperTest, TriesTheServerThatItHadFirst) {
    auto how = terms();
    how.servers = 2;
    make_connected(how);
    pass(1s);
    lose();
    pass(1s);
    EXPECT_EQ(did.back(), "connect 0");
}

TEST_F(KeeperTest, PausesForLongerWhereConnectionsDoNotLast) {
    make_connected(terms());
    for (const auto pause : {1s, 2s, 4s, 8s, 8s}) {
        pass(500ms);
        lose();
        EXPECT_EQ(keeper->next(), now + pause);
        pass(pause);
        connect();
        EXPECT_EQ(did.back(), "connected 1");
    }
    pass(8s);
    lose();
    EXPECT_EQ(keeper->next(), now + 1s);
}

TEST_F(KeeperTest, DoesNotPauseBeforeTheFirstAttemptWhereItMustNot) {
    auto how = terms();
    how.at_once = true;
    make_connected(how);
    pass(10s);
    lose();
    EXPECT_EQ(did, (Strings{"connecting 1", "connect 0"}));
    lose();
    EXPECT_EQ(keeper->next(), now + 1s);
    pass(1s);
    connect();
    lose();
    EXPECT_EQ(keeper->next(), now + 2s);
}

TEST_F(KeeperTest, GivesUpAfterTheLastAttempt) {
    auto how = terms();
    how.attempts = 2;
    make_connected(how);
    lose();
    pass(1s);
    lose();
    pass(2s);
    lose();
    EXPECT_EQ(did.back(), "refused 2");
    EXPECT_TRUE(keeper->over());
    EXPECT_FALSE(keeper->next());
}

TEST_F(KeeperTest, AsksForASignOfLifeWhereNothingIsHeard) {
    make_connected(terms());
    pass(15s);
    EXPECT_EQ(did, Strings{"beat"});
    EXPECT_EQ(keeper->next(), now + 10s);
    now += 1s;
    keeper->answered(keeper->turn(), now);
    EXPECT_EQ(keeper->next(), now + 15s);
    keeper->heard(now + 5s);
    EXPECT_EQ(keeper->next(), now + 20s);
    pass(20s);
    EXPECT_EQ(did, (Strings{"beat", "beat"}));
    keeper->heard(now + 1s);
    EXPECT_EQ(keeper->next(), now + 16s);
}

TEST_F(KeeperTest, TakesSilenceForTheEnd) {
    make_connected(terms());
    pass(15s);
    pass(10s);
    EXPECT_EQ(did, (Strings{"beat", "disconnect", "waiting 0"}));
    pass(1s);
    keeper->reached(keeper->turn(), now);
    did.clear();
    pass(10s);
    EXPECT_EQ(did, (Strings{"disconnect", "waiting 1"}));
}

TEST_F(KeeperTest, EndsWhereItIsRefusedButNotByWhoBelievedItOnce) {
    make_connected(terms());
    keeper->refused(keeper->turn(), Errc::auth_failed, now);
    EXPECT_EQ(did, (Strings{"disconnect", "waiting 0"}));
    pass(1s);
    keeper->reached(keeper->turn(), now);
    did.clear();
    keeper->refused(keeper->turn(), Errc::auth_failed, now);
    EXPECT_EQ(did, (Strings{"disconnect", "refused 1"}));
    EXPECT_TRUE(keeper->over());
}

TEST_F(KeeperTest, GoesOnWhereOneSubscriptionIsRefusedByWhoBelievesIt) {
    make_connected(terms());
    subscribe("a");
    keeper->lost(keeper->turn(), Errc::closed, now);
    pass(1s);
    keeper->reached(keeper->turn(), now);
    keeper->answered(keeper->turn(), now);
    did.clear();
    keeper->refused(keeper->turn(), Errc::auth_failed, now);
    EXPECT_EQ(did, (Strings{"disconnect", "waiting 1"}));
}

TEST_F(KeeperTest, GoesOnWhereItIsRefusedIfItIsToldTo) {
    auto how = terms();
    how.end_on_refusal = false;
    make(how);
    keeper->begin(now);
    keeper->reached(keeper->turn(), now);
    keeper->refused(keeper->turn(), Errc::auth_failed, now);
    EXPECT_EQ(did.back(), "waiting 1");
}

TEST_F(KeeperTest, SubscribesAgainBeforeItIsConnected) {
    make_connected(terms());
    keeper->subscribed({.uri = "b", .content = "present"});
    keeper->subscribed({.uri = "a", .content = "prefix present"});
    keeper->subscribed({.uri = "a", .content = ""});
    keeper->subscribed({.uri = "c", .content = "prefix"});
    keeper->subscribed({.uri = "b", .content = ""});
    keeper->unsubscribed("c", false);
    EXPECT_EQ(keeper->subscriptions(), 4u);
    keeper->unsubscribed("c", true);
    lose();
    pass(1s);
    did.clear();
    connect();
    EXPECT_EQ(did, (Strings{"beat", "subscribe a ", "subscribe a prefix present", "subscribe b "}));
    keeper->granted(keeper->turn(), now);
    keeper->granted(keeper->turn(), now);
    EXPECT_FALSE(keeper->connected());
    keeper->granted(keeper->turn(), now);
    EXPECT_TRUE(keeper->connected());
}

TEST_F(KeeperTest, SubscribesToSoManyAtATime) {
    auto how = terms();
    how.window = 2;
    make_connected(how);
    for (const char* uri : {"a", "b", "c"}) {
        subscribe(uri);
    }
    lose();
    pass(1s);
    did.clear();
    connect();
    EXPECT_EQ(did.size(), 3u);
    keeper->granted(keeper->turn(), now);
    EXPECT_EQ(did.back(), "subscribe c ");
}

TEST_F(KeeperTest, WaitsForGrantsForAsLongAsSomethingIsHeard) {
    make_connected(terms());
    subscribe("a");
    lose();
    pass(1s);
    connect();
    for (int i = 0; i < 10; ++i) {
        now += 19s;
        keeper->heard(now);
        keeper->tick(now);
    }
    EXPECT_EQ(did.back(), "subscribe a ");
    pass(20s);
    EXPECT_EQ(did.back(), "waiting 1");
}

TEST_F(KeeperTest, IgnoresWhatIsSaidOfEarlierAttempts) {
    make_connected(terms());
    const auto earlier = keeper->turn();
    lose();
    did.clear();
    keeper->lost(earlier, Errc::closed, now);
    keeper->failed(earlier, Errc::closed, now);
    keeper->refused(earlier, Errc::auth_failed, now);
    keeper->answered(earlier, now);
    keeper->granted(earlier, now);
    keeper->reached(earlier, now);
    EXPECT_EQ(did, Strings{});
    pass(1s);
    keeper->answered(keeper->turn(), now);
    EXPECT_FALSE(keeper->connected());
}

TEST_F(KeeperTest, TakesAConnectionOfSomebodyElse) {
    make_connected(terms());
    subscribe("a");
    lose();
    did.clear();
    const auto earlier = keeper->turn();
    keeper->adopted(now);
    EXPECT_EQ(did, Strings{"beat"});
    keeper->lost(earlier, Errc::closed, now);
    keeper->answered(keeper->turn(), now);
    EXPECT_EQ(did.back(), "subscribe a ");
}

TEST_F(KeeperTest, MayBeStoppedByWhateverItHasDone) {
    for (const std::string at : {"connecting 1", "connect 0", "beat", "subscribe a ", "connected 1",
                                 "waiting 0", "disconnect"}) {
        then = {};
        make_connected(terms());
        subscribe("a");
        then = [&](const std::string& what) {
            if (what == at) {
                keeper->stop();
            }
        };
        keeper->failed(keeper->turn(), Errc::timeout, now);
        pass(1s);
        connect();
        keeper->granted(keeper->turn(), now);
        EXPECT_TRUE(keeper->over());
        EXPECT_EQ(did.back(), at);
        EXPECT_FALSE(keeper->next());
    }
}

TEST_F(KeeperTest, MayFailWithinWhatItHasDone) {
    make_connected(terms());
    subscribe("a");
    then = [&](const std::string& what) {
        if (what.starts_with("subscribe") || what.starts_with("connect ")) {
            keeper->lost(keeper->turn(), Errc::closed, now);
        }
    };
    lose();
    pass(1s);
    EXPECT_EQ(did.back(), "waiting 1");
    then = [&](const std::string& what) {
        if (what.starts_with("subscribe") || what == "disconnect") {
            keeper->failed(keeper->turn(), Errc::queue_full, now);
        }
    };
    pass(2s);
    connect();
    EXPECT_EQ(did.back(), "waiting 2");
}

}  // namespace
}  // namespace netaio::core
