#include <gtest/gtest.h>

#include "../seeds.hpp"
#include "story.hpp"

/// What befalls people who talk, by chance: a network that loses, copies, delays and reorders, ways
/// that are closed, programs that end anywhere and begin again from their files, people who are
/// away while a relay keeps what is for them, an owner for whom another stands in, members who come
/// and go. And what holds all the same, once all are there again:
/// - all who stayed have the same history of their room, in the same order;
/// - all that was said to somebody came to them, once;
/// - what its sender was told is there, is there.
namespace netaio::chat::sim {
namespace {

TEST(ChatWithRelaySim, EndsWithTheSameHistoryForAllWhoStayed) {
    netaio::sim::for_each_seed(1000, [](std::uint64_t seed) { Story(seed, 0.4).run(); });
}

TEST(ChatWithoutRelaySim, EndsWithTheSameHistoryForAllWhoStayed) {
    netaio::sim::for_each_seed(1000, [](std::uint64_t seed) { Story(seed + 1000, 0).run(); });
}

}  // namespace
}  // namespace netaio::chat::sim
