#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <netaio/daemon_client.hpp>
#include <netaio/testing.hpp>

#include "support/naming_auth.hpp"
#include "support/net.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::test {

using Strings = std::vector<std::string>;

inline Address address(std::string_view text) {
    return Address::parse(text).value();
}

/// The daemon's end of the link, as far as its clients can tell: writes down what it is told, and
/// answers as whoever it was asked to ask.
class FakeDaemon {
public:
    explicit FakeDaemon(TestNetwork& network)
        : network_(network),
          server_(network.executor(),
                  network.options(TcpServerOptions{.half_close = false}, "daemon")) {
        server_.set_connect_handler([this](Connection& connection) {
            program_ = connection.shared();
            return true;
        });
        for (const auto type : {create_uri, delete_uri}) {
            server_.on(type, prefix("netaiod/"),
                       [this](const Message& message) { return take(message); });
        }
        server_.on({request_uri, "netaiod/peers"}, [this] {
            List all;
            for (const auto& id : peers) {
                all.items.emplace_back(peer_dict(id, "data"));
            }
            return peers_answer.empty() ? *pack(Value(all)) : peers_answer;
        });
        server_.on({request_uri, "netaio/alive"}, [this](const Message&) {
            return reply(believes_nobody ? MessageType::auth_error : MessageType::respond_uri);
        });
        server_.on({request_uri, "silent"},
                   [](const Message&) -> std::optional<OwnedMessage> { return std::nullopt; });
        for (const auto type : {request_uri, create_uri}) {
            server_.on(type, [](const Message& message) { return where(message); });
        }
        for (const auto type : {subscribe_uri, unsubscribe_uri}) {
            server_.on(type, [this](const Message& message) -> Reply {
                sent.push_back(where(message));
                if (refuses_subscriptions) {
                    throw Refusal::not_permitted("no more");
                }
                return {message.uri() == "present"      ? "present\n21"
                        : message.content() == "prefix" ? "prefix\n"
                                                        : ""};
            });
        }
        server_.set_default_handler(
            [this](const Message& message) { sent.push_back(where(message)); });
        EXPECT_FALSE(server_.start());
    }

    /// What comes of a message to the program: type, uri and content of the answer.
    std::string ask_from(OwnedMessage message, std::string_view origin,
                         const std::shared_ptr<const AuthPlugin>& inner_auth = nullptr) {
        std::string answered = "nothing";
        start(std::move(message), origin, inner_auth, answered);
        network_.run();
        network_.advance(2s);
        return answered;
    }
    std::string ask(OwnedMessage message, const Strings& origin,
                    const std::shared_ptr<const AuthPlugin>& inner_auth = nullptr) {
        return ask_from(std::move(message), packed(origin), inner_auth);
    }
    void ask_later(OwnedMessage message, const Strings& origin, std::string& answered) {
        start(std::move(message), packed(origin), nullptr, answered);
    }

    void notify(std::string_view uri, std::string_view content, const Strings& origin = {}) {
        OwnedMessage message(notify_uri, uri, content);
        if (!origin.empty()) {
            message.auth().set("@", packed(origin));
        }
        EXPECT_FALSE(program_->send(message));
    }
    void tell_of_peer(std::string_view what, const std::string& id, std::string_view data = "data",
                      const Strings& origin = {}) {
        notify("netaiod/peer/" + std::string(what), *pack(Value(peer_dict(id, data))), origin);
    }
    void tell_of_lost(std::string_view who, std::string_view uri, const Strings& origin = {}) {
        notify("netaiod/subscription/lost",
               *pack(Dict{{"who", Bytes{ByteView(who)}}, {"uri", Bytes{ByteView(uri)}}}), origin);
    }
    /// Has the far end's `far` an inner layer.
    void protect_far(std::shared_ptr<const AuthPlugin> inner_auth) {
        server_.on({request_uri, "far"}, {.auth = std::move(inner_auth)},
                   [](const Message& message) { return where(message); });
    }

