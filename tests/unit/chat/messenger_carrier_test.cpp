#include <gtest/gtest.h>

#include <random>
#include <set>

#include "messenger_testbed.hpp"

namespace netaio::chat {
namespace {

using messenger_test::People;
using messenger_test::Someone;

// Loses, doubles and reorders what people send each other, and opens their vaults anew at times.
class BadCarrier {
public:
    BadCarrier(People& people, std::uint32_t seed) : people_(people), draws_(seed) {}

    void round(bool says_more) {
        for (std::size_t number = 0; number < people_.size(); ++number) {
            if (says_more && one_in(2)) say(number);
            Someone& one = people_[number];
            if (one_in(20)) one.open();
            if (!says_more || one_in(2)) people_.bring_bundles(one);
            for (const Parcel& parcel : one.messenger().parcels()) {
                if (one_in(3)) continue;
                on_the_way_.push_back(parcel);
                if (one_in(4)) on_the_way_.push_back(parcel);
                if (one_in(4)) one.messenger().is_at_relay(parcel.number);
            }
        }
        std::ranges::shuffle(on_the_way_, draws_);
        // Some of it comes rounds later.
        for (std::size_t left = on_the_way_.size() * 3 / 4; left > 0; --left) {
            const Parcel parcel = on_the_way_.back();
            on_the_way_.pop_back();
            Someone& to = people_.of(parcel.to);
            const auto error = to.messenger().receive(parcel.envelope);
            if (error && error != Errc::replayed) ++refused;
        }
        people_.clock().advance(std::chrono::seconds(1));
    }

    // What was told until now counts no longer: nobody knows it any more.
    void lose_vault(std::size_t who) {
        for (const std::string& text : people_[who].texts()) told_before_.insert(text);
        people_[who].came.clear();
        people_[who].lose_vault();
    }
    void expect_all_told_since_or_before(std::size_t who) {
        std::set<std::string> told = told_before_;
        std::set<std::string> since;
        for (const std::string& text : people_[who].texts()) {
            EXPECT_TRUE(since.insert(text).second) << text;
        }
        told.merge(since);
        for (const std::string& text : said_[who]) EXPECT_TRUE(told.contains(text)) << text;
    }

    void expect_all_told_once(std::size_t who) {
        std::vector<std::string> told = people_[who].texts();
        std::ranges::sort(told);
        std::vector<std::string> said = said_[who];
        std::ranges::sort(said);
        EXPECT_EQ(told, said) << who;
    }

    std::size_t refused = 0;

private:
    bool one_in(std::uint32_t many) { return draws_() % many == 0; }
    void say(std::size_t from) {
        const std::size_t to = (from + 1 + draws_() % (people_.size() - 1)) % people_.size();
        const std::string text = std::to_string(from) + " says " + std::to_string(++texts_);
        people_[from].say(people_[to], text);
        said_[to].push_back(text);
    }

    People& people_;
    std::minstd_rand draws_;
    std::vector<Parcel> on_the_way_;
    std::map<std::size_t, std::vector<std::string>> said_;
    std::set<std::string> told_before_;
    std::size_t texts_ = 0;
};

void expect_all_comes(std::size_t people_count, std::uint32_t seed, int rounds) {
    People people(people_count);
    BadCarrier carrier(people, seed);
    for (int round = 0; round < rounds; ++round) carrier.round(true);
    for (int round = 0; round < 40; ++round) carrier.round(false);
    for (std::size_t who = 0; who < people_count; ++who) {
        carrier.expect_all_told_once(who);
        EXPECT_TRUE(people[who].all_are(Mark::delivered)) << who;
        EXPECT_EQ(people[who].noticed(Notice::Kind::refused), 0u) << who;
        EXPECT_EQ(people[who].noticed(Notice::Kind::prekey_again), 0u) << who;
    }
    EXPECT_EQ(carrier.refused, 0u);
}

void expect_all_comes_after_a_loss(std::uint32_t seed) {
    People people(2);
    BadCarrier carrier(people, seed);
    for (int round = 0; round < 40; ++round) carrier.round(true);
    carrier.lose_vault(1);
    for (int round = 0; round < 40; ++round) carrier.round(true);
    for (int round = 0; round < 40; ++round) carrier.round(false);
    carrier.expect_all_told_since_or_before(1);
    EXPECT_TRUE(people[0].all_are(Mark::delivered));
}

TEST(MessengerCarrierTest, tells_two_people_everything_once_whatever_is_lost_doubled_or_late) {
    expect_all_comes(2, 7, 120);
}

TEST(MessengerCarrierTest, tells_three_people_everything_once_whatever_is_lost_doubled_or_late) {
    expect_all_comes(3, 11, 80);
}

TEST(MessengerCarrierTest, goes_on_with_who_lost_their_vault_whatever_is_lost_doubled_or_late) {
    expect_all_comes_after_a_loss(5);
}

}  // namespace
}  // namespace netaio::chat
