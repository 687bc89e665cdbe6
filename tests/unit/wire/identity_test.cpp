#include <gtest/gtest.h>

#include <netaio/identity.hpp>

namespace netaio {
namespace {

TEST(IdentitiesTest, AreEmptyWhenNobodyVouches) {
    const Identities nobody;
    EXPECT_TRUE(nobody.empty());
    EXPECT_EQ(nobody.size(), 0u);
    EXPECT_EQ(nobody.str(), "nobody");
    EXPECT_FALSE(nobody.name("hmac"));
    EXPECT_EQ(nobody, Identities(std::vector<Identity>()));
}

TEST(IdentitiesTest, SayWhoByKindAndName) {
    const Identities who{{"hmac", "alice"}, {"uid", "1000"}};
    EXPECT_EQ(who.str(), "hmac:alice, uid:1000");
    EXPECT_EQ(who.name("uid"), "1000");
    EXPECT_TRUE(who.contains({"hmac", "alice"}));
    EXPECT_FALSE(who.contains({"uid", "alice"}));
}

TEST(IdentitiesTest, AddEachOnceAndLeaveCopiesAsTheyWere) {
    Identities who(Identity{"hmac", "alice"});
    const Identities before = who;
    who.add({{"uid", "1000"}, {"hmac", "alice"}});
    EXPECT_EQ(who.str(), "hmac:alice, uid:1000");
    EXPECT_EQ(before.str(), "hmac:alice");
    const Identities same = who;
    who.add(before);
    EXPECT_TRUE(who.same_as(same));
}

TEST(IdentitiesTest, ShareTheListOfTheFirstThatIsAdded) {
    const Identities alice(Identity{"hmac", "alice"});
    Identities who;
    who.add(alice);
    EXPECT_TRUE(who.same_as(alice));
    who.add({});
    EXPECT_TRUE(who.same_as(alice));
}

}  // namespace
}  // namespace netaio
