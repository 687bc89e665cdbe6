#pragma once

#include <deque>
#include <initializer_list>
#include <set>

#include "host.hpp"
#include "seeds.hpp"

namespace netaio::sim {

using namespace std::chrono_literals;

/// Whether the nodes of a scenario authenticate their messages, and those of peer management, and
/// take each only once, by clocks of their own.
enum class Trust { none, management, all, fresh };

/// The clock of one node: wrong by some time, which it may be set to, and too fast.
class OwnClock final : public Clock {
public:
    explicit OwnClock(std::shared_ptr<const Clock> right) : right_(std::move(right)) {}

    std::chrono::system_clock::time_point now() const override;
    TimePoint steady_now() const override { return right_->steady_now(); }
    /// From now on it is wrong by so much, and more by `drift` of the time that passes.
    void set(std::chrono::seconds wrong_by, double drift = 0);

private:
    std::shared_ptr<const Clock> right_;
    std::chrono::seconds wrong_by_{0};
    double drift_ = 0;
    TimePoint set_at_ = {};
};

/// A world with its networks, hosts and nodes, to be set up and run.
class Scenario {
public:
    explicit Scenario(std::uint64_t seed, Trust trust = Trust::none);

    Network& network(Quality quality = {});
    Host& host(std::initializer_list<Network*> on);
    /// A node of a host that manages peers as soon as time passes.
    SimNode& node(Host& host) { return node_later(host, 0ms); }
    /// A node on a host of its own.
    SimNode& node(std::initializer_list<Network*> on) { return node(host(on)); }
    /// One that begins to manage peers so much later.
    SimNode& node_later(Host& host, Duration when);

    void run_for(Duration time) { world.run_for(time); }
    /// Makes all networks whole, and waits for as long as it takes to forget who is gone.
    void calm_down();

    std::vector<SimNode*> members() const;
    /// The ids of those a node should know: all others it shares a network with.
    std::set<std::string> should_know(const SimNode& node) const;
    void expect_all_know_all();
    /// With Trust::fresh.
    static OwnClock& clock_of(const SimNode& node) {
        return static_cast<OwnClock&>(*node.options().clock);
    }
    std::uint64_t sent() const;
    /// Checks what holds after every run.
    void check();

    World world;
    std::deque<Network> networks;
    std::deque<Host> hosts;
    std::size_t exchange_max = 0;  ///< of the nodes that are started from then on

private:
    NodeOptions options();

    Trust trust_;
    int next_id_ = 1;
};

}  // namespace netaio::sim
