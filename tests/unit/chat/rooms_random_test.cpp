#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "rooms_testbed.hpp"

namespace netaio::chat {
namespace {

// People who come, go and talk at random, over carriers that bring things late and in any order.
class RoomsStory {
public:
    explicit RoomsStory(std::uint64_t seed) : draw_(seed) {
        const std::size_t count = 3 + pick(4);
        for (std::size_t i = 0; i < count; ++i) bed_.add();
        room_ = owner().rooms->make("room").value();
        add(owner(), stand_in());
        EXPECT_FALSE(owner().rooms->name_stand_in(room_, stand_in().key()));
        bed_.deliver();
    }

    void run() {
        for (step_ = 0; step_ < 120; ++step_) {
            switch (pick(12)) {
                case 0:
                case 1:
                case 2: say(*bed_.people[pick(bed_.people.size())]); break;
                case 3: write(); break;
                case 4: come_or_go(); break;
                case 5: bed_.people[pick(bed_.people.size())]->start(); break;
                case 6: pass(); break;
                default: carry_some(); break;
            }
        }
        end();
    }

private:
    using Texts = std::vector<std::string>;

    std::size_t pick(std::size_t count) { return static_cast<std::size_t>(draw_() % count); }
    RoomsPerson& owner() { return *bed_.people[0]; }
    RoomsPerson& stand_in() { return *bed_.people[1]; }
    // Who writes the log now.
    RoomsPerson& writer() { return away_.contains(owner().key()) ? stand_in() : owner(); }
    bool is_in(const RoomsPerson& who) {
        const auto members = writer().view().members;
        return std::find(members.begin(), members.end(), who.key()) != members.end();
    }

    void say(RoomsPerson& who) {
        const std::size_t on_way = bed_.way.size();
        const std::string text = std::to_string(texts_++);
        if (!who.rooms->say(room_, text)) return;
        auto& to = for_[text];
        to.insert(who.key());
        by_[text] = who.key();
        for (std::size_t i = on_way; i < bed_.way.size(); ++i) {
            if (bed_.way[i].content.kind == room_kind::message) to.insert(bed_.way[i].to);
        }
    }
    void add(RoomsPerson& by, RoomsPerson& who) {
        EXPECT_FALSE(by.rooms->invite(room_, who.key()));
    }
    void write() {
        if (away_.contains(writer().key())) return;
        RoomsPerson& who = *bed_.people[pick(bed_.people.size())];
        if (&who == &owner() || &who == &stand_in()) return;
        take_in(writer());
        if (!is_in(who)) {
            add(writer(), who);
        } else if (pick(2)) {
            removed_.insert(who.key());
            EXPECT_FALSE(writer().rooms->remove(room_, who.key()));
        } else {
            removed_.insert(who.key());
            const auto views = who.rooms->views();
            if (!views.empty() && views[0].is_member && !away_.contains(who.key())) {
                EXPECT_FALSE(who.rooms->leave(room_));
            }
        }
    }
    // Who writes next knows what was written before.
    void take_in(RoomsPerson& who) {
        bed_.deliver_if([&](const Carried& carried) { return carried.to == who.key(); });
    }
    void come_or_go() {
        RoomsPerson& who = *bed_.people[pick(bed_.people.size())];
        if (away_.erase(who.key()) == 0) {
            // One of both who may write is there, and knows what the other wrote.
            if (&who == &owner() && away_.contains(stand_in().key())) return;
            if (&who == &stand_in() && away_.contains(owner().key())) return;
            away_.insert(who.key());
        }
        take_in(writer());
    }
    void pass() {
        const bool is_day = days_ < 2 && pick(10) == 0;
        days_ += is_day;
        bed_.clock->advance(is_day ? std::chrono::hours(24) : std::chrono::hours(0));
        bed_.clock->advance(std::chrono::seconds(pick(120)));
        for (const auto& person : bed_.people) {
            if (away_.contains(person->key())) continue;
            if (person.get() == &stand_in() && &writer() != &stand_in()) continue;
            if (person.get() == &writer()) take_in(*person);
            person->rooms->tick();
        }
    }
    void carry_some() {
        for (std::size_t count = pick(8); count > 0 && !bed_.way.empty(); --count) {
            const std::size_t at = pick(bed_.way.size());
            const Carried carried = bed_.way[at];
            // Some ways are closed for a while.
            const bool is_closed =
                (step_ / 20 + carried.to.bytes().octets()[0] + carried.from.bytes().octets()[0]) %
                    4 ==
                0;
            if (is_closed || away_.contains(carried.to)) continue;
            bed_.way.erase(bed_.way.begin() + static_cast<std::ptrdiff_t>(at));
            bed_.hand_in(carried);
        }
    }

