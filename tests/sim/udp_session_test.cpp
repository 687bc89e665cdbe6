#include <gtest/gtest.h>

#include <algorithm>
#include <netaio/hmac_auth.hpp>

#include "attacker.hpp"
#include "seeds.hpp"
#include "session_node.hpp"

/// What may happen to nodes with sessions over UDP and to their datagrams, by chance, and what
/// holds all the same:
/// - a request ends exactly once and in its time, and its answer is the right one;
/// - nothing is heard twice in a session, or other than it was sent, or from somebody else;
/// - nobody without a session is heard where one is required, or for whom there is one;
/// - nobody is notified who did not subscribe;
/// - what is held and kept is bounded, and time goes on;
/// - within seconds after the last trouble requests are answered, in sessions, and subscriptions
///   follow who moves;
/// - at rest nobody says anything, and when a node has gone, nothing of it is left.
namespace netaio::sim {
namespace {

using namespace std::chrono_literals;
using SayingKind = Sayings::Kind;

constexpr std::array<std::size_t, 5> carried_sizes{1200, 1400, 1472, 8972, 65507};

class UdpStorm {
public:
    explicit UdpStorm(std::uint64_t seed)
        : world_(seed),
          dice_(world_.dice()),
          network_(world_),
          attacker_(network_,
                    {.moves_others = seed / 8 % 2 == 0, .refuses = cast_of(seed) != Cast::old}),
          seed_(seed) {
        const auto count = static_cast<char>(pinned() ? 2 : dice_.between(2u, 3u));
        for (char i = 0; i < count; ++i) {
            nodes_.push_back(
                std::make_unique<SessionNode>(network_, sayings_, ledger_, some_options(i)));
            network_.put(*nodes_.back(), new_host());
        }
        some_weather();
    }

    void rage(int steps) {
        for (int i = 0; i < steps; ++i) {
            do_something();
            world_.run_for(dice_.chance(0.4) ? Duration(0)
                                             : dice_.between(Duration(0), Duration(600)));
        }
    }

    // Nothing arrives any more, while some go on to ask, or only listen.
    void outage() {
        network_.weather.loss = 1;
        for (auto i = dice_.between(1u, 15u); i > 0; --i) {
            SessionNode& node = some_node();
            if (dice_.chance(0.5)) {
                ask(node, another(node), 0);
            }
            world_.run_for(dice_.between(Duration(1s), Duration(10s)));
        }
    }

    // Within seconds after the last trouble all speak to all.
    void expect_recovery() {
        network_.weather = {};
        network_.hears = false;
        std::set<std::pair<std::size_t, std::size_t>> left;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            for (std::size_t k = 0; k < nodes_.size(); ++k) {
                if (i != k && get_on(*nodes_[i], *nodes_[k]) && !may_be_mistaken(i, k)) {
                    left.emplace(i, k);
                }
            }
        }
        for (int i = 0; i < 20 && !left.empty(); ++i) {
            for (const auto& [from, to] : left) {
                const bool sealed = must_be_sealed(*nodes_[from], *nodes_[to]);
                nodes_[from]->ask(
                    nodes_[to]->at(), SayingKind::request, 20, 5s,
                    [&left, sealed, which = std::pair(from, to)](bool answered, bool in_session) {
                        if (answered && (in_session || !sealed)) {
                            left.erase(which);
                        }
                    });
            }
            world_.run_for(500ms);
        }
        ledger_.expect(left.empty(), "requests are answered soon after the last trouble");
        world_.run_for(5s);
    }

    // Where the path carries less than it did, that is found out when the session is renewed.
    void expect_much() {
        SessionNode& from = *nodes_[0];
        SessionNode& to = *nodes_[1];
        if (!must_be_sealed(from, to)) {
            return;
        }
        bool heard = false;
        for (int i = 0; i < 15 && !heard; ++i) {
            const auto before = to.heard_sealed;
            from.say_often(to.at(), 40, 100);
            world_.run_for(10s);
            heard = to.heard_sealed == before + 40;
        }
        ledger_.expect(heard, "who says much at once is heard");
    }

