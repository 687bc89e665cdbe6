#include <gtest/gtest.h>

#include "../seeds.hpp"
#include "people.hpp"
#include "relay.hpp"

/// What programs, clients and servers do to a daemon, by chance, and what holds all the same:
/// - a request ends exactly once, and an answer is that of its request;
/// - a program is asked only for keys that it was granted, or by its name, and told only what it
///   subscribed to; what it is told of a sender is true;
/// - the field `@` never reaches the network;
/// - no key, name or subscription belongs to somebody who is gone;
/// - afterwards all works again, and when all have gone, nothing of them is left; nor of the daemon
///   when that ends, whatever is under way.
namespace netaio::daemon {
namespace {

using namespace std::chrono_literals;

constexpr int names = 4;
constexpr auto answer_timeout = 5s;

class Town {
public:
    explicit Town(std::uint64_t seed) : dice_(seed) {
        options_.socket = TestNetwork::address("netaiod");
        options_.tcp = network_.options(TcpServerOptions(), "machine");
        options_.environment = network_.environment();
        // What holds this is alive.
        options_.environment.log =
            Log(LogLevel::error, [alive = alive_](LogLevel, std::string_view) { (void)alive; });
        options_.answer_timeout = answer_timeout;
        options_.servers["hub"] = {TestNetwork::address("hub").str()};
        options_.servers["none"] = {TestNetwork::address("none").str()};
        if (seed % 2 == 0) {
            options_.quota.app.messages_per_second = 5 + dice_.below(50);
            options_.quota.app.message_burst = 10;
            options_.quota.app.registrations = 1 + dice_.below(6);
        }
        if (seed % 5 == 0) {
            options_.questions_max = 1 + dice_.below(4);
        }
        // Who is not read is not known to be gone.
        all_are_read_ = seed % 2 != 0 && seed % 5 != 0;
        alive_.reset();
        open_hub();
        begin();
    }

    void rage(int steps) {
        for (int i = 0; i < steps; ++i) {
            do_something();
            if (dice_.chance(0.7)) {
                network_.run();
                check();
            }
            if (dice_.chance(0.3)) {
                network_.advance(std::chrono::milliseconds(dice_.below(3000)));
                check();
            }
        }
    }
    // Whoever comes now is served.
    void calm_down() {
        apps_.clear();
        remotes_.clear();
        begin();
        network_.advance(1h);  // who is held to its rate is read to its end first
        ledger.expect(relay_->registry().apps().empty(), "no name belongs to who is gone");
        ledger.expect(relay_->upstreams().subscription_count() == 0,
                      "no subscription belongs to who is gone");
        for (int i = 0; i < 3; ++i) {
            ledger.expect(!hub_ || hub_->subscriber_count("news" + std::to_string(i)) == 0,
                          "servers learn of the end of subscriptions");
        }
        ledger.expect(relay_->upstreams().size() <= 2, "nobody has it connect by a name");
        const auto app = new_app();
        app->client->on({request_uri, "well"}, [](const Message& m) { return m.content().str(); });
        app->ask(OwnedMessage(create_uri, "netaiod/key",
                              *pack(Dict{{"type", 0}, {"uri", Bytes("well")}})),
                 "");
        network_.advance(5s);
        const auto remote = new_remote();
        const auto before = ledger.answered;
        remote->ask(OwnedMessage(request_uri, "well", remote->nonce()), "");
        network_.advance(5s);
        ledger.expect(ledger.answered == before + 1, "who asks when all is well is answered");
        apps_.clear();
        remotes_.clear();
        network_.advance(1s);
    }
    void end() {
        std::weak_ptr<Relay> gone = relay_;
        relay_.reset();
        ledger.expect(gone.expired(), "nothing keeps the daemon");
        apps_.clear();
        remotes_.clear();
        hub_.reset();
        options_ = {};
        network_.advance(200s);
        ledger.expect(ledger.all_ended_once(), "a request ends exactly once");
        ledger.expect(token_.expired(), "nothing of the daemon is left");
    }

