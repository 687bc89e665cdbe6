#include <gtest/gtest.h>

#include <netaio/hmac_auth.hpp>

#include "kept.hpp"
#include "seeds.hpp"

/// A client that is kept connected, and servers that are lost in all ways at once, by chance:
/// connections are reset, closed, stalled or gone without a word; machines restart, refuse, hang,
/// do not answer, or believe nobody; names come to mean other machines. What holds all the same:
/// - there is one attempt at a time, none while there is a connection, and the pauses before them
///   are as long as they may be;
/// - once some machine is well, the client is connected again, whatever became of its connections;
/// - it has then each of its subscriptions once, knows all values that it is to know of, and hears
///   of each change once;
/// - it ends only by a refusal, and then if it was told to;
/// - when all have gone, nothing of them is left.
namespace netaio::sim {
namespace {

using namespace std::chrono_literals;

class Upheaval {
public:
    explicit Upheaval(std::uint64_t seed)
        : world_(seed), dice_(world_.dice()), terms_(some_terms()), outer_(some_plugins("secret")) {
        for (auto i = dice_.between(1u, 3u); i > 0; --i) {
            machines_.push_back(std::make_unique<Machine>(world_, values_, ledger_));
            machines_.back()->boot(outer_);
        }
        for (std::size_t i = 0; i < terms_.servers; ++i) {
            names_.push_back(&some_machine());
        }
        client_ = std::make_shared<KeptClient>(world_, terms_, outer_, names_, ledger_);
        client_->begin();
    }

    void forget() { client_->forgets = true; }
    void rage(int steps) {
        for (int i = 0; i < steps; ++i) {
            do_something();
            world_.run_for(dice_.between(Duration(0), dice_.chance(0.2) ? 30s : Duration(500)));
        }
    }

    // Nothing is done to the connections there are: that they are of no use, the client finds out.
    void calm_down() {
        for (const auto& machine : machines_) {
            if (believes_nobody_.contains(machine.get())) {
                machine->boot(outer_);
            }
            if (machine->mood() != Machine::Mood::well) {
                machine->set_mood(Machine::Mood::well);
            }
        }
        world_.run_for(5min);
        if (client_->keeper().over()) {
            ledger_.expect(terms_.end_on_refusal && may_be_refused_, "it ends only when refused");
            ledger_.expect(client_->state == ConnectionState::refused, "it says that it ends");
            ledger_.expect(!client_->stream(), "who is refused has no connection");
            return;
        }
        ledger_.expect(client_->keeper().connected(), "it is connected when all is well");
        ledger_.expect(client_->state == ConnectionState::connected, "it says that it is");
        for (const auto& [uri, value] : values_) {
            const auto seen = client_->seen().find(uri);
            ledger_.expect(!client_->knows_present(uri) ||
                               (seen != client_->seen().end() && seen->second == value),
                           "nothing is missed that is present");
        }
        client_->take_heard();
        for (const std::string& uri : uris()) {
            publish(uri);
        }
        world_.run_for(10s);
        auto heard = client_->take_heard();
        for (const std::string& uri : uris()) {
            ledger_.expect(heard[uri] == client_->is_subscribed_to(uri),
                           "each subscription is there once");
        }
        std::size_t connections = 0;
        for (const auto& machine : machines_) {
            connections += machine->connections();
        }
        ledger_.expect(connections >= 1, "the connection is a server's, too");
    }

    void end() {
        client_->stop();
        for (const auto& machine : machines_) {
            machine->set_mood(Machine::Mood::down);
        }
        world_.run_for(20min);
        client_->check_end();
        for (const auto& machine : machines_) {
            ledger_.expect(machine->connections() == 0, "a machine's connections end");
        }
    }

    const std::set<std::string>& broken() const noexcept { return ledger_.broken(); }
    int connected() const noexcept { return client_->connected; }

private:
    static const std::vector<std::string>& uris() {
        static const std::vector<std::string> all{"lamp", "room/1", "room/2", "room/21", "x"};
        return all;
    }

    core::Keeper::Terms some_terms() {
        core::Keeper::Terms terms;
        terms.servers = dice_.between(1u, 3u);
        terms.backoff = {.delay = dice_.between(Duration(1), Duration(1000)),
                         .factor = 1 + dice_.between(0u, 20u) / 10.0,
                         .delay_max = dice_.between(Duration(1s), Duration(20s)),
                         .jitter = dice_.between(0u, 10u) / 10.0};
        terms.heartbeat = dice_.between(Duration(500ms), Duration(15s));
        terms.heartbeat_timeout = dice_.between(Duration(1s), Duration(10s));
        terms.patience = dice_.between(Duration(2s), Duration(10s));
        terms.end_on_refusal = dice_.chance(0.3);
        terms.at_once = dice_.chance(0.2);
        terms.window = dice_.between(1u, 8u);
        return terms;
    }

