#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <netaio/netaio.hpp>
#include <netaio/packify.hpp>
#include <netaio/testing.hpp>
#include <random>
#include <set>

/// Those who speak in the simulation of a daemon, and what they expect.
namespace netaio::daemon {

inline constexpr int keys = 6;

inline std::string key_of(unsigned number) {
    return "k" + std::to_string(number);
}

class Dice {
public:
    explicit Dice(std::uint64_t seed) : bits_(seed) {}
    unsigned below(unsigned count) { return static_cast<unsigned>(bits_() % count); }
    bool chance(double likely) { return static_cast<double>(bits_() % 10'000) < likely * 10'000; }

private:
    std::mt19937_64 bits_;
};

// Who asked what, and how it ended.
class Ledger {
public:
    std::size_t begin() { return ends_.emplace_back(0), ends_.size() - 1; }
    void end(std::size_t which) { ++ends_[which]; }
    void expect(bool so, const char* what) {
        if (!so) {
            broken.insert(what);
        }
    }
    bool all_ended_once() const {
        return std::ranges::all_of(ends_, [](int count) { return count == 1; });
    }

    std::set<std::string> broken;
    std::uint64_t answered = 0;

private:
    std::deque<int> ends_;
};

inline std::vector<std::string> origin_in(const Message& message) {
    std::vector<std::string> all;
    const auto field = message.auth().bytes("@");
    const auto value = field ? unpack(*field) : Result<Value>(Errc::malformed);
    if (value && value->as_list()) {
        for (const Value& item : value->as_list()->items) {
            all.push_back(item.as_bytes() ? item.as_bytes()->str() : "?");
        }
    }
    return all;
}

// Whoever speaks over a client; asks with a content that its answer has to have.
class Speaker : public std::enable_shared_from_this<Speaker> {
public:
    Speaker(TestNetwork& network, Dice& dice, Ledger& ledger, bool is_program)
        : network_(network), dice_(dice), ledger_(ledger), is_program_(is_program) {
        client.emplace(network.executor(),
                       network.options(TcpClientOptions{.answers = is_program}));
    }
    bool connect(std::string_view where) {
        try {
            network_.run(client->connect(TestNetwork::address(where)));
        } catch (const std::exception&) {
            return false;
        }
        return client->start_receive_loop();
    }
    bool connected() const { return client->connected(); }
    void ask(OwnedMessage message, std::string_view to,
             std::function<void(const Message&)> then = {}) {
        if (is_program_ && !to.empty()) {
            message.auth().set("@", to);
        }
        const bool echoes = message.type() == request_uri;
        const std::string content = message.content().str();
        const std::chrono::milliseconds timeout(dice_.chance(0.2) ? 100 : 60'000);
        client->exchange(
            std::move(message), {.timeout = timeout},
            [this, alive = weak_from_this(), &ledger = ledger_, which = ledger_.begin(), echoes,
             content, then = std::move(then)](std::error_code error, const OwnedMessage& reply) {
                ledger.end(which);
                if (error || alive.expired()) {
                    return;
                }
                ledger.expect(is_program_ || !reply.auth().contains("@"),
                              "no answer at the network has the field");
                if (echoes && reply.type() == respond_uri) {
                    ++ledger.answered;
                    ledger.expect(reply.content() == content, "an answer is that of its request");
                }
                if (then) {
                    then(reply);
                }
            });
    }
    std::string nonce() { return std::to_string(++asked_) + (dice_.chance(0.1) ? filler_ : ""); }

    std::optional<TcpClient> client;

protected:
    TestNetwork& network_;
    Dice& dice_;
    Ledger& ledger_;

private:
    bool is_program_;
    std::string filler_ = std::string(5000, 'x');
    static inline std::uint64_t asked_ = 0;
};

class SimProgram : public Speaker {
public:
    SimProgram(TestNetwork& network, Dice& dice, Ledger& ledger, std::string its_name)
        : Speaker(network, dice, ledger, true), name(std::move(its_name)) {
        client->on(request_uri, [this](const Message& m, Connection&, Answer answer) {
            asked(m, std::move(answer));
        });
        client->on(subscribe_uri, [this](const Message& m, Connection&, Answer answer) {
            change_subscriber(m, create_uri);
            answer("");
        });
        client->on(unsubscribe_uri, [this](const Message& m, Connection&, Answer answer) {
            change_subscriber(m, delete_uri);
            answer("");
        });
        client->on(notify_uri, [this](const Message& m) {
            if (m.uri().starts_with("netaiod/") && !m.auth().contains("@")) {
                return;  // the daemon's own news
            }
            const auto from = origin_in(m);
            const bool hub = !from.empty() && from[0] == "server:hub";
            ledger_.expect(!from.empty(), "a program is told where it is from");
            ledger_.expect(!hub || wanted.contains(m.uri().str()),
                           "a program is told what it subscribed to");
        });
    }
    void register_name() {
        ask(OwnedMessage(create_uri, "netaiod/app", *pack(Dict{{"name", name}})), "");
    }
    void claim(bool release) {
        const std::string key = key_of(dice_.below(keys));
        const bool prefix = dice_.chance(0.2);
        Dict dict{{"type", dice_.chance(0.8) ? 0 : 5}};
        dict.set(prefix ? "prefix" : "uri", Bytes(prefix ? "k" : key));
        if (const unsigned how = dice_.below(3); how > 0) {
            dict.set("shared", how == 1 ? "turns" : "hash");
        }
        if (!release) {
            claimed.insert(prefix ? "k" : key);
        }
        ask(OwnedMessage(release ? delete_uri : create_uri, "netaiod/key",
                         *pack(Value(std::move(dict)))),
            "");
    }
    void subscribe(bool ends) {
        const std::string uri = "news" + std::to_string(dice_.below(3));
        wanted.insert(uri);
        ask(OwnedMessage(ends ? unsubscribe_uri : subscribe_uri, uri), "server:hub");
    }
    void send(MessageType type, std::string_view uri, std::string_view to) {
        OwnedMessage message(type, uri, "said");
        message.auth().set("@", to);
        (void)client->send(message);
    }

