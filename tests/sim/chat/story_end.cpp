#include <gtest/gtest.h>

#include <algorithm>

#include "story.hpp"

namespace netaio::chat::sim {
namespace {

constexpr std::size_t all_lines = 100'000;

}  // namespace

Story::Texts Story::texts(Talker& who, const Place& where) {
    Texts said;
    for (const Line& line : who.chat().lines(where, 0, all_lines)) {
        const auto* const other = std::get_if<PublicKey>(&where);
        if (!other || line.from == *other) said.push_back(line.text);
    }
    return said;
}

void Story::check_talks() {
    std::map<std::pair<Talker*, Talker*>, std::multiset<std::string>> come;
    for (const auto& from : town_.talkers) {
        for (const auto& to : town_.talkers) {
            if (from == to) continue;
            const Texts said = texts(*to, from->key());
            come[{from.get(), to.get()}] = {said.begin(), said.end()};
            for (const Line& line : from->chat().lines(to->key(), 0, all_lines)) {
                EXPECT_TRUE(line.from != from->key() || line.mark >= Mark::delivered) << line.text;
            }
        }
    }
    for (const auto& [text, way] : talks_) {
        auto& there = come[way];
        EXPECT_TRUE(there.contains(text) || unsure_.contains(text)) << "never came: " << text;
        if (const auto found = there.find(text); found != there.end()) there.erase(found);
    }
    for (const auto& [way, left] : come) {
        EXPECT_EQ(left, std::multiset<std::string>()) << "came twice, or was never said";
    }
}

void Story::check_room() {
    const std::vector<PublicKey> members = view(owner()).members;
    std::vector<Talker*> stayed;
    for (const auto& talker : town_.talkers) {
        if (has(view(owner()), talker->key())) stayed.push_back(talker.get());
    }
    ASSERT_GE(stayed.size(), 2u);
    for (Talker* const one : stayed) {
        const Texts said = texts(*one, room_);
        EXPECT_EQ(view(*one).members, members) << one->name();
        EXPECT_EQ(one->splits_told, 0u) << one->name();
        EXPECT_EQ(std::set<std::string>(said.begin(), said.end()).size(), said.size())
            << one->name() << " has something twice";
        for (const auto& [text, to] : for_) {
            const bool has_it = std::ranges::find(said, text) != said.end();
            EXPECT_TRUE(has_it || !to.contains(one->key()) ||
                        removed_.contains(by_.at(text)->key()))
                << one->name() << " lacks " << text;
            EXPECT_TRUE(!has_it || to.contains(one->key())) << one->name() << " has " << text;
        }
        for (const Line& line : one->chat().lines(room_, 0, all_lines)) {
            EXPECT_TRUE(line.from != one->key() || line.mark >= Mark::delivered ||
                        removed_.contains(one->key()))
                << one->name() << " does not know that all have " << line.text;
        }
        for (Talker* const other : stayed) {
            EXPECT_EQ(for_both(said, *one, *other), for_both(texts(*other, room_), *one, *other))
                << one->name() << " and " << other->name();
        }
    }
}

// What was for both. Of what people said who were removed, somebody may have missed what proves
// that members had seen it, who was removed for a while as well.
Story::Texts Story::for_both(const Texts& texts, const Talker& one, const Talker& other) const {
    const bool both_stayed = !removed_.contains(one.key()) && !removed_.contains(other.key());
    Texts both;
    for (const std::string& text : texts) {
        const auto found = for_.find(text);
        if (found != for_.end() && found->second.contains(one.key()) &&
            found->second.contains(other.key()) &&
            (both_stayed || !removed_.contains(by_.at(text)->key()))) {
            both.push_back(text);
        }
    }
    return both;
}

}  // namespace netaio::chat::sim