    // Whoever is subscribed stays so where it or the other moves.
    void expect_news() {
        SessionNode& source = *nodes_[0];
        SessionNode& reader = *nodes_[1];
        if (!source.has_sessions() || !must_be_sealed(source, reader)) {
            return;
        }
        for (const auto& node : nodes_) {
            node->end_renewals();
        }
        source.start();
        reader.start();
        reader.subscribe(source.at());
        world_.run_for(4s);
        ledger_.expect(reader.confirmed > 0, "who subscribes when all is well is subscribed");
        hear_news("who is subscribed is notified");
        network_.put(reader, new_host());
        reader.say(source.at(), 10);
        world_.run_for(100ms);
        hear_news("who moves stays subscribed");
        network_.put(source, new_host());
        source.say(reader.at(), 10);
        world_.run_for(100ms);
        hear_news("who is subscribed to stays so where it moves");
        source.start();
        world_.run_for(40s);
        hear_news("who is subscribed to who starts anew is so again");
        ledger_.expect(source.subscriber_count() == 1, "nobody is subscribed twice");
    }

    // Then there is silence, and nothing is left.
    void end() {
        for (const auto& node : nodes_) {
            node->end_renewals();
        }
        world_.run_for(240s);
        const auto sent = network_.sent;
        std::uint64_t ticks = 0;
        for (const auto& node : nodes_) {
            ticks += node->ticks();
        }
        world_.run_for(1h);
        for (const auto& node : nodes_) {
            ticks -= node->ticks();
            node->check_rest();
        }
        ledger_.expect(network_.sent == sent, "nobody says anything at rest");
        ledger_.expect(ticks == 0, "nobody does anything at rest");
        for (const auto& node : nodes_) {
            node->stop();
        }
    }

    struct Happened {
        std::uint64_t sessions = 0;
        std::uint64_t replayed = 0;
        std::uint64_t refused = 0;
        std::uint64_t heard_sealed = 0;
        std::uint64_t heard_clear = 0;
    };
    void add_to(Happened& happened) {
        for (const auto& node : nodes_) {
            const auto& tallies = node->tallies();
            happened.sessions += tallies.sessions.get();
            happened.replayed += tallies.rejected_replayed.get();
            happened.refused += tallies.rejected_auth.get();
            happened.heard_sealed += node->heard_sealed;
            happened.heard_clear += node->heard_clear;
        }
    }

    /// A node says in a session what it never should have.
    void say_what_was_never_said() {
        network_.weather = {};
        nodes_[0]->say_unnoted(nodes_[1]->at());
        world_.run_for(5s);
    }

    const std::set<std::string>& broken() const noexcept { return ledger_.broken(); }

private:
    enum class Cast {
        offering,
        secretly_offering,
        requiring,
        mixed,
        with_off,
        pinned,
        listed,
        old
    };

    static Cast cast_of(std::uint64_t seed) noexcept { return static_cast<Cast>(seed % 8); }
    Cast cast() const noexcept { return cast_of(seed_); }
    bool pinned() const noexcept { return cast() == Cast::pinned; }
    SessionNode::Options some_options(char number) {
        using enum SessionPolicy;
        static const Plugins secret{hmac_auth({.secret = "secret", .hmac_field = "hmac"}), {}};
        const std::string seed(32, static_cast<char>('a' + number));
        SessionNode::Options options;
        options.bounds.renew_subscriptions = 20s;
        options.bounds.links.handshakes_per_second = dice_.chance(0.1) ? 4 : 256;
        const auto keys = [&](char from, char to) {
            std::vector<SessionKey> all;
            for (char c = from; c < to; ++c) {
                all.push_back(key_of(c));
            }
            return all;
        };
        if (dice_.chance(0.5)) {
            options.seed = seed;
        }
        switch (cast()) {
            case Cast::offering: break;
            case Cast::secretly_offering: options.outer = secret; break;
            case Cast::requiring:
                options.policy = require;
                options.outer = secret;
                break;
            case Cast::mixed:
                options.policy = std::array{offer, require, off}[static_cast<std::size_t>(number)];
                options.outer = secret;
                break;
            case Cast::with_off: options.policy = number == 1 ? off : offer; break;
            case Cast::pinned:
                options.seed = seed;
                options.peer_keys =
                    keys(static_cast<char>(1 - number), static_cast<char>(2 - number));
                options.policy = dice_.chance(0.5) ? require : offer;
                break;
            case Cast::listed:
                options.seed = seed;
                options.peer_keys = keys(0, 3);
                options.policy = require;
                break;
            case Cast::old:
                if (number == 0) {
                    options.outer = {};
                }
                options.policy = number == 0 ? require : offer;
                options.seed = seed;
                if (number == 0) {
                    options.peer_keys = keys(0, 3);
                }
        }
        return options;
    }