    const std::string name;
    std::set<std::string> claimed;
    std::set<std::string> wanted;
    std::string last_remote;

private:
    void asked(const Message& message, Answer answer) {
        const auto from = origin_in(message);
        const std::string uri = message.uri().str();
        ledger_.expect(!from.empty(), "a program is told who asks");
        ledger_.expect(from.empty() || from[0] != "app:liar", "nobody has another's name");
        if (!from.empty() && from[0].starts_with("memory:")) {
            last_remote = from[0];
            ledger_.expect(from.size() == 1, "the network has no identities here");
        }
        if (uri.starts_with("to/")) {
            ledger_.expect(uri.substr(3) == name, "who is asked by its name has that");
        } else {
            ledger_.expect(claimed.contains(uri) || claimed.contains("k"),
                           "a program is asked for what it claimed");
        }
        OwnedMessage reply(respond_uri, message.uri(), message.content());
        if (dice_.chance(0.2)) {
            reply.auth().set("@", "forged");
        }
        switch (dice_.below(8)) {
            case 0: held_.push_back(std::move(answer)); break;
            case 1: throw std::runtime_error("broken");
            case 2: later(std::move(reply), std::move(answer)); break;
            case 3: answer(Refusal::not_permitted()); break;
            default: answer(std::move(reply));
        }
        if (held_.size() > 8) {
            held_.clear();
        }
    }
    void later(OwnedMessage reply, Answer answer) {
        const auto timer = std::make_shared<Timer>(network_.executor());
        timer->expires_after(std::chrono::milliseconds(dice_.below(8000)));
        const auto what =
            std::make_shared<std::pair<OwnedMessage, Answer>>(std::move(reply), std::move(answer));
        timer->async_wait(
            [timer, what](boost::system::error_code) { what->second(std::move(what->first)); });
    }
    void change_subscriber(const Message& message, MessageType how) {
        const auto from = origin_in(message);
        if (!from.empty()) {
            ask(OwnedMessage(how, "netaiod/subscriber",
                             *pack(Dict{{"key", Bytes("t")}, {"who", Bytes(from[0])}})),
                "");
        }
    }

    std::vector<Answer> held_;
};

}  // namespace netaio::daemon
