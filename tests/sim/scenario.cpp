#include "scenario.hpp"

#include <gtest/gtest.h>

#include <netaio/hmac_auth.hpp>

namespace netaio::sim {

std::chrono::system_clock::time_point OwnClock::now() const {
    const auto drifted = drift_ * std::chrono::duration<double>(steady_now() - set_at_);
    return right_->now() + wrong_by_ + std::chrono::duration_cast<Duration>(drifted);
}

void OwnClock::set(std::chrono::seconds wrong_by, double drift) {
    wrong_by_ = wrong_by;
    drift_ = drift;
    set_at_ = steady_now();
}

Scenario::Scenario(std::uint64_t seed, Trust trust) : world(seed), trust_(trust) {}

Network& Scenario::network(Quality quality) {
    const auto family = world.dice().chance(0.5) ? Network::Family::v4 : Network::Family::v6;
    return networks.emplace_back(world, static_cast<int>(networks.size()), family, quality);
}

Host& Scenario::host(std::initializer_list<Network*> on) {
    Host& host = hosts.emplace_back(world);
    for (Network* network : on) {
        host.join(*network);
    }
    return host;
}

NodeOptions Scenario::options() {
    static const auto outer = hmac_auth({.secret = "outer", .hmac_field = "outer"});
    static const auto inner = hmac_auth({.secret = "inner", .hmac_field = "inner"});
    NodeOptions options{.id = "n" + std::to_string(next_id_++)};
    options.management.exchange_max = exchange_max;
    if (trust_ == Trust::all) {
        options.outer.auth = outer;
    }
    if (trust_ == Trust::fresh) {
        options.clock = std::make_shared<OwnClock>(world.environment().clock);
        const auto seen = std::make_shared<SeenMessages>(
            SeenOptions{.ran_before = false, .environment = {.clock = options.clock}});
        const auto fresh = [&](const char* secret) {
            return hmac_auth(
                {.secret = secret, .hmac_field = secret, .max_age = 2min, .seen = seen});
        };
        options.outer.auth = fresh("outer");
        options.management.plugins.auth = fresh("inner");
        return options;
    }
    if (trust_ != Trust::none) {
        options.management.plugins.auth = inner;
    }
    return options;
}

SimNode& Scenario::node_later(Host& host, Duration when) {
    SimNode& node = host.start(options());
    world.after(when, [&node] { node.join(); });
    return node;
}

void Scenario::calm_down() {
    for (Network& network : networks) {
        network.quality = {};
        network.partition(1);
    }
    for (Host& host : hosts) {
        host.set_up(true);
    }
    const PeerManagementOptions times;
    run_for(times.peer_timeout + 2 * times.advertise_every);
}

std::vector<SimNode*> Scenario::members() const {
    std::vector<SimNode*> all;
    for (const Host& host : hosts) {
        for (const auto& node : host.nodes()) {
            if (node->is_member()) {
                all.push_back(node.get());
            }
        }
    }
    return all;
}

std::set<std::string> Scenario::should_know(const SimNode& node) const {
    std::set<std::string> ids;
    for (const SimNode* other : members()) {
        if (other != &node && node.host().is_beside(other->host())) {
            ids.insert(other->id());
        }
    }
    return ids;
}

void Scenario::expect_all_know_all() {
    for (const SimNode* node : members()) {
        EXPECT_EQ(node->peer_ids(), should_know(*node)) << "by " << node->id();
    }
}

std::uint64_t Scenario::sent() const {
    std::uint64_t sum = 0;
    for (const Network& network : networks) {
        sum += network.sent;
    }
    return sum;
}

void Scenario::check() {
    for (const Host& host : hosts) {
        for (const auto& node : host.nodes()) {
            node->check();
        }
    }
}

}  // namespace netaio::sim
