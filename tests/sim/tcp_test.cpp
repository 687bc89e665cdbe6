#include <gtest/gtest.h>

#include <algorithm>
#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>

#include "seeds.hpp"
#include "tcp.hpp"

/// What may happen to connections, by chance, and what holds all the same:
/// - a request ends exactly once and an answer is that of its request; the answers of a connection
///   come in the order of their requests, but for those with an id, which do so for each uri;
/// - no more handlers run at once than may;
/// - a notification arrives once and in order, also among answers, or is counted as dropped by the
///   policy;
/// - a whole line ends only when somebody means it, or a limit is passed;
/// - a session begins just where both ends want one, and is not given up while it is needed;
/// - no queue passes its bound;
/// - afterwards all works again, and when all have gone, nothing of them is left.
namespace netaio::sim {
namespace {

using namespace std::chrono_literals;

class Storm {
public:
    explicit Storm(std::uint64_t seed)
        : world_(seed),
          dice_(world_.dice()),
          limits_(some_limits(seed % 4 == 1)),
          outer_(some_plugins(seed)),
          sessions_(some_sessions(seed)),
          server_(std::make_shared<SimServer>(world_, limits_, outer_, sessions_.server, ledger_)) {
        core::StreamLimits of_client;
        of_client.send_queue_max = limits_.send_queue_max;
        of_client.slow_receiver = SlowReceiver::drop_newest;
        of_client.send_timeout = 10s;
        for (auto i = dice_.between(1u, 4u); i > 0; --i) {
            clients_.push_back(
                std::make_shared<SimClient>(world_, of_client, outer_, sessions_.client, ledger_));
            clients_.back()->connect(*server_, some_manner());
        }
    }

    void rage(int steps) {
        for (int i = 0; i < steps; ++i) {
            do_something();
            world_.run_for(dice_.chance(0.5) ? Duration(0)
                                             : dice_.between(Duration(0), Duration(400)));
        }
    }

    // Nothing keeps both ends from agreeing.
    void connect_in_peace(SimClient& client) {
        const auto failed = client.sessions_failed;
        client.connect(*server_, some_manner());
        for (int i = 0; i < 1000 && client.agrees(); ++i) {
            world_.run_for(20ms);
        }
        ledger_.expect(!client.agrees() && client.sessions_failed == failed,
                       "who connects when all is well agrees with the server");
        ledger_.expect(!client.connected() || client.stream().sealed() == sessions_.both(),
                       "there is a session just where both want one");
    }

    // Nothing but what was damaged may keep the clients from being served.
    void calm_down() {
        if (limits_.slow_receiver == SlowReceiver::disconnect) {
            return;
        }
        for (const auto& client : clients_) {
            client->listen(true);
            if (client->connected() && !client->line().broken()) {
                client->line().stall(false);
            } else {
                client->close();
            }
        }
        world_.run_for(60s);
        std::vector<std::uint64_t> heard;
        std::vector<std::uint64_t> answered;
        std::uint64_t timed_out = 0;
        for (const auto& client : clients_) {
            if (!client->connected()) {
                connect_in_peace(*client);
            }
            heard.push_back(client->heard);
            client->subscribe(true);
            world_.run_for(5s);
            timed_out += client->timed_out;
            for (int i = 0; i < 4; ++i) {
                client->ask(MessageType::create_uri, 3000, 1000s, dice_.chance(ids_));
            }
            world_.run_for(200s);
            ledger_.expect(!client->connected() || client->stream().requests()->in_flight() == 0,
                           "nobody waits when all is well");
            answered.push_back(client->answered);
            client->ask(MessageType::request_uri, 10, 60s);
        }
        world_.run_for(5s);
        server_->notify(1);
        world_.run_for(60s);
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            if (!clients_[i]->connected()) {
                continue;  // a limit was passed, or else that is found below
            }
            const bool served = clients_[i]->answered > answered[i];
            ledger_.expect(served, "who asks when all is well is answered");
            ledger_.expect(!served || clients_[i]->heard > heard[i],
                           "who subscribes when all is well is notified");
            ledger_.expect(!served || clients_[i]->last_heard == server_->number,
                           "the last notification is the one that arrives last");
        }
        for (const auto& client : clients_) {
            timed_out -= client->timed_out;
        }
        ledger_.expect(timed_out == 0, "nothing times out when all is well");
        auto& tallies = server_->hub().tallies();
        const bool limit = tallies.closed_idle.get() + tallies.closed_slow_frame.get() +
                               tallies.closed_slow_reader.get() >
                           0;
        for (const auto& client : clients_) {
            ledger_.expect(!client->ended_unmeant || limit, "a whole line ends only when meant");
        }
        count_notifications();
    }