    Ledger ledger;

private:
    void begin() {
        if (!relay_) {
            relay_ = std::make_shared<Relay>(network_.executor(), options_);
            ledger.expect(!relay_->start(), "it starts");
            network_.run();
        }
    }
    void open_hub() {
        hub_.emplace(network_.executor(), network_.options(TcpServerOptions(), "hub"));
        hub_->on(request_uri, [this](const Message& m, Connection&, Answer answer) {
            ledger.expect(!m.auth().contains("@"), "no question at the network has the field");
            if (dice_.chance(0.1)) {
                at_hub_.push_back(std::move(answer));
                return;
            }
            OwnedMessage reply(respond_uri, m.uri(), m.content());
            reply.auth().set("@", "forged");
            answer(std::move(reply));
        });
        hub_->grant_subscriptions();
        (void)hub_->start();
    }
    std::shared_ptr<SimProgram> new_app() {
        auto app = std::make_shared<SimProgram>(network_, dice_, ledger,
                                                "app" + std::to_string(dice_.below(names)));
        if (app->connect("netaiod")) {
            app->register_name();
            apps_.push_back(app);
        }
        return app;
    }
    std::shared_ptr<Speaker> new_remote() {
        auto remote = std::make_shared<Speaker>(network_, dice_, ledger, false);
        remote->client->on(notify_uri, [this](const Message& m) {
            ledger.expect(!m.auth().contains("@"), "no notification at the network has the field");
        });
        if (remote->connect("machine")) {
            remotes_.push_back(remote);
        }
        return remote;
    }
    template <class Them>
    typename Them::value_type* one_of(Them& them) {
        return them.empty() ? nullptr : &them[dice_.below(static_cast<unsigned>(them.size()))];
    }

    void do_something() {
        const auto* app = one_of(apps_);
        const auto* remote = one_of(remotes_);
        switch (dice_.below(24)) {
            case 0:
            case 1:
            case 2: {
                if (apps_.size() < 6) {
                    new_app();
                }
                break;
            }
            case 3: {
                if (remotes_.size() < 4) {
                    new_remote();
                }
                break;
            }
            case 4:
            case 5: return app ? (*app)->claim(dice_.chance(0.2)) : void();
            case 6:
            case 7:
            case 8:
            case 9: return app ? app_asks(**app) : void();
            case 10:
            case 11:
            case 12: return remote ? remote_asks(**remote) : void();
            case 13: return app ? (*app)->subscribe(dice_.chance(0.3)) : void();
            case 14: return app ? (*app)->send(notify_uri, "t", "subscribers:t") : void();
            case 15: return app ? app_lies(**app) : void();
            case 16: return hub_ ? hub_notifies() : void();
            case 17: at_hub_.clear(); break;
            case 18:
                return app ? apps_.erase(apps_.begin() + (app - apps_.data())), void() : void();
            case 19: {
                if (remote) {
                    remotes_.erase(remotes_.begin() + (remote - remotes_.data()));
                }
                break;
            }
            case 20: return app ? (*app)->client->close_all() : void();
            case 21: {
                if (dice_.chance(0.3)) {
                    hub_.reset();
                    network_.run();
                    open_hub();
                }
                break;
            }
            case 22: {
                if (dice_.chance(0.3)) {
                    relay_.reset();
                    network_.advance(std::chrono::milliseconds(dice_.below(2000)));
                }
                begin();
                break;
            }
            default: reload(); break;
        }
    }
    void app_asks(SimProgram& app) {
        for (unsigned i = 1 + dice_.below(5); i > 0; --i) {
            OwnedMessage question(request_uri, key_of(dice_.below(keys)), app.nonce());
            const std::string name = "app" + std::to_string(dice_.below(names));
            switch (dice_.below(6)) {
                case 0:
                    app.ask(OwnedMessage(request_uri, "to/" + name, app.nonce()), "app:" + name);
                    break;
                case 1: app.ask(std::move(question), "server:hub"); break;
                case 2: app.ask(std::move(question), "memory:hub"); break;
                case 3: app.ask(std::move(question), "server:none"); break;
                case 4: app.ask(std::move(question), app.last_remote); break;
                default: app.ask(std::move(question), "");
            }
        }
    }
    void remote_asks(Speaker& remote) {
        for (unsigned i = 1 + dice_.below(5); i > 0; --i) {
            OwnedMessage question(request_uri, key_of(dice_.below(keys)), remote.nonce());
            if (dice_.chance(0.3)) {
                question.auth().set("@", "app:app0");
            }
            remote.ask(std::move(question), "");
        }
        if (dice_.chance(0.3)) {
            remote.ask(OwnedMessage(dice_.chance(0.7) ? subscribe_uri : unsubscribe_uri,
                                    key_of(dice_.below(keys))),
                       "");
        }
    }
    void app_lies(SimProgram& app) {
        const auto type = static_cast<MessageType>(dice_.below(31));
        const std::string uri = dice_.chance(0.5) ? key_of(dice_.below(keys)) : "netaiod/peer/left";
        const std::string to[] = {"app:app0", "server:hub", app.last_remote,   "memory:hub",
                                  "???",      "peers:",     "udp:127.0.0.1:1", "subscribers:"};
        if (type != request_uri && options_.types.contains(type)) {
            app.send(type, uri, to[dice_.below(8)]);
        }
        if (dice_.chance(0.3)) {
            app.ask(OwnedMessage(create_uri, "netaiod/app",
                                 *pack(Dict{{"name", "liar"}, {"app_id", "x"}})),
                    "");
        }
    }
    void hub_notifies() {
        const std::string uri = "news" + std::to_string(dice_.below(3));
        OwnedMessage news = notify(uri, "now");
        news.auth().set("@", "forged");
        (void)hub_->notify(uri, news);
    }
    void reload() {
        if (!relay_ || !dice_.chance(0.2)) {
            return;
        }
        RelayOptions other = options_;
        if (dice_.chance(0.5)) {
            other.servers.clear();
        }
        relay_->reload(std::move(other));
    }

