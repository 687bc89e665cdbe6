#include "story.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace netaio::chat::sim {

using namespace std::chrono_literals;

namespace {

constexpr int steps = 25;

}  // namespace

Story::Story(std::uint64_t seed, double by_relay) : town_(seed, by_relay) {
    found_room();
    town_.weather = {.loss = 0.1 * static_cast<double>(pick(5)),
                     .copies = 0.05 * static_cast<double>(pick(4)),
                     .delay = dice().between(10ms, 8s),
                     .closed = 0.1 * static_cast<double>(pick(4))};
    const double killed = 0.01 * static_cast<double>(pick(4));
    for (const auto& talker : town_.talkers) {
        talker->killed = killed;
        talker->on_delivered = [this, who = talker.get()](const Place& where, const Line& line) {
            const auto* const to = std::get_if<PublicKey>(&where);
            if (!to || !town_.at(*to).runs()) return;
            const Texts there = texts(town_.at(*to), who->key());
            EXPECT_EQ(std::ranges::count(there, line.text), 1) << "said to be there: " << line.text;
        };
    }
}

void Story::run() {
    for (int step = 0; step < steps; ++step) do_something();
    calm_down();
    check_talks();
    check_room();
}

RoomView Story::view(Talker& who) {
    const auto rooms = who.chat().rooms();
    return rooms.empty() ? RoomView{{}, {}, who.key(), {}, false, 0} : rooms.front();
}

bool Story::has(const RoomView& room, const PublicKey& member) {
    return std::ranges::find(room.members, member) != room.members.end();
}

void Story::found_room() {
    room_ = owner().chat().make_room("room").value();
    const std::size_t count = 3 + pick(cast_size - 2);
    for (std::size_t number = 1; number < count; ++number) {
        EXPECT_FALSE(owner().chat().invite(room_, town_.talkers[number]->key()));
    }
    EXPECT_FALSE(owner().chat().name_stand_in(room_, stand_in().key()));
    town_.catch_up(stand_in(), owner());
}

void Story::do_something() {
    switch (pick(14)) {
        case 0:
        case 1:
        case 2: say_in_room(anybody()); break;
        case 3: say_to(anybody(), anybody()); break;
        case 4: write_log(); break;
        case 5: come_or_go(anybody()); break;
        case 6: restart(anybody()); break;
        case 7: pass(); break;
        default: be_busy(); break;
    }
}

void Story::say_in_room(Talker& who) {
    if (!who.runs()) return;
    const std::string text = std::to_string(texts_said_++);
    std::set<PublicKey> to;
    for (const PublicKey& member : view(who).members) to.insert(member);
    bool is_said = false;
    const bool ended = who.with([&](Chat& chat) { is_said = chat.say(room_, text).has_value(); });
    if (!ended || !is_said) return;
    for_[text] = std::move(to);
    by_[text] = &who;
}

void Story::say_to(Talker& who, Talker& to) {
    if (!who.runs() || &who == &to) return;
    const std::string text = std::to_string(texts_said_++);
    bool is_said = false;
    const bool ended =
        who.with([&](Chat& chat) { is_said = chat.say(to.key(), text).has_value(); });
    if (ended && !is_said) return;
    talks_[text] = {&who, &to};
    if (!ended) unsure_.insert(text);
}

void Story::write_log() {
    Talker& by = writer();
    Talker& who = anybody();
    if (!is_here(by) || &who == &owner() || &who == &stand_in()) return;
    if (!has(view(by), who.key())) {
        by.with([&](Chat& chat) { EXPECT_FALSE(chat.invite(room_, who.key())); });
        return;
    }
    removed_.insert(who.key());
    if (pick(2) == 0) {
        by.with([&](Chat& chat) { EXPECT_FALSE(chat.remove(room_, who.key())); });
    } else if (who.runs() && view(who).is_member) {
        who.with([&](Chat& chat) { EXPECT_FALSE(chat.leave(room_)); });
    }
}

// Of owner and stand-in one is always here, and knows what the other wrote before it writes.
void Story::come_or_go(Talker& who) {
    const bool writes = &who == &owner() || &who == &stand_in();
    Talker& other = &who == &owner() ? stand_in() : owner();
    if (is_here(who)) {
        if (writes && !is_here(other)) return;
        if (writes) town_.catch_up(other, who);
        if (pick(2) == 0) who.end();
        town_.away.insert(who.key());
        return;
    }
    town_.away.erase(who.key());
    if (!who.runs()) who.begin();
    if (writes) town_.catch_up(who, other);
    town_.fetch(who);
}

void Story::restart(Talker& who) {
    if (pick(5) == 0) town_.restart_relay();
    if (who.runs()) who.begin();
}

void Story::pass() {
    const bool is_day = days_ < 2 && pick(8) == 0;
    days_ += is_day;
    town_.world.run_for(is_day ? Duration(24h) : dice().between(0ms, 120s));
    for (const auto& talker : town_.talkers) {
        if (!is_here(*talker)) continue;
        if (talker.get() == &stand_in() && &writer() == &owner()) town_.catch_up(*talker, owner());
        tick(*talker);
    }
}

void Story::tick(Talker& who) {
    bool is_new = false;
    who.with([&](Chat& chat) { is_new = chat.tick(); });
    if (is_new) town_.leave_prekeys(who);
}

void Story::be_busy() {
    for (const auto& talker : town_.talkers) {
        if (!is_here(*talker)) continue;
        if (pick(2) == 0) town_.carry(*talker);
        if (pick(4) == 0) town_.fetch(*talker);
    }
    town_.world.run_for(dice().between(0ms, 10s));
}

void Story::calm_down() {
    for (const auto& talker : town_.talkers) {
        talker->killed = 0;
        if (!is_here(*talker)) come_or_go(*talker);
    }
    town_.weather = {};
    town_.catch_up(owner(), stand_in());
    settle();
    // What somebody said who was removed, others take when a member says that they had seen it.
    for (const auto& talker : town_.talkers) say_in_room(*talker);
    settle();
}

// Until nothing more comes of it.
void Story::settle() {
    for (int minute = 0; minute < 60; ++minute) {
        bool is_quiet = true;
        for (const auto& talker : town_.talkers) {
            town_.fetch(*talker);
            is_quiet = !town_.carry(*talker) && is_quiet;
        }
        if (is_quiet && minute > 0) return;
        town_.world.run_for(61s);
        for (const auto& talker : town_.talkers) {
            // Not before what the owner writes in their first one came.
            if (minute > 0 || talker.get() != &stand_in()) tick(*talker);
        }
    }
    ADD_FAILURE() << "there is no end to what is carried";
}

}  // namespace netaio::chat::sim
