#include "watchers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace netaio::daemon {
namespace {

Seen about(std::string_view uri) {
    return {.who = Identity{"hmac", "alice"},
            .app = "lamp",
            .type = "REQUEST_URI",
            .uri = uri,
            .size = 12,
            .far_end = "tcp:192.0.2.1:8888"};
}

class WatchersTest : public testing::Test {
protected:
    WatcherId add(std::string prefix) {
        watchers_.set(++added_, std::move(prefix));
        return added_;
    }

    WatcherId added_ = 0;
    std::vector<WatcherId> woken_;
    Watchers watchers_{[this](WatcherId watcher) { woken_.push_back(watcher); },
                       {.lines = 3, .bytes = 1000}};
};

TEST_F(WatchersTest, TellThoseWhoWatchThePrefix) {
    const WatcherId all = add("");
    const WatcherId some = add("room/");
    watchers_.tell(about("news"));
    EXPECT_EQ(watchers_.take(some), std::nullopt);
    EXPECT_EQ(watchers_.take(all),
              R"({"who":["hmac:alice"],"app":"lamp","direction":"in","type":"REQUEST_URI",)"
              R"("uri":"news","size":12,"far_end":"tcp:192.0.2.1:8888"})");
    EXPECT_EQ(watchers_.take(all), std::nullopt);
    watchers_.tell(about("room/light"));
    EXPECT_TRUE(watchers_.take(all));
    EXPECT_TRUE(watchers_.take(some));
}

TEST_F(WatchersTest, WakeOnceForWhoHadNothing) {
    const WatcherId watcher = add("");
    watchers_.tell(about("a"));
    watchers_.tell(about("a"));
    EXPECT_EQ(woken_.size(), 1u);
    while (watchers_.take(watcher)) {
    }
    watchers_.tell(about("a"));
    EXPECT_EQ(woken_.size(), 2u);
}

TEST_F(WatchersTest, SayHowManyFoundNoRoom) {
    const WatcherId slow = add("");
    for (int i = 0; i < 5; ++i) watchers_.tell(about("a"));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(watchers_.take(slow), seen_json(about("a")));
    watchers_.tell(about("a"));
    EXPECT_EQ(watchers_.take(slow), R"({"missed":3})");
    EXPECT_EQ(watchers_.take(slow), std::nullopt);
    watchers_.tell(about("b"));
    EXPECT_EQ(watchers_.take(slow), seen_json(about("b")));
}

TEST_F(WatchersTest, BoundTheBytesThatWait) {
    const WatcherId watcher = add("");
    const std::string uri(2000, 'x');
    watchers_.tell(about(uri));
    EXPECT_EQ(woken_.size(), 1u);
    EXPECT_EQ(watchers_.take(watcher), R"({"missed":1})");
}

TEST_F(WatchersTest, HoldNothingOfWhatWasWatchedBefore) {
    const WatcherId watcher = add("room/");
    watchers_.tell(about("room/light"));
    watchers_.set(watcher, "news");
    EXPECT_EQ(watchers_.take(watcher), std::nullopt);
    watchers_.tell(about("room/light"));
    EXPECT_EQ(watchers_.take(watcher), std::nullopt);
    watchers_.tell(about("news"));
    EXPECT_TRUE(watchers_.take(watcher));
}

TEST_F(WatchersTest, ForgetWhoIsGone) {
    const WatcherId watcher = add("");
    watchers_.tell(about("a"));
    watchers_.remove(watcher);
    EXPECT_EQ(watchers_.size(), 0u);
    EXPECT_EQ(watchers_.take(watcher), std::nullopt);
}

TEST(SeenJson, IsJsonWhateverBytesAreInIt) {
    const std::string json =
        seen_json({.app = "\xff", .direction = Direction::out, .uri = "\xff\n"});
    EXPECT_EQ(json, R"({"who":[],"app_base64":"/w==","direction":"out","type":"",)"
                    R"("uri_base64":"/wo=","size":0,"far_end":""})");
}

}  // namespace
}  // namespace netaio::daemon
