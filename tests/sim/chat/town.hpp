#pragma once

#include <functional>
#include <map>
#include <memory>
#include <netaio/chat/chat.hpp>
#include <netaio/chat/mailbox.hpp>
#include <set>
#include <string>
#include <vector>

#include "../world.hpp"
#include "cast.hpp"

/// People with a chat each, a network between them, and a relay.
namespace netaio::chat::sim {

using netaio::sim::Duration;
using netaio::sim::SeededRandom;
using netaio::sim::TimePoint;
using netaio::sim::World;

/// A program that ends within a call, wherever it told of something.
struct Killed {};

/// Somebody and their program, which may be ended and begun again.
class Talker {
public:
    Talker(World& world, const test::TemporaryFolder& folder, std::size_t number);

    const PublicKey& key() const noexcept { return identity_.public_key(); }
    const std::string& name() const noexcept { return name_; }
    bool runs() const noexcept { return chat_ != nullptr; }
    Chat& chat() { return *chat_; }
    void begin();
    void end();
    /// Calls the chat. False when it does not run, or was killed within.
    bool with(const std::function<void(Chat&)>& work);

    /// How likely it is that the program is killed when it tells of something.
    double killed = 0;
    /// Told of one's own lines that have come to where they were to come.
    std::function<void(const Place&, const Line&)> on_delivered = {};
    std::size_t splits_told = 0;
    /// Parcels that are on their way, and when they left.
    std::map<std::uint64_t, TimePoint> carried;

private:
    TalkEvents events();
    void tell();

    World& world_;
    const Identity& identity_;
    const std::string name_;
    const std::string file_;
    std::unique_ptr<Chat> chat_;
};

/// How the network is.
struct Weather {
    double loss = 0;
    double copies = 0;
    Duration delay{10};
    /// How likely a way between two is closed for a while.
    double closed = 0;
};

class Town {
public:
    /// `by_relay` is how much of what is carried goes by the relay.
    Town(std::uint64_t seed, double by_relay);

    Talker& at(const PublicKey& key);
    SeededRandom& dice() { return world.dice(); }

    /// Lets somebody carry what they have, directly or by the relay. False when there is nothing.
    bool carry(Talker& from);
    void fetch(Talker& who);
    void leave_prekeys(Talker& who);
    /// Has what one has for the other come there, and what comes of it, without the network.
    void catch_up(Talker& one, Talker& other);
    /// Ends the relay, and begins it again.
    void restart_relay();

    World world;
    Weather weather;
    /// Who reaches nobody.
    std::set<PublicKey> away;
    std::vector<std::unique_ptr<Talker>> talkers;

private:
    using Arrived = std::function<void()>;

    void ask_bundle(Talker& from, Talker& whom);
    void bring(Talker& from, const Parcel& parcel);
    void leave_at_relay(Talker& from, const Parcel& parcel);
    void hand_over(Talker& from, Talker& to);
    /// Over the network, where it may be lost, or come twice and late. None is the relay.
    void post(const Talker* from, const Talker* to, const Arrived& arrived);
    bool is_open(const Talker* from, const Talker* to) const;

    test::TemporaryFolder folder_{test::fastest_folder()};
    std::unique_ptr<Mailboxes> relay_;
    const double by_relay_;
    const std::uint64_t ways_;
};

}  // namespace netaio::chat::sim
