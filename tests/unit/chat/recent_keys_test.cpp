#include "recent_keys.hpp"

#include <gtest/gtest.h>

#include "support/fixed_environment.hpp"
#include "vault_records.hpp"

namespace netaio::chat {
namespace {

class RecentKeysTest : public testing::Test {
protected:
    PublicKey someone() { return Identity::make(*environment_.random).public_key(); }

    Environment environment_ = netaio::test::fixed_environment();
    Vault vault_{":memory:", SecretKey(), environment_};
};

TEST_F(RecentKeysTest, knows_keys_again_by_kind_and_person) {
    const PublicKey ann = someone();
    RecentKeys recent(vault_, "one", ann);
    EXPECT_EQ(recent.find("key"), std::nullopt);
    recent.put("key", "");
    EXPECT_EQ(recent.find("key"), "");
    recent.put("key", "value");
    EXPECT_EQ(RecentKeys(vault_, "one", ann).find("key"), "value");
    EXPECT_EQ(RecentKeys(vault_, "other", ann).find("key"), std::nullopt);
    EXPECT_EQ(RecentKeys(vault_, "one", someone()).find("key"), std::nullopt);
}

TEST_F(RecentKeysTest, forgets_the_oldest) {
    const Vault::Transaction transaction(vault_);
    RecentKeys recent(vault_, "one", someone());
    RecentKeys other(vault_, "one", someone());
    other.put("0", "");
    for (std::size_t key = 0; key < RecentKeys::max; ++key) recent.put(std::to_string(key), "");
    recent.put("0", "put again, but no newer");
    EXPECT_TRUE(recent.find("0"));
    const std::size_t records = count_of(vault_, "recent.one");
    recent.put("new", "");
    EXPECT_FALSE(recent.find("0"));
    EXPECT_TRUE(recent.find("1"));
    EXPECT_TRUE(recent.find("new"));
    EXPECT_TRUE(other.find("0"));
    EXPECT_EQ(count_of(vault_, "recent.one"), records);
}

}  // namespace
}  // namespace netaio::chat
