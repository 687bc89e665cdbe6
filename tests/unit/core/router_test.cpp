#include "core/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;

constexpr auto type = MessageType::request_uri;

struct RouterTest : testing::Test {
    // The content that the handler found for these keys answers with; empty when there is none.
    std::string found(const KeyList& keys) { return found(reader, keys); }
    std::string found(RouteReader& by, const KeyList& keys) {
        std::shared_ptr<const Route> taken;
        const Route* route = by.find(keys, taken);
        return route ? route->handler->call(request("uri"), source)->content().str() : "";
    }
    std::string found(ByteView uri, const Address& from = there) {
        return found({KeyView{type, uri, &from}, KeyView{type, uri}, KeyView{type}});
    }

    Router router;
    RouteReader reader{router};
    TestSource source{there};
};

TEST_F(RouterTest, FindsNothingAtFirst) {
    EXPECT_EQ(found("uri"), "");
    EXPECT_EQ(found(KeyList{}), "");
}

TEST_F(RouterTest, PrefersTheMostSpecificKey) {
    router.add(Key(type), answering("type"));
    EXPECT_EQ(found("uri"), "type");
    router.add(Key(type, "uri"), answering("uri"));
    EXPECT_EQ(found("uri"), "uri");
    router.add(Key(type, "uri", there), answering("address"));
    EXPECT_EQ(found("uri"), "address");
    EXPECT_EQ(found("uri", here), "uri");
    EXPECT_EQ(found("other"), "type");
    EXPECT_EQ(found({KeyView{MessageType::ok, ByteView("uri")}, KeyView{MessageType::ok}}), "");
}

TEST_F(RouterTest, FindsTheLongestPrefixWhereNoWholeUriFits) {
    router.add(Key(type), answering("type"));
    router.add(Key(type, prefix("a/")), answering("a/"));
    router.add(Key(type, prefix("a/b/")), answering("a/b/"));
    router.add(Key(type, prefix("c")), answering("c"));
    router.add(Key(type, "a/b/"), answering("whole"));
    EXPECT_EQ(found("a/x"), "a/");
    EXPECT_EQ(found("a/"), "a/");
    EXPECT_EQ(found("a/b/c"), "a/b/");
    EXPECT_EQ(found("a/b/"), "whole");
    EXPECT_EQ(found("cd"), "c");
    EXPECT_EQ(found("a"), "type");
    EXPECT_EQ(found({KeyView{MessageType::update_uri, ByteView("a/x")}}), "");
    router.add(Key(type, "a/x", there), answering("address"));
    EXPECT_EQ(found("a/x"), "address");
    EXPECT_TRUE(router.remove(Key(type, prefix("a/b/"))));
    EXPECT_FALSE(router.remove(Key(type, prefix("a/b/"))));
    EXPECT_EQ(found("a/b/c"), "a/");
    EXPECT_EQ(found("a/b/"), "whole");
    EXPECT_THROW(router.add_ephemeral(Key(type, prefix("a")), answering("x")),
                 std::invalid_argument);
}

TEST_F(RouterTest, TakesTheEmptyPrefixForAllUris) {
    router.add(Key(type, prefix("")), answering("all"));
    EXPECT_EQ(found(""), "all");
    EXPECT_EQ(found("x"), "all");
}

TEST_F(RouterTest, TellsAnEmptyUriFromNone) {
    router.add(Key(type, ""), answering("empty"));
    EXPECT_EQ(found(""), "empty");
    EXPECT_EQ(found({KeyView{type}}), "");
    router.add(Key(type), answering("none"));
    EXPECT_EQ(found({KeyView{type}}), "none");
    EXPECT_EQ(found(""), "empty");
}

TEST_F(RouterTest, ReplacesTheHandlerOfAKey) {
    router.add(Key(type, "uri"), answering("old"));
    EXPECT_EQ(found("uri"), "old");
    router.add(Key(type, "uri"), answering("new"));
    EXPECT_EQ(found("uri"), "new");
}

TEST_F(RouterTest, SaysWhetherThereWasOneToRemove) {
    EXPECT_FALSE(router.remove(Key(type)));
    router.add(Key(type), answering("type"));
    router.add(Key(type, "uri"), answering("uri"));
    EXPECT_FALSE(router.remove(Key(type, "uri", there)));
    EXPECT_TRUE(router.remove(Key(type, "uri")));
    EXPECT_EQ(found("uri"), "type");
    EXPECT_TRUE(router.remove(Key(type)));
    EXPECT_FALSE(router.remove(Key(type)));
    EXPECT_EQ(found("uri"), "");
    EXPECT_FALSE(router.remove_ephemeral(Key(type)));
}

TEST_F(RouterTest, TakesEphemeralHandlersOldestFirstAndBeforeALastingOne) {
    router.add(Key(type, "uri"), answering("lasting"));
    router.add_ephemeral(Key(type, "uri"), answering("first"));
    router.add_ephemeral(Key(type, "uri"), answering("second"));
    EXPECT_EQ(found("uri"), "first");
    EXPECT_EQ(found("uri"), "second");
    EXPECT_EQ(found("uri"), "lasting");
}

