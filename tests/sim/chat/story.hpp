#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "town.hpp"

namespace netaio::chat::sim {

/// People who talk, come and go by chance: to each other, and in a room that has an owner and a
/// stand-in.
class Story {
public:
    /// As Town's.
    Story(std::uint64_t seed, double by_relay);

    /// All of it: a time of trouble, then the network is whole, and what has to hold is checked.
    void run();

private:
    using Texts = std::vector<std::string>;

    SeededRandom& dice() { return town_.dice(); }
    std::size_t pick(std::size_t count) {
        return dice().between(0, static_cast<std::uint32_t>(count - 1));
    }
    Talker& anybody() { return *town_.talkers[pick(town_.talkers.size())]; }
    Talker& owner() { return *town_.talkers[0]; }
    Talker& stand_in() { return *town_.talkers[1]; }
    bool is_here(const Talker& who) const { return who.runs() && !town_.away.contains(who.key()); }
    /// Who writes the log of the room now.
    Talker& writer() { return is_here(owner()) ? owner() : stand_in(); }
    static RoomView view(Talker& who);
    static bool has(const RoomView& room, const PublicKey& member);

    void found_room();
    void do_something();
    void say_in_room(Talker& who);
    void say_to(Talker& who, Talker& to);
    void write_log();
    void come_or_go(Talker& who);
    void restart(Talker& who);
    void pass();
    void tick(Talker& who);
    void be_busy();
    void calm_down();
    void settle();

    void check_talks();
    void check_room();
    static Texts texts(Talker& who, const Place& where);
    Texts for_both(const Texts& texts, const Talker& one, const Talker& other) const;

    Town town_;
    RoomId room_{};
    std::size_t texts_said_ = 0;
    std::size_t days_ = 0;
    /// What was said to one, by whom and whom to. What was under way when a program was killed
    /// may come, and need not.
    std::map<std::string, std::pair<Talker*, Talker*>> talks_;
    std::set<std::string> unsure_;
    /// What was said in the room, by whom and to whom.
    std::map<std::string, std::set<PublicKey>> for_;
    std::map<std::string, Talker*> by_;
    /// Who was removed at some time, or asked for it.
    std::set<PublicKey> removed_;
};

}  // namespace netaio::chat::sim
