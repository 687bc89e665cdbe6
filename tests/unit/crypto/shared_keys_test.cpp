#include "crypto/shared_keys.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/keys.hpp"

namespace netaio::crypto {
namespace {

const SecretKey& own() {
    static const SeedKeys keys(std::string(32, 'o'));
    return keys.private_key;
}

std::string peer(char name) {
    return ByteView(SeedKeys(std::string(32, name)).public_key).str();
}

bool right(const std::optional<SecretKey>& key, ByteView of) {
    return key && key->bytes == shared_key(own(), of).value().bytes;
}

TEST(SharedKeys, AreRightAtFirstAndLater) {
    SharedKeys keys(own(), 10);
    for (int round = 0; round < 2; ++round) {
        for (const char name : {'a', 'b', 'c'}) {
            EXPECT_TRUE(right(keys.with(peer(name)), peer(name)));
        }
        EXPECT_EQ(keys.size(), 3U);
    }
}

TEST(SharedKeys, AreKeptForThoseUsedLast) {
    SharedKeys keys(own(), 2);
    for (const char name : {'a', 'b', 'a', 'c', 'a', 'b', 'd', 'a'}) {
        EXPECT_TRUE(right(keys.with(peer(name)), peer(name)));
        EXPECT_LE(keys.size(), 2U);
    }
}

TEST(SharedKeys, CanAllBeForgotten) {
    SharedKeys keys(own(), 0);
    EXPECT_TRUE(right(keys.with(peer('a')), peer('a')));
    EXPECT_EQ(keys.size(), 0U);
}

TEST(SharedKeys, AreNotKeptForWhatIsNoKey) {
    SharedKeys keys(own(), 10);
    for (const std::string& point : test::low_order_points()) {
        EXPECT_FALSE(keys.with(point));
    }
    for (const std::string& point : test::non_canonical_points()) {
        EXPECT_FALSE(keys.with(point));
    }
    EXPECT_FALSE(keys.with(""));
    EXPECT_FALSE(keys.with(std::string(33, 'x')));
    EXPECT_EQ(keys.size(), 0U);
}

TEST(SharedKeys, ServeSeveralThreadsAtOnce) {
    SharedKeys keys(own(), 3);
    std::vector<std::string> peers;
    for (const char name : {'a', 'b', 'c', 'd', 'e'}) {
        peers.push_back(peer(name));
    }
    std::atomic<int> found = 0;
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 4; ++i) {
        threads.emplace_back([&, i] {
            for (std::size_t round = 0; round < 100; ++round) {
                const std::string& of = peers[(i + round) % peers.size()];
                found += right(keys.with(of), of) ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(found, 400);
    EXPECT_EQ(keys.size(), 3U);
}

}  // namespace
}  // namespace netaio::crypto