TEST_F(RouterTest, PrefersASpecificLastingHandlerToAGeneralEphemeralOne) {
    router.add(Key(type, "uri"), answering("lasting"));
    router.add_ephemeral(Key(type), answering("ephemeral"));
    EXPECT_EQ(found("uri"), "lasting");
    EXPECT_EQ(found("other"), "ephemeral");
    EXPECT_EQ(found("other"), "");
}

TEST_F(RouterTest, RemovesAllEphemeralHandlersOfAKey) {
    router.add_ephemeral(Key(type, "uri"), answering("first"));
    router.add_ephemeral(Key(type, "uri"), answering("second"));
    router.add_ephemeral(Key(type), answering("other"));
    EXPECT_TRUE(router.remove_ephemeral(Key(type, "uri")));
    EXPECT_FALSE(router.remove_ephemeral(Key(type, "uri")));
    EXPECT_EQ(found("uri"), "other");
    EXPECT_EQ(found("uri"), "");
}

TEST_F(RouterTest, RefusesACipherThatHidesTheUriOfTheKey) {
    const Plugins hiding{.cipher = stream_cipher({.key = "key"})};
    const Plugins open{.cipher = stream_cipher({.key = "key", .encrypt_uri = false})};
    EXPECT_THROW(router.add(Key(type, "uri"), answering("x", hiding)), std::invalid_argument);
    EXPECT_THROW(router.add_ephemeral(Key(type, "uri"), answering("x", hiding)),
                 std::invalid_argument);
    EXPECT_THROW(router.add(Key(type, "uri", there), answering("x", hiding)),
                 std::invalid_argument);
    EXPECT_EQ(found("uri"), "");
    EXPECT_NO_THROW(router.add(Key(type), answering("x", hiding)));
    EXPECT_NO_THROW(router.add(Key(type, "uri"), answering("x", open)));
}

TEST_F(RouterTest, RefusesARouteWithoutAHandler) {
    EXPECT_THROW(router.add(Key(type), Route{}), std::invalid_argument);
    EXPECT_THROW(router.add_ephemeral(Key(type), Route{}), std::invalid_argument);
}

TEST_F(RouterTest, LetsAReaderKeepWhatItFoundUntilItsNextLookup) {
    router.add(Key(type, "uri"), answering("old"));
    std::shared_ptr<const Route> taken;
    const Route* held = reader.find({KeyView{type, ByteView("uri")}}, taken);
    ASSERT_NE(held, nullptr);
    router.add(Key(type, "uri"), answering("new"));
    router.add(Key(type, "other"), answering("other"));
    EXPECT_EQ(held->handler->call(request("uri"), source)->content(), "old");
    router.remove(Key(type, "uri"));
    EXPECT_EQ(held->handler->call(request("uri"), source)->content(), "old");
    EXPECT_EQ(found("uri"), "");
    EXPECT_EQ(found("other"), "other");
}

TEST_F(RouterTest, LetsAHandlerChangeTheRouterItWasFoundIn) {
    router.add(Key(type, "uri"), calling([this](const Message& message, Source&) {
                   router.remove(Key(type, "uri"));
                   router.add(Key(type, "uri"), answering("replaced"));
                   return respond(message.uri(), "replacing");
               }));
    EXPECT_EQ(found("uri"), "replacing");
    EXPECT_EQ(found("uri"), "replaced");
}

TEST_F(RouterTest, ShowsChangesToEachReader) {
    RouteReader other(router);
    router.add(Key(type), answering("type"));
    EXPECT_EQ(found(other, {KeyView{type}}), "type");
    EXPECT_EQ(found({KeyView{type}}), "type");
    router.remove(Key(type));
    EXPECT_EQ(found(other, {KeyView{type}}), "");
    EXPECT_EQ(found({KeyView{type}}), "");
}

TEST_F(RouterTest, HoldsManyHandlers) {
    for (int i = 0; i < 2000; ++i) {
        router.add(Key(type, "uri" + std::to_string(i)), answering(std::to_string(i)));
    }
    for (int i = 0; i < 2000; ++i) {
        EXPECT_EQ(found("uri" + std::to_string(i)), std::to_string(i));
    }
    EXPECT_EQ(found("uri2000"), "");
}

TEST_F(RouterTest, TakesKeysOfAnAddressWithoutAUri) {
    Key key(type);
    key.from = there;
    router.add(key, answering("address"));
    EXPECT_EQ(found({KeyView{type, std::nullopt, &there}}), "address");
    EXPECT_EQ(found({KeyView{type, std::nullopt, &here}}), "");
    EXPECT_EQ(found({KeyView{type}}), "");
}

}  // namespace
}  // namespace netaio::core