    // Whether there are more apps of a name than programs.
    bool belongs_to_who_is_gone() const {
        std::map<std::string, int> there;
        for (const auto& app : apps_) {
            ++there[app->name];
        }
        for (const AppId id : relay_->registry().apps()) {
            if (there[relay_->registry().app(id).name]-- <= 0) {
                return true;
            }
        }
        return false;
    }

    void check() {
        if (!relay_) {
            return;
        }
        if (belongs_to_who_is_gone()) {
            network_.advance(31s);  // who also takes nothing any more is given up by send_timeout
        }
        ledger.expect(!belongs_to_who_is_gone() || !all_are_read_,
                      "no name belongs to who is gone");
        ledger.expect(!relay_->registry().app_named("liar"), "nobody has a name that was refused");
    }

    std::shared_ptr<int> alive_ = std::make_shared<int>(0);
    std::weak_ptr<int> token_ = alive_;
    TestNetwork network_;
    Dice dice_;
    RelayOptions options_;
    bool all_are_read_ = true;
    std::vector<Answer> at_hub_;
    std::optional<TcpServer> hub_;
    std::shared_ptr<Relay> relay_;
    std::vector<std::shared_ptr<SimProgram>> apps_;
    std::vector<std::shared_ptr<Speaker>> remotes_;
};

TEST(RelaySim, ServesAllThroughTheStorm) {
    sim::for_each_seed(200, [](std::uint64_t seed) {
        Town town(seed);
        town.rage(120);
        town.calm_down();
        town.end();
        EXPECT_EQ(town.ledger.broken, std::set<std::string>());
    });
}

TEST(RelaySim, EndsAtAnyMoment) {
    sim::for_each_seed(400, [](std::uint64_t seed) {
        Town town(seed);
        town.rage(static_cast<int>(20 + seed % 50));
        town.end();
        EXPECT_EQ(town.ledger.broken, std::set<std::string>());
    });
}

}  // namespace
}  // namespace netaio::daemon