    void end() {
        server_->drain();
        world_.run_for(30s);
        for (const auto& client : clients_) {
            client->close();
        }
        for (const auto& stream : server_->hub().streams()) {
            stream->abort(Errc::cancelled);
        }
        world_.run_for(120s);
        for (const auto& client : clients_) {
            client->check_end();
        }
        server_->check_end();
    }

    /// One byte of what a client sends next gets lost.
    void damage() {
        clients_.front()->line().damage();
        clients_.front()->ask(MessageType::request_uri, 10, 5s);
    }

    const std::set<std::string>& broken() const noexcept { return ledger_.broken(); }
    std::size_t most_running() const noexcept { return server_->hub().most_running(); }

private:
    Plugins some_plugins(std::uint64_t seed) {
        switch (seed % 4) {
            case 0: return {std::make_shared<HmacAuth>(HmacOptions{.secret = "secret"}), {}};
            case 1: return {std::make_shared<SimWorkingAuth>(world_), {}};
            default: return {};
        }
    }

    struct Sessions {
        SimTerms server;
        SimTerms client;
        bool both() const noexcept { return server && client; }
    };

    // In one of two seeds neither end has any, which costs less.
    static Sessions some_sessions(std::uint64_t seed) {
        using enum SessionPolicy;
        static const auto terms = [](SessionPolicy policy, char of, bool knows) {
            SessionOptions options{.policy = policy, .seed = Secret(std::string(32, of))};
            if (knows) {
                options.peer_keys = {session_key(Secret(std::string(32, 's')))};
            }
            options.admits = [](const SessionPeer&) { return true; };
            options.patience = 20s;
            return std::make_shared<const core::SessionTerms>(
                std::move(options), Plugins(), of == 'c', *Environment::secure_random());
        };
        static const SimTerms offering = terms(offer, 's', false);
        static const SimTerms requiring = terms(require, 's', false);
        static const SimTerms client_offering = terms(offer, 'c', false);
        static const SimTerms client_requiring = terms(require, 'c', false);
        static const SimTerms client_knowing = terms(offer, 'c', true);
        // With a known key an answer that has to be worked for ends the connection.
        const bool works = seed % 4 == 1;
        switch (seed / 4 % 12) {
            case 0: return {offering, client_offering};
            case 1: return {requiring, client_requiring};
            case 2: return {requiring, works ? client_requiring : client_knowing};
            case 3: return {offering, works ? client_offering : client_knowing};
            case 4: return {offering, nullptr};
            case 5: return {nullptr, client_offering};
            default: return {};
        }
    }

    core::StreamLimits some_limits(bool plugins_work) {
        core::StreamLimits limits;
        limits.send_queue_max = (plugins_work ? 8192u : 512u) << dice_.between(0u, 8u);
        limits.slow_receiver = static_cast<SlowReceiver>(dice_.between(0u, 2u));
        limits.subscriptions_max = 1 << 20;
        limits.subscriptions_total_max = 1 << 20;
        limits.stranger_failures_max = 16;
        limits.stranger_queue_max = 16 * 1024;
        limits.stranger_timeout = 30s;
        limits.handlers_max = dice_.between(0u, 8u);
        if (dice_.chance(0.3)) {
            limits.idle_timeout = dice_.between(Duration(2s), Duration(20s));
            limits.frame_timeout = dice_.between(Duration(2s), Duration(20s));
            limits.send_timeout = dice_.between(Duration(2s), Duration(20s));
        }
        return limits;
    }

    Manner some_manner() {
        return {.window = 256u << dice_.between(0u, 8u),
                .delay_max = dice_.between(Duration(0), Duration(30)),
                .pieces = dice_.chance(0.5),
                .pushes = dice_.chance(0.5),
                .keeps = dice_.chance(0.5)};
    }