    static Plugins some_plugins(const std::string& secret) {
        return {std::make_shared<HmacAuth>(HmacOptions{.secret = secret}), {}};
    }

    Machine& some_machine() {
        return *machines_[dice_.between(0u, static_cast<std::uint32_t>(machines_.size() - 1))];
    }
    const std::string& some_uri() {
        return uris()[dice_.between(0u, static_cast<std::uint32_t>(uris().size() - 1))];
    }

    void publish(const std::string& uri) {
        values_[uri] = std::to_string(++published_);
        for (const auto& machine : machines_) {
            machine->publish(uri);
        }
    }

    void do_something() {
        switch (dice_.between(0u, 15u)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4: publish(some_uri()); break;
            case 5:
            case 6:
            case 7: subscribe(true); break;
            case 8: subscribe(false); break;
            case 9:
            case 10: hurt_connection(); break;
            case 11: some_machine().drain(); break;
            case 12: hurt_machine(some_machine()); break;
            case 13: {
                const auto name = dice_.between(0u, static_cast<std::uint32_t>(names_.size() - 1));
                names_[name] = &some_machine();
                break;
            }
            case 14: {
                for (const auto& machine : machines_) {
                    machine->set_mood(Machine::Mood::well);
                }
                break;
            }
            default: world_.run_for(dice_.between(Duration(0), Duration(60s))); break;
        }
    }

    void subscribe(bool on) {
        if (!client_->keeper().connected() || !client_->stream() || !client_->stream()->open()) {
            return;
        }
        const bool prefix = dice_.chance(0.4);
        const std::string uri = prefix ? some_uri().substr(0, dice_.between(0u, 6u)) : some_uri();
        if (on) {
            client_->subscribe_to(uri, {.prefix = prefix, .present = dice_.chance(0.5)});
        } else {
            client_->unsubscribe_from(uri, prefix);
        }
    }

    void hurt_connection() {
        if (!client_->stream()) {
            return;
        }
        switch (dice_.between(0u, 3u)) {
            case 0: client_->line().reset(); break;
            case 1: client_->line().vanish(); break;
            case 2: client_->line().finish(1); break;
            default: client_->line().stall(true); break;
        }
    }

    void hurt_machine(Machine& machine) {
        const bool with_a_word = dice_.chance(0.5);
        if (dice_.chance(0.2)) {
            machine.boot(outer_, with_a_word);
            believes_nobody_.erase(&machine);
        } else if (dice_.chance(0.1)) {
            machine.boot(some_plugins("another"), with_a_word);
            believes_nobody_.insert(&machine);
            may_be_refused_ = true;
        } else {
            machine.set_mood(static_cast<Machine::Mood>(dice_.between(0u, 3u)), with_a_word);
        }
    }

    World world_;
    SeededRandom& dice_;
    const core::Keeper::Terms terms_;
    const Plugins outer_;
    Ledger ledger_;
    PublishedValues values_;
    int published_ = 0;
    std::vector<std::unique_ptr<Machine>> machines_;
    std::set<const Machine*> believes_nobody_;
    bool may_be_refused_ = false;
    KeptClient::Names names_;
    std::shared_ptr<KeptClient> client_;
};

TEST(KeeperUpheaval, LeavesWhatIsPromised) {
    int connected = 0;
    for_each_seed(3000, [&](std::uint64_t seed) {
        Upheaval upheaval(seed);
        upheaval.rage(60);
        upheaval.calm_down();
        upheaval.end();
        connected += upheaval.connected();
        EXPECT_EQ(upheaval.broken(), std::set<std::string>());
    });
    EXPECT_GT(connected, 0);
}

// A canary.
TEST(KeeperUpheaval, CatchesASubscriptionThatIsForgotten) {
    int caught = 0;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Upheaval upheaval(seed);
        upheaval.forget();
        upheaval.rage(60);
        upheaval.calm_down();
        upheaval.end();
        caught += upheaval.broken().empty() ? 0 : 1;
    }
    EXPECT_GT(caught, 0);
}

}  // namespace
}  // namespace netaio::sim