    Strings said;               // of the program
    Strings sent;               // to others, and subscriptions
    std::string answer_was_to;  // the field of the last answer
    std::string owned;          // a uri of another program
    Strings peers;
    std::map<std::string, Strings> peers_at;
    std::string peers_answer;
    bool refuses_app = false;
    bool believes_nobody = false;
    bool refuses_subscriptions = false;

private:
    static std::string packed(const Strings& origin) {
        List list;
        for (const auto& each : origin) {
            list.items.emplace_back(Bytes{each});
        }
        return *pack(Value(list));
    }
    Dict peer_dict(const std::string& id, std::string_view data) const {
        const auto at = peers_at.find(id);
        List addresses;
        for (const auto& each : at == peers_at.end() ? Strings{"10.0.0.2:8888"} : at->second) {
            addresses.items.emplace_back(Bytes{each});
        }
        return {{"id", Bytes{id}}, {"data", Bytes{ByteView(data)}}, {"addresses", addresses}};
    }
    static std::string where(const Message& message) {
        return message.uri().str() + " to " + message.auth().bytes("@").value_or("").str();
    }
    static std::string text_of(const Value& value) {
        if (const auto bytes = value.as_bytes()) {
            return bytes->str();
        }
        if (const auto text = value.as_str()) {
            return std::string(*text);
        }
        if (const auto flag = value.as_bool()) {
            return *flag ? "yes" : "no";
        }
        return std::to_string(value.as_int().value_or(-1));
    }
    OwnedMessage take(const Message& message) {
        const auto value = unpack(message.content());
        const Dict* dict = value ? value->as_dict() : nullptr;
        Strings fields;
        for (const auto& [key, field] : *dict) {
            fields.push_back(text_of(key) + "=" + text_of(field));
        }
        std::ranges::sort(fields);
        std::string line = (message.type() == delete_uri ? "no " : "") + message.rest().str();
        for (const auto& field : fields) {
            line += " " + field;
        }
        said.push_back(line);
        const Value* uri = dict->find("uri");
        if (message.rest() == "app" && refuses_app) {
            return OwnedMessage(MessageType::not_permitted, message.uri(), "not you");
        }
        if (uri && !owned.empty() && text_of(*uri) == owned) {
            return OwnedMessage(MessageType::not_permitted, message.uri(), "served by window");
        }
        return ok(message.uri());
    }
    void start(OwnedMessage message, std::string_view origin,
               const std::shared_ptr<const AuthPlugin>& inner_auth, std::string& answered) {
        message.auth().set("@", origin);
        server_.exchange(*program_, std::move(message), {.timeout = 1min, .auth = inner_auth},
                         [&](std::error_code error, const OwnedMessage& reply) {
                             answered = error
                                            ? error.message()
                                            : std::string(MessageTypes().name(reply.type())) + " " +
                                                  reply.uri().str() + " " + reply.content().str();
                             answer_was_to = reply.auth().bytes("@").value_or("").str();
                         });
    }

    TestNetwork& network_;
    TcpServer server_;
    std::shared_ptr<Connection> program_;
};

/// A client of a daemon that is none, in a network and a time of their own.
class DaemonClientTest : public ::testing::Test {
protected:
    DaemonClientTest() { make(); }

    void make() {
        client.reset();
        DaemonClientOptions how = options;
        how.socket = TestNetwork::address("daemon").str();
        how.app = "thermostat";
        how.environment = network.environment();
        how.environment.log = lines.log();
        how.keep.on_state = [this](ConnectionState state, std::error_code, unsigned) {
            states.emplace_back(to_string(state));
        };
        client.emplace(network.executor(), std::move(how));
    }
    void start() {
        EXPECT_FALSE(client->start());
        network.run();
    }
    /// A program that has been asked something, and has not answered yet.
    void start_and_ask() {
        client->on({request_uri, "a"},
                   [this](const Message&, Answer answer) { asks = std::move(answer); });
        start();
        daemon->ask_later({request_uri, "a"}, {"app:x"}, answered);
        network.run();
    }
    void start_daemon() { daemon.emplace(network); }
    void stop_daemon() {
        daemon.reset();
        network.run();
    }
    void restart() {
        stop_daemon();
        start_daemon();
    }
    /// What comes of a question to the program.
    std::string asked(std::string_view uri, const Strings& origin = {"10.0.0.2:8888"},
                      const std::shared_ptr<const AuthPlugin>& inner = nullptr) {
        return daemon->ask({request_uri, uri, "question"}, origin, inner);
    }
    std::error_code failure(awaitable<OwnedMessage> call) {
        try {
            network.run(std::move(call), 1min);
        } catch (const Error& error) {
            return error.code();
        }
        return {};
    }

    LogLines lines;
    TestNetwork network;
    std::optional<FakeDaemon> daemon{std::in_place, network};
    DaemonClientOptions options;
    Strings states;
    std::optional<DaemonClient> client;
    std::optional<Answer> asks;  // of start_and_ask(), and what came of it
    std::string answered;
    const Address far = address("10.0.0.2:8888");
};

}  // namespace netaio::test
