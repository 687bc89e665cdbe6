#include "core/subscription_words.hpp"

#include <gtest/gtest.h>

namespace netaio::core {
namespace {

bool operator==(const SubscriptionWords& a, const SubscriptionWords& b) {
    return a.prefix == b.prefix && a.present == b.present;
}

TEST(SubscriptionWordsTest, AreReadInAnyOrderAndAmongOthers) {
    EXPECT_TRUE((SubscriptionWords::parse("prefix present") == SubscriptionWords{true, true}));
    EXPECT_TRUE(
        (SubscriptionWords::parse("present later prefix") == SubscriptionWords{true, true}));
    EXPECT_TRUE((SubscriptionWords::parse(" prefix ") == SubscriptionWords{true, false}));
    for (const char* none :
         {"", "Prefix", "prefixes", "present\n", "prefix\tpresent", "presentprefix"}) {
        EXPECT_FALSE(SubscriptionWords::parse(none).any()) << none;
    }
}

TEST(SubscriptionGrantTest, ReadsWhatItWrites) {
    for (const SubscriptionGrant& grant :
         {SubscriptionGrant{}, SubscriptionGrant{{.prefix = true}},
          SubscriptionGrant{{.prefix = true, .present = true}, 100'000},
          SubscriptionGrant{{.present = true}}, SubscriptionGrant{{.present = true}, 0, "a\nb"},
          SubscriptionGrant{{.present = true}, 0, ""}}) {
        const auto read = SubscriptionGrant::parse(grant.str());
        EXPECT_TRUE(read.grants(grant.words)) << grant.str();
        EXPECT_EQ(read.count, grant.count);
        EXPECT_EQ(read.value, grant.value);
    }
}

TEST(SubscriptionGrantTest, GrantsNothingInOtherWords) {
    for (const char* none :
         {"", "prefix", "prefix present", "present", "prefix present 5", "prefix present \n",
          "prefix present 5x\n", "prefix present -1\n", "prefix present 99999999999999999999\n",
          "prefix\nmore", "absent\nmore", "absent", "prefix present 1\nmore", "\nprefix\n"}) {
        EXPECT_FALSE(SubscriptionGrant::parse(none).words.any()) << none;
    }
}

}  // namespace
}  // namespace netaio::core
