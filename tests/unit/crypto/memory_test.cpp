#include "crypto/memory.hpp"

#include <gtest/gtest.h>

#include <netaio/secret.hpp>
#include <string>
#include <utility>

namespace netaio {
namespace {

TEST(ConstantTimeEqual, ComparesSizesAndBytes) {
    EXPECT_TRUE(crypto::constant_time_equal("", ""));
    EXPECT_TRUE(crypto::constant_time_equal("abc", "abc"));
    EXPECT_FALSE(crypto::constant_time_equal("abc", "abd"));
    EXPECT_FALSE(crypto::constant_time_equal("abc", "ab"));
    EXPECT_FALSE(crypto::constant_time_equal("", "a"));
}

TEST(Wipe, LeavesZeros) {
    std::string secret = "secret";
    crypto::wipe(secret.data(), 3);
    EXPECT_EQ(secret, std::string("\0\0\0ret", 6));
}

TEST(Secret, HoldsTextAndBinary) {
    const std::string binary("\0\xff", 2);
    EXPECT_EQ(Secret("text").reveal(), "text");
    EXPECT_EQ(Secret(binary).reveal(), binary);
    EXPECT_TRUE(Secret().empty());
    EXPECT_FALSE(Secret(binary).empty());
}

TEST(Secret, KeepsItsBytesWhenCopiedMovedAndAssigned) {
    for (const std::string& bytes : {std::string("short"), std::string(100, 'l')}) {
        Secret first(bytes);
        Secret copy = first;
        Secret moved = std::move(first);
        EXPECT_EQ(copy.reveal(), bytes);
        EXPECT_EQ(moved.reveal(), bytes);
        Secret assigned("other");
        assigned = copy;
        EXPECT_EQ(assigned.reveal(), bytes);
        assigned = std::move(copy);
        EXPECT_EQ(assigned.reveal(), bytes);
    }
}

TEST(Secret, LeavesNothingBehindWhereItWasMovedFrom) {
    alignas(Secret) unsigned char place[sizeof(Secret)];
    auto* secret = new (place) Secret("short");
    const Secret moved = std::move(*secret);
    const std::string_view left(reinterpret_cast<const char*>(place), sizeof place);
    EXPECT_EQ(left.find("short"), std::string_view::npos);
    secret->~Secret();
}

TEST(Secret, IsWipedWhenItGoes) {
    alignas(Secret) unsigned char place[sizeof(Secret)];
    (new (place) Secret("short"))->~Secret();
    const std::string_view left(reinterpret_cast<const char*>(place), sizeof place);
    EXPECT_EQ(left.find("short"), std::string_view::npos);
}

}  // namespace
}  // namespace netaio
