#include "key_tree.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace netaio::daemon {
namespace {

constexpr std::uint32_t nothing = KeyTree::nothing;

TEST(KeyTree, FindsNothingWhereThereIsNothing) {
    const KeyTree tree;
    EXPECT_TRUE(tree.empty());
    EXPECT_EQ(tree.find(""), nothing);
    EXPECT_EQ(tree.find("a"), nothing);
    EXPECT_EQ(tree.get("a", false), nothing);
}

TEST(KeyTree, PrefersTheExactKeyThenTheLongestPrefix) {
    KeyTree tree;
    tree.at("", true) = 1;
    tree.at("room/", true) = 2;
    tree.at("room/kitchen/", true) = 3;
    tree.at("room/kitchen/light", false) = 4;
    EXPECT_EQ(tree.find("x"), 1u);
    EXPECT_EQ(tree.find("room"), 1u);
    EXPECT_EQ(tree.find("room/"), 2u);
    EXPECT_EQ(tree.find("room/kitchen"), 2u);
    EXPECT_EQ(tree.find("room/kitchen/ligh"), 3u);
    EXPECT_EQ(tree.find("room/kitchen/light"), 4u);
    EXPECT_EQ(tree.find("room/kitchen/lights"), 3u);
}

TEST(KeyTree, TellsAPrefixFromAnExactKeyOfTheSameBytes) {
    KeyTree tree;
    tree.at("a", false) = 1;
    EXPECT_EQ(tree.find("ab"), nothing);
    tree.at("a", true) = 2;
    EXPECT_EQ(tree.find("a"), 1u);
    EXPECT_EQ(tree.find("ab"), 2u);
    tree.erase("a", false);
    EXPECT_EQ(tree.find("a"), 2u);
    tree.erase("a", true);
    EXPECT_TRUE(tree.empty());
}

TEST(KeyTree, TakesAnyBytes) {
    KeyTree tree;
    const std::string zeros("\0\xff\0", 3);
    tree.at(zeros, false) = 1;
    tree.at(zeros.substr(0, 1), true) = 2;
    EXPECT_EQ(tree.find(zeros), 1u);
    EXPECT_EQ(tree.find(zeros + '\0'), 2u);
}

TEST(KeyTree, GoesAsDeepAsKeysDo) {
    KeyTree tree;
    const std::string longest(3'000, 'x');
    for (std::size_t size = 0; size < longest.size(); ++size) {
        tree.at(longest.substr(0, size), true) = static_cast<std::uint32_t>(size);
    }
    EXPECT_EQ(tree.find(longest), longest.size() - 1);
    for (std::size_t size = 0; size < longest.size(); ++size) {
        tree.erase(longest.substr(0, size), true);
    }
    EXPECT_TRUE(tree.empty());
}

// Beside the plainest way to say the same, through thousands of changes.
class KeyTreeAgrees : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(WithFewAndManyBranches, KeyTreeAgrees,
                         testing::Values("ab/", "abcdefghijklmnopqrst/"));

TEST_P(KeyTreeAgrees, WithAListOfKeys) {
    const std::string letters = GetParam();
    const auto letter_count = static_cast<unsigned>(letters.size());
    std::mt19937 random(18);
    const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    const auto some_key = [&] {
        std::string key;
        for (unsigned size = below(6); size > 0; --size) key += letters[below(letter_count)];
        return key;
    };
    KeyTree tree;
    std::map<std::pair<std::string, bool>, std::uint32_t> list;
    const auto found_in_list = [&](const std::string& uri) {
        if (const auto exact = list.find({uri, false}); exact != list.end()) return exact->second;
        for (std::size_t size = uri.size() + 1; size-- > 0;) {
            const auto prefix = list.find({uri.substr(0, size), true});
            if (prefix != list.end()) return prefix->second;
        }
        return nothing;
    };
    for (std::uint32_t step = 0; step < 20'000; ++step) {
        const std::string key = some_key();
        const bool is_prefix = below(2) == 0;
        if (below(2) == 0) {
            tree.at(key, is_prefix) = list[{key, is_prefix}] = step;
        } else {
            tree.erase(key, is_prefix);
            list.erase({key, is_prefix});
        }
        const std::string uri = some_key();
        ASSERT_EQ(tree.find(uri), found_in_list(uri)) << uri << " at step " << step;
    }
    for (const auto& [key, value] : list) {
        EXPECT_EQ(tree.get(key.first, key.second), value);
        tree.erase(key.first, key.second);
    }
    EXPECT_TRUE(tree.empty());
}

}  // namespace
}  // namespace netaio::daemon