    void end() {
        away_.clear();
        settle();
        for (const auto& person : bed_.people) say(*person);
        settle();
        std::vector<RoomsPerson*> stayed;
        for (const auto& person : bed_.people) {
            if (is_in(*person)) stayed.push_back(person.get());
        }
        ASSERT_GE(stayed.size(), 2u);
        for (RoomsPerson* person : stayed) {
            EXPECT_EQ(person->view().members, owner().view().members);
            EXPECT_EQ(person->rooms->missing(room_), 0u);
            EXPECT_EQ(person->noticed(Notice::Kind::room_split), 0u);
            const Texts texts = person->texts(room_);
            for (const auto& [text, to] : for_) {
                const bool has = std::find(texts.begin(), texts.end(), text) != texts.end();
                EXPECT_TRUE(has || !to.contains(person->key()) || removed_.contains(*by_.at(text)))
                    << text;
                EXPECT_FALSE(has && !to.contains(person->key())) << text;
            }
            for (RoomsPerson* other : stayed) {
                EXPECT_EQ(for_both(texts, *person, *other),
                          for_both(other->texts(room_), *person, *other));
            }
        }
    }
    // Until nothing more comes of it.
    void settle() {
        for (int minute = 0; minute < 20; ++minute) {
            take_in(owner());
            bed_.deliver();
            bed_.clock->advance(std::chrono::seconds(60));
            owner().rooms->tick();
            bed_.deliver();
            for (const auto& person : bed_.people) person->rooms->tick();
            if (bed_.way.empty() && minute > 2) break;
        }
        bed_.deliver();
    }
    // What was for both. Of what people said who were removed, somebody may have missed what proves
    // that members had seen it, who was removed for a while as well.
    Texts for_both(const Texts& texts, const RoomsPerson& one, const RoomsPerson& other) const {
        const bool both_stayed = !removed_.contains(one.key()) && !removed_.contains(other.key());
        Texts both;
        for (const std::string& text : texts) {
            const auto& to = for_.at(text);
            if (to.contains(one.key()) && to.contains(other.key()) &&
                (both_stayed || !removed_.contains(*by_.at(text)))) {
                both.push_back(text);
            }
        }
        return both;
    }

    std::mt19937_64 draw_;
    RoomsTestbed bed_;
    RoomId room_{};
    std::set<PublicKey> away_;
    std::set<PublicKey> removed_;
    std::map<std::string, std::set<PublicKey>> for_;
    std::map<std::string, std::optional<PublicKey>> by_;
    std::size_t texts_ = 0;
    std::size_t step_ = 0;
    std::size_t days_ = 0;
};

#ifdef NDEBUG
constexpr std::uint64_t seeds_by_default = 200;
#else
constexpr std::uint64_t seeds_by_default = 20;
#endif

TEST(RoomsRandomTest, GiveAllWhoStayTheSameMessagesInTheSameOrder) {
    const char* const wanted = std::getenv("NETAIO_SIM_SEEDS");
    const std::uint64_t seeds = wanted ? std::strtoull(wanted, nullptr, 10) : seeds_by_default;
    const char* const only = std::getenv("NETAIO_SIM_SEED");
    const std::uint64_t first = only ? std::strtoull(only, nullptr, 10) : 1;
    for (std::uint64_t seed = first; seed <= (only ? first : seeds); ++seed) {
        SCOPED_TRACE("NETAIO_SIM_SEED=" + std::to_string(seed));
        RoomsStory(seed).run();
        if (testing::Test::HasFailure()) return;
    }
}

}  // namespace
}  // namespace netaio::chat