    // Keys take a while to compute.
    static const SessionKey& key_of(char number) {
        static const std::array<SessionKey, 3> keys{session_key(Secret(std::string(32, 'a'))),
                                                    session_key(Secret(std::string(32, 'b'))),
                                                    session_key(Secret(std::string(32, 'c')))};
        return keys[static_cast<std::size_t>(number)];
    }

    static bool required(const SessionNode& node) {
        return node.options().policy == SessionPolicy::require;
    }
    static bool get_on(const SessionNode& one, const SessionNode& other) {
        return (one.has_sessions() || !required(other)) && (other.has_sessions() || !required(one));
    }
    static bool must_be_sealed(const SessionNode& one, const SessionNode& other) {
        return one.has_sessions() && other.has_sessions() &&
               (required(one) || required(other) || !one.options().peer_keys.empty());
    }

    // Whether somebody with sessions may seem to be where somebody has none, as long as a session
    // is good: who listens can bring what was sealed from there first.
    bool may_be_mistaken(std::size_t one, std::size_t other) const {
        return attacker_.options().moves_others &&
               nodes_[one]->has_sessions() != nodes_[other]->has_sessions();
    }

    Address address(int host, std::uint16_t port) const {
        return Address(std::array<std::uint8_t, 4>{10, 0, 1, static_cast<std::uint8_t>(host)},
                       port);
    }
    Address new_host() { return address(++hosts_, 8888); }
    Address new_port(const Address& of) {
        return Address(std::array<std::uint8_t, 4>{10, 0, 1, static_cast<std::uint8_t>(hosts_)},
                       static_cast<std::uint16_t>(of.port() + 1 + dice_.between(0u, 1000u)));
    }

    SessionNode& some_node() {
        return *nodes_[dice_.between(0u, static_cast<std::uint32_t>(nodes_.size() - 1))];
    }
    SessionNode& another(const SessionNode& than) {
        SessionNode& node = some_node();
        return &node == &than ? another(than) : node;
    }

    void some_weather() {
        Weather& weather = network_.weather;
        weather = {};
        if (dice_.chance(0.3)) {
            return;
        }
        weather.loss = 0.01 * dice_.between(0u, 40u);
        weather.duplicate = 0.01 * dice_.between(0u, 30u);
        weather.straggle = dice_.chance(0.3) ? 0.1 : 0;
        weather.delay_max = dice_.between(Duration(1), Duration(dice_.chance(0.2) ? 500 : 50));
        weather.carried = carried_sizes[dice_.between(0u, 4u)];
        weather.interface = std::max(weather.carried, carried_sizes[dice_.between(0u, 4u)]);
    }

    std::size_t some_size() {
        return dice_.between(10u, dice_.chance(0.1) ? 3000u : dice_.chance(0.3) ? 900u : 50u);
    }

    void do_something() {
        SessionNode& node = some_node();
        SessionNode& other = another(node);
        switch (dice_.between(0u, 31u)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
            case 5:
            case 6:
                for (auto i = dice_.between(1u, 4u); i > 0; --i) {
                    ask(node, other, dice_.between(0u, 2u));
                }
                break;
            case 7:
            case 8:
            case 9:
                for (auto i = dice_.between(1u, 10u); i > 0; --i) {
                    node.say(other.at(), some_size());
                }
                break;
            case 10:
            case 11: node.subscribe(other.at()); break;
            case 12:
            case 13:
            case 14: node.notify(some_size()); break;
            case 15: node.say_to_group(); break;
            case 16: node.cancel_one(); break;
            case 17: some_weather(); break;
            case 18: move(node, other); break;
            case 19: restart(node, other); break;
            case 20: step_clock(node); break;
            case 21:
                if (cast() == Cast::old || dice_.chance(0.05)) {
                    world_.run_for(dice_.between(Duration(5s), Duration(200s)));
                }
                break;
            case 22:
                if (dice_.chance(0.01)) {
                    flood(node, other);
                }
                break;
            default: attack(node, other); break;
        }
    }

