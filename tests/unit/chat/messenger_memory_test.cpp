#include "messenger_memory.hpp"

#include <gtest/gtest.h>

#include "support/fixed_environment.hpp"

namespace netaio::chat {
namespace {

class MessengerMemoryTest : public testing::Test {
protected:
    PublicKey someone() { return Identity::make(*environment_.random).public_key(); }

    Environment environment_ = netaio::test::fixed_environment();
    Vault vault_{":memory:", SecretKey(), environment_};
};

TEST_F(MessengerMemoryTest, knows_keys_again_by_kind_and_person) {
    const PublicKey ann = someone();
    Memory memory(vault_, "one", ann);
    EXPECT_EQ(memory.find("key"), std::nullopt);
    memory.put("key", "");
    EXPECT_EQ(memory.find("key"), "");
    memory.put("key", "value");
    EXPECT_EQ(Memory(vault_, "one", ann).find("key"), "value");
    EXPECT_EQ(Memory(vault_, "other", ann).find("key"), std::nullopt);
    EXPECT_EQ(Memory(vault_, "one", someone()).find("key"), std::nullopt);
}

TEST_F(MessengerMemoryTest, forgets_the_oldest) {
    const Vault::Transaction transaction(vault_);
    Memory memory(vault_, "one", someone());
    Memory other(vault_, "one", someone());
    other.put("0", "");
    for (std::size_t key = 0; key < Memory::max; ++key) memory.put(std::to_string(key), "");
    memory.put("0", "put again, but no newer");
    EXPECT_TRUE(memory.find("0"));
    const std::size_t records = vault_.count("memory.one");
    memory.put("new", "");
    EXPECT_FALSE(memory.find("0"));
    EXPECT_TRUE(memory.find("1"));
    EXPECT_TRUE(memory.find("new"));
    EXPECT_TRUE(other.find("0"));
    EXPECT_EQ(vault_.count("memory.one"), records);
}

}  // namespace
}  // namespace netaio::chat
