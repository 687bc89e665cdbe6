#include "registry.hpp"

#include <gtest/gtest.h>

#include <set>

namespace netaio::daemon {
namespace {

using Outcome = Claimed::Outcome;

const ServedKey light{request_uri, "room/light"};
const ServedKey rooms{request_uri, "room/", true};

class RegistryTest : public testing::Test {
protected:
    AppId add(std::string name, std::uint32_t uid = 1000) {
        return registry_.add({std::move(name), uid, 42});
    }
    std::string found(std::string_view uri, MessageType type = request_uri) {
        const auto app = registry_.find(type, uri);
        return app ? registry_.app(*app).name : "nobody";
    }

    Registry registry_;
};

TEST_F(RegistryTest, KnowsItsApps) {
    const AppId first = add("thermostat");
    const AppId second = add("thermostat");
    EXPECT_EQ(registry_.app(first).uid, 1000u);
    EXPECT_EQ(registry_.app(first).pid, 42);
    EXPECT_EQ(registry_.app_named("thermostat"), first);
    EXPECT_EQ(registry_.app_named("nobody"), std::nullopt);
    registry_.app_gone(first);
    EXPECT_EQ(registry_.app_named("thermostat"), second);
    EXPECT_THROW(registry_.app(first), std::invalid_argument);
    EXPECT_THROW(registry_.claim(first, light), std::invalid_argument);
    EXPECT_EQ(add("thermostat"), first);
    EXPECT_EQ(registry_.app_named("thermostat"), second);
    EXPECT_EQ(registry_.apps().size(), 2u);
}

TEST_F(RegistryTest, GivesAMessageToTheOwnerOfItsKey) {
    const AppId lamp = add("lamp");
    const AppId house = add("house");
    EXPECT_EQ(registry_.claim(lamp, light).outcome, Outcome::added);
    EXPECT_EQ(found("room/heater"), "nobody");
    EXPECT_EQ(registry_.claim(house, rooms).outcome, Outcome::added);
    EXPECT_EQ(found("room/light"), "lamp");
    EXPECT_EQ(found("room/heater"), "house");
    EXPECT_EQ(found("room/light", update_uri), "nobody");
    EXPECT_EQ(found("garden"), "nobody");
}

TEST_F(RegistryTest, NamesTheOwnerInAClash) {
    const AppId lamp = add("lamp");
    const AppId other = add("other");
    registry_.claim(lamp, light);
    const Claimed claimed = registry_.claim(other, light);
    EXPECT_FALSE(claimed.granted());
    EXPECT_EQ(claimed.owner, "lamp");
    EXPECT_FALSE(registry_.claim(other, light, Sharing::turns).granted());
    EXPECT_TRUE(registry_.claim(other, {update_uri, "room/light"}).granted());
    EXPECT_EQ(registry_.claim(lamp, light).outcome, Outcome::had);
    EXPECT_TRUE(registry_.release(lamp, light));
    EXPECT_FALSE(registry_.release(lamp, light));
    EXPECT_TRUE(registry_.claim(other, light).granted());
    EXPECT_EQ(found("room/light"), "other");
}

TEST_F(RegistryTest, GivesNothingThatAUserServesToAnother) {
    const AppId house = add("house");
    const AppId lamp = add("lamp");
    const AppId other = add("other", 1001);
    const ServedKey room{request_uri, "room"};
    registry_.claim(house, rooms);
    registry_.claim(house, room, Sharing::turns);
    for (const ServedKey& key : {light, ServedKey{request_uri, "room/l", true}, rooms, room}) {
        const Claimed claimed = registry_.claim(other, key, Sharing::turns);
        EXPECT_EQ(claimed.outcome, Outcome::foreign) << key.uri;
        EXPECT_EQ(claimed.owner, "house");
    }
    EXPECT_TRUE(registry_.keys(other).empty());
    EXPECT_TRUE(registry_.claim(lamp, light).granted());
    // Shorter prefixes take only what nobody has.
    EXPECT_TRUE(registry_.claim(other, {request_uri, "roo", true}).granted());
    EXPECT_EQ(found("room"), "house");
    EXPECT_EQ(found("room/light"), "lamp");
    EXPECT_EQ(found("roof"), "other");
    // Nor is what was there before taken back.
    EXPECT_EQ(registry_.claim(lamp, light).outcome, Outcome::had);
    EXPECT_EQ(registry_.claim(lamp, {request_uri, "roof"}).outcome, Outcome::foreign);
    EXPECT_TRUE(registry_.claim(lamp, {update_uri, "roof"}).granted());
}

TEST_F(RegistryTest, WhatAllGetIsForAllUsers) {
    const ServedKey news{notify_uri, "news/", true};
    const AppId other = add("other", 1001);
    EXPECT_TRUE(registry_.claim(add("house"), news, Sharing::all).granted());
    EXPECT_TRUE(registry_.claim(other, news, Sharing::all).granted());
    EXPECT_TRUE(registry_.claim(other, {notify_uri, "news/late"}, Sharing::all).granted());
}

TEST_F(RegistryTest, AnEmptyPrefixIsForWhatNobodyElseServes) {
    const ServedKey whatever{request_uri, "", true};
    const AppId other = add("other", 1001);
    EXPECT_TRUE(registry_.claim(add("house"), whatever, Sharing::turns).granted());
    EXPECT_TRUE(registry_.claim(other, light).granted());
    EXPECT_EQ(found("room/light"), "other");
    EXPECT_EQ(registry_.claim(other, whatever, Sharing::turns).outcome, Outcome::foreign);
}

TEST_F(RegistryTest, FreesTheKeysOfAnAppThatIsGone) {
    const AppId lamp = add("lamp");
    const AppId house = add("house");
    registry_.claim(lamp, light);
    registry_.claim(lamp, {notify_uri, "", true});
    registry_.claim(house, rooms);
    EXPECT_EQ(registry_.keys(lamp).size(), 2u);
    registry_.app_gone(lamp);
    EXPECT_EQ(found("room/light"), "house");
    EXPECT_EQ(found("anything", notify_uri), "nobody");
    EXPECT_TRUE(registry_.claim(house, light).granted());
    EXPECT_EQ(registry_.keys(house), (std::vector{rooms, light}));
}

TEST_F(RegistryTest, LetsOwnersTakeTurnsWhereAllAskForThat) {
    for (const char* name : {"a", "b", "c"}) {
        EXPECT_TRUE(registry_.claim(add(name), rooms, Sharing::turns).granted());
    }
    EXPECT_FALSE(registry_.claim(add("d"), rooms, Sharing::hash).granted());
    std::string order;
    for (int i = 0; i < 6; ++i) order += found("room/x");
    EXPECT_EQ(order, "abcabc");
    EXPECT_EQ(found("room/x"), "a");
    registry_.app_gone(*registry_.app_named("a"));
    EXPECT_EQ(found("room/x"), "b");
    EXPECT_EQ(found("room/x"), "c");
    EXPECT_EQ(found("room/x"), "b");
}

TEST_F(RegistryTest, LetsTheOnlyOwnerShareLater) {
    const AppId a = add("a");
    const AppId b = add("b");
    registry_.claim(a, rooms);
    EXPECT_FALSE(registry_.claim(b, rooms, Sharing::turns).granted());
    EXPECT_EQ(registry_.claim(a, rooms, Sharing::turns).outcome, Outcome::had);
    EXPECT_TRUE(registry_.claim(b, rooms, Sharing::turns).granted());
    EXPECT_EQ(registry_.claim(a, rooms).owner, "b");
}

TEST_F(RegistryTest, MovesOnlyTheShareOfAnOwnerThatIsGone) {
    const auto uri = [](int i) { return "room/" + std::to_string(i); };
    for (const char* name : {"worker", "worker", "helper", "maid"}) {
        registry_.claim(add(name), rooms, Sharing::hash);
    }
    std::vector<AppId> before;
    std::map<AppId, int> shares;
    for (int i = 0; i < 4000; ++i) {
        before.push_back(*registry_.find(request_uri, uri(i)));
        ++shares[before.back()];
        EXPECT_EQ(registry_.find(request_uri, uri(i)), before.back());
    }
    for (const auto& [app, share] : shares) EXPECT_NEAR(share, 1000, 150);
    EXPECT_EQ(shares.size(), 4u);

    const AppId gone = *registry_.app_named("helper");
    registry_.app_gone(gone);
    std::set<AppId> heirs;
    for (int i = 0; i < 4000; ++i) {
        const AppId now = *registry_.find(request_uri, uri(i));
        if (before[static_cast<std::size_t>(i)] == gone) {
            heirs.insert(now);
        } else {
            EXPECT_EQ(now, before[static_cast<std::size_t>(i)]);
        }
    }
    EXPECT_EQ(heirs.size(), 3u);

    // Back under its name, it has what it had.
    registry_.claim(add("helper"), rooms, Sharing::hash);
    for (int i = 0; i < 4000; ++i) {
        EXPECT_EQ(registry_.find(request_uri, uri(i)), before[static_cast<std::size_t>(i)]);
    }
}

TEST_F(RegistryTest, SaysWhatAnAppOwnsWhoeverHasABetterKey) {
    const AppId lamp = add("lamp");
    const AppId house = add("house");
    registry_.claim(lamp, light);
    registry_.claim(house, rooms);
    EXPECT_TRUE(registry_.owns(lamp, request_uri, "room/light"));
    EXPECT_TRUE(registry_.owns(house, request_uri, "room/light"));
    EXPECT_FALSE(registry_.owns(lamp, request_uri, "room/heater"));
    EXPECT_FALSE(registry_.owns(house, update_uri, "room/light"));
}

}  // namespace
}  // namespace netaio::daemon