    // And asks again when it is told, as programs do.
    void ask(SessionNode& node, SessionNode& other, unsigned again) {
        const auto told = [this, &node, &other, again, life = node.life()](bool answered, bool) {
            if (!answered && again > 0 && life == node.life() && !node.ends()) {
                ask(node, other, again - 1);
            }
        };
        node.ask(other.at(), dice_.chance(0.7) ? SayingKind::request : SayingKind::slow_request,
                 some_size(), dice_.between(Duration(100), Duration(8000)), told);
    }

    void move(SessionNode& node, SessionNode& other) {
        const Address before = node.at();
        switch (dice_.between(0u, 3u)) {
            case 0: network_.put(node, new_port(before)); break;
            case 1: network_.put(node, new_host()); break;
            case 2:
                if (node.has_sessions() == other.has_sessions()) {
                    network_.swap(node, other);
                }
                break;
            default:
                network_.put(node, new_host());
                if (node.has_sessions() == other.has_sessions()) {
                    network_.put(other, before);
                }
        }
    }

    void restart(SessionNode& node, SessionNode& other) {
        node.start();
        if (dice_.chance(0.3)) {
            other.start();
        }
    }

    void step_clock(SessionNode& node) {
        node.clock().set(std::chrono::seconds(dice_.between(0u, 200'000u)) - 100'000s);
    }

    // More than may come out of order, while one datagram is late.
    void flood(SessionNode& node, SessionNode& other) {
        const Weather before = std::exchange(network_.weather, {});
        for (int i = 0; i < 2200; ++i) {
            network_.weather.delay_max = Duration(i % 700 == 0 ? 3 : 1);
            node.say(other.at(), 10);
            if (i % 1000 == 0) {
                world_.run_for(1ms);
            }
        }
        network_.weather = before;
    }

    void attack(SessionNode& node, SessionNode& other) {
        if (attacker_.attack(node, other)) {
            for (const auto& each : nodes_) {
                each->confuse();
            }
        }
    }

    void hear_news(const std::string& what) {
        const auto before = nodes_[1]->heard_news;
        for (int i = 0; i < 3; ++i) {
            nodes_[0]->notify(20);
        }
        world_.run_for(100ms);
        ledger_.expect(nodes_[1]->heard_news == before + 3, what);
    }

    World world_;
    SeededRandom& dice_;
    Sayings sayings_;
    Ledger ledger_;
    OpenNetwork network_;
    Attacker attacker_;
    const std::uint64_t seed_;
    int hosts_ = 0;
    std::vector<std::unique_ptr<SessionNode>> nodes_;
};

TEST(UdpSessionStorm, LeavesWhatIsPromised) {
    for_each_seed(10'000, [](std::uint64_t seed) {
        UdpStorm storm(seed);
        storm.rage(40);
        if (seed % 5 == 0) {
            storm.outage();
        }
        storm.expect_recovery();
        storm.expect_much();
        storm.expect_news();
        storm.end();
        EXPECT_EQ(storm.broken(), std::set<std::string>());
    });
}

// Were nothing of this to happen, the rest would prove little.
TEST(UdpSessionStorm, HasAllOfItHappen) {
    UdpStorm::Happened happened;
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        UdpStorm storm(seed);
        storm.rage(40);
        storm.expect_recovery();
        storm.add_to(happened);
    }
    EXPECT_GT(happened.sessions, 200u);
    EXPECT_GT(happened.replayed, 20u);
    EXPECT_GT(happened.refused, 20u);
    EXPECT_GT(happened.heard_sealed, 1000u);
    EXPECT_GT(happened.heard_clear, 100u);
}

// A canary: were this not caught, neither would be a session that lets somebody else speak.
TEST(UdpSessionStorm, CatchesWhoSpeaksInTheNameOfOthers) {
    UdpStorm storm(8);
    storm.say_what_was_never_said();
    EXPECT_FALSE(storm.broken().empty());
}

}  // namespace
}  // namespace netaio::sim