    void do_something() {
        const auto& client =
            clients_[dice_.between(0u, static_cast<std::uint32_t>(clients_.size() - 1))];
        if (!client->connected()) {
            if (dice_.chance(0.5)) {
                client->connect(*server_, some_manner());
            }
            return;
        }
        switch (dice_.between(0u, 19u)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4:
            case 5: {
                const auto type =
                    dice_.chance(0.6) ? MessageType::request_uri : MessageType::create_uri;
                for (auto i = dice_.between(1u, 10u); i > 0; --i) {
                    client->ask(type, dice_.between(0u, dice_.chance(0.1) ? 3000u : 100u),
                                dice_.between(Duration(100ms), Duration(20s)), dice_.chance(ids_));
                }
                break;
            }
            case 6:
            case 7: client->subscribe(dice_.chance(0.8)); break;
            case 8:
            case 9:
            case 10: {
                for (auto i = dice_.between(1u, 30u); i > 0; --i) {
                    server_->notify(dice_.between(0u, 200u));
                }
                break;
            }
            case 11: client->listen(dice_.chance(0.5)); break;
            case 12: client->line().stall(dice_.chance(0.5)); break;
            case 13: client->cancel_one(); break;
            case 14:
                world_.clock().step(std::chrono::hours(dice_.between(0u, 4000u)) - 2000h);
                break;
            case 15: client->ask_number(dice_.chance(0.5)); break;
            case 16: world_.run_for(dice_.between(Duration(0), Duration(5s))); break;
            case 17: hurt(*client); break;
            default: break;
        }
    }

    void hurt(SimClient& client) {
        client.end_meant = true;
        switch (dice_.between(0u, 6u)) {
            case 5:
                for (const auto& each : clients_) {
                    each->end_meant = true;
                }
                server_->restart();
                break;
            case 0: client.line().reset(); break;
            case 1: client.line().vanish(); break;
            case 2: client.close(); break;
            case 3: client.line().finish(0); break;
            case 4: client.stream().abort(Errc::cancelled); break;
            default: {  // everywhere at once, as when a switch restarts
                for (const auto& each : clients_) {
                    if (each->connected()) {
                        each->line().stall(true);
                    }
                }
            }
        }
    }

    // Where no connection ended before its time, each is accounted for.
    void count_notifications() {
        const bool ended = std::ranges::any_of(
            clients_, [](const auto& client) { return client->connections > 1; });
        if (ended || server_->connection_ended) {
            return;
        }
        std::uint64_t heard = 0;
        for (const auto& client : clients_) {
            heard += client->heard;
        }
        const auto dropped = server_->dropped();
        ledger_.expect(server_->given == heard + dropped,
                       "each notification arrives or is counted as dropped: " +
                           std::to_string(server_->given) + " given, " + std::to_string(heard) +
                           " heard, " + std::to_string(dropped) + " dropped");
    }

    World world_;
    SeededRandom& dice_;
    const double ids_ = dice_.between(0u, 3u) / 3.0;  // the share of requests that have one
    Ledger ledger_;
    core::StreamLimits limits_;
    Plugins outer_;
    const Sessions sessions_;
    std::shared_ptr<SimServer> server_;
    std::vector<std::shared_ptr<SimClient>> clients_;
};

TEST(TcpStorm, LeavesWhatIsPromised) {
    for_each_seed(10'000, [](std::uint64_t seed) {
        Storm storm(seed);
        storm.rage(40);
        storm.calm_down();
        storm.end();
        EXPECT_EQ(storm.broken(), std::set<std::string>());
    });
}

TEST(TcpStorm, HasHandlersRunAtTheSameTime) {
    std::size_t most_running = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Storm storm(seed);
        storm.rage(40);
        most_running = std::max(most_running, storm.most_running());
        storm.end();
    }
    EXPECT_GT(most_running, 2u);
}

// A canary: were this not caught, neither would be what a fault of the connection does.
TEST(TcpStorm, CatchesAByteThatIsLost) {
    int caught = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Storm storm(seed);
        storm.damage();
        storm.calm_down();
        storm.end();
        caught += storm.broken().empty() ? 0 : 1;
    }
    EXPECT_GE(caught, 1);
}

}  // namespace
}  // namespace netaio::sim
