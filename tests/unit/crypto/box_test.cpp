#include "crypto/box.hpp"

#include <gtest/gtest.h>

#include "support/keys.hpp"

namespace netaio::crypto {
namespace {

const SeedKeys& alice() {
    static const SeedKeys keys(std::string(32, 'a'));
    return keys;
}
const SeedKeys& bob() {
    static const SeedKeys keys(std::string(32, 'b'));
    return keys;
}

SecretKey key() {
    return shared_key(alice().private_key, bob().public_key).value();
}

std::array<char, box_nonce_size> nonce() {
    std::array<char, box_nonce_size> bytes;
    bytes.fill('n');
    return bytes;
}

std::string sealed(std::string text) {
    text.resize(text.size() + box_overhead, '?');
    seal_box(text, nonce(), key());
    return text;
}

TEST(Box, OpensToWhatWasPutIn) {
    for (const std::size_t size : {0u, 1u, 16u, 39u, 40u, 41u, 1000u, 65'000u}) {
        const std::string text(size, 't');
        std::string bytes = sealed(text);
        EXPECT_EQ(open_box(bytes, shared_key(bob().private_key, alice().public_key).value()), size);
        EXPECT_EQ(bytes.substr(0, size), text);
    }
}

TEST(Box, StaysAsItIsWhenItCannotBeOpened) {
    const std::string box = sealed("some text");
    for (std::size_t at = 0; at < box.size(); ++at) {
        std::string changed = box;
        changed[at] ^= 1;
        const std::string before = changed;
        EXPECT_FALSE(open_box(changed, key())) << at;
        EXPECT_EQ(changed, before);
    }
    for (std::size_t size = 0; size < box.size(); ++size) {
        std::string cut = box.substr(0, size);
        EXPECT_FALSE(open_box(cut, key())) << size;
    }
    std::string longer = box + "x";
    EXPECT_FALSE(open_box(longer, key()));
}

TEST(SharedKey, IsTheSameForBoth) {
    EXPECT_EQ(key().bytes, shared_key(bob().private_key, alice().public_key).value().bytes);
    EXPECT_NE(key().bytes, shared_key(alice().private_key, alice().public_key).value().bytes);
}

TEST(SharedKey, IsRefusedToKeysThatAreNone) {
    for (const std::string& point : test::low_order_points()) {
        EXPECT_FALSE(shared_key(alice().private_key, point));
    }
    for (const std::string& point : test::non_canonical_points()) {
        EXPECT_FALSE(shared_key(alice().private_key, point));
    }
    const std::string right = ByteView(bob().public_key).str();
    EXPECT_FALSE(shared_key(alice().private_key, ""));
    EXPECT_FALSE(shared_key(alice().private_key, right.substr(1)));
    EXPECT_FALSE(shared_key(alice().private_key, right + "x"));
}

TEST(SharedKey, IsThereForKeysJustBelowTheLimit) {
    EXPECT_TRUE(shared_key(alice().private_key, test::curve_point('\xeb', '\xff', '\x7f')));
    EXPECT_TRUE(shared_key(alice().private_key, test::curve_point('\xff', '\xff', '\x7e')));
    EXPECT_TRUE(shared_key(alice().private_key, test::curve_point('\xff', '\xfe', '\x7f')));
}

TEST(SeedKeys, NeedASeedOfTheRightSize) {
    for (const std::size_t size : {0u, 31u, 33u, 64u}) {
        EXPECT_THROW(SeedKeys(std::string(size, 's')), std::invalid_argument);
    }
}

}  // namespace
}  // namespace netaio::crypto
