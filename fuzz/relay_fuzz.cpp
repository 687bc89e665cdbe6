// A daemon is told anything by a program, and by a client of the network: whoever else is there is
// told nothing false, none of it is left when they go, and no bound is passed.

#include <fuzzer/FuzzedDataProvider.h>

#include <netaio/packify.hpp>
#include <netaio/testing.hpp>
#include <relay.hpp>

#include "support.hpp"

namespace {

using namespace netaio;
using namespace netaio::daemon;
using namespace std::chrono_literals;
using fuzz::require;

constexpr std::size_t registrations_max = 8;
constexpr std::size_t servers_max = 2;

RelayOptions fuzzed_options(const TestNetwork& network, FuzzedDataProvider& input) {
    RelayOptions options;
    options.socket = TestNetwork::address("netaiod");
    options.tcp = network.options(TcpServerOptions(), "machine");
    options.environment = network.environment();
    options.types = fuzz::types_with_custom();
    options.types.set_answer(static_cast<MessageType>(50), static_cast<MessageType>(51));
    options.answer_timeout = 5s;
    options.servers["hub"] = {TestNetwork::address("hub").str()};
    options.quota.app.registrations = registrations_max;
    options.quota.servers = servers_max;
    options.any_address = input.ConsumeBool();
    return options;
}

// Somebody over a client; what it is told is for `told` to judge.
class Speaker {
public:
    Speaker(TestNetwork& network, bool is_program, std::function<void(const Message&)> told)
        : client(network.executor(), network.options(options(is_program))) {
        client.set_auth_error_handler({});
        for (const auto type : {request_uri, create_uri, update_uri, delete_uri, subscribe_uri,
                                unsubscribe_uri, publish_uri, notify_uri, MessageType(50)}) {
            client.on(type, [told](const Message& message) -> std::optional<OwnedMessage> {
                told(message);
                if (message.type() == notify_uri) {
                    return std::nullopt;
                }
                return OwnedMessage(respond_uri, message.uri(), message.content());
            });
        }
        network.run(client.connect(TestNetwork::address(is_program ? "netaiod" : "machine")));
        client.start_receive_loop();
    }

    TcpClient client;

private:
    static TcpClientOptions options(bool is_program) {
        TcpClientOptions made;
        made.answers = is_program;
        made.types = fuzz::types_with_custom();
        return made;
    }
};

class Fuzzed {
public:
    explicit Fuzzed(FuzzedDataProvider& input)
        : options_(fuzzed_options(network_, input)),
          hub_(network_.executor(), network_.options(TcpServerOptions(), "hub")),
          relay_(std::make_shared<Relay>(network_.executor(), options_)) {
        hub_.set_default_handler([](const Message& message, Connection&) {
            require(!message.auth().contains("@"));
            return ok(message.uri());
        });
        hub_.grant_subscriptions();
        require(!hub_.start() && !relay_->start());
        good_.emplace(network_, true, [](const Message& message) {
            const auto field = message.auth().bytes("@");
            const auto from = field ? unpack(*field) : Result<Value>(Errc::malformed);
            require(from && from->as_list() && !from->as_list()->items.empty());
            require(!message.uri().starts_with("netaiod/") || message.type() != notify_uri);
            for (const Value& each : from->as_list()->items) {
                require(each.as_bytes() && *each.as_bytes() != ByteView("app:good"));
            }
        });
        tell("netaiod/app", Dict{{"name", "good"}});
        for (const int type : {0, 5, 8, 50}) {
            tell("netaiod/key", Dict{{"type", type}, {"prefix", Bytes("")}});
        }
    }

    void step(FuzzedDataProvider& input) {
        switch (input.ConsumeIntegralInRange(0, 9)) {
            case 0:
                network_.advance(std::chrono::milliseconds(input.ConsumeIntegral<std::uint16_t>()));
                break;
            case 1: hostile_.reset(); break;
            case 2: remote_.reset(); break;
            case 3: (void)hub_.notify(uri(input), notify(uri(input), "now")); break;
            case 4:
            case 5: from_remote(input); break;
            case 6: control(input); break;
            default: from_program(input);
        }
        if (input.ConsumeBool()) {
            network_.run();
        }
        require(relay_->upstreams().size() <= servers_max + 1);
        require(relay_->upstreams().subscription_count() <= registrations_max);
        require(relay_->registry().apps().size() <= 2);
        (void)relay_->status();
    }

    void finish() {
        hostile_.reset();
        remote_.reset();
        network_.run();
        require(relay_->registry().apps().size() == 1);
        require(relay_->upstreams().subscription_count() == 0);
        const std::weak_ptr<Relay> gone = relay_;
        relay_.reset();
        require(gone.expired());
        network_.advance(5min);
        require(hub_.connection_count() == 0);
    }

private:
    void tell(std::string_view what, const Value& content) {
        const auto reply =
            network_.run(good_->client.exchange(create_uri, what, *pack(content)), 1min);
        require(reply.type() == MessageType::ok);
    }
    static std::string uri(FuzzedDataProvider& input) {
        return input.ConsumeBool()
                   ? input.PickValueInArray({"lamp", "news", "netaiod/app", "netaiod/peer/left",
                                             "netaio/alive", "netaiod/watch/", "netaiod/status"})
                   : input.ConsumeRandomLengthString(40);
    }
    std::string far_end(FuzzedDataProvider& input) const {
        if (input.ConsumeBool()) {
            return input.PickValueInArray({"", "app:good", "app:hostile", "server:hub", "peers:",
                                           "group:", "subscribers:", "subscribers:t", "memory:hub",
                                           "memory:no", "memory:none", "memory:never"});
        }
        std::string any = input.ConsumeRandomLengthString(40);
        // Nothing is to reach the network of the machine.
        return options_.any_address && FarEnd::parse(any) ? std::string() : any;
    }
    static OwnedMessage message(FuzzedDataProvider& input) {
        const auto type = static_cast<MessageType>(input.ConsumeIntegralInRange(0, 52));
        const bool known = fuzz::types_with_custom().contains(type);
        OwnedMessage made(known ? type : notify_uri, uri(input),
                          input.ConsumeRandomLengthString(60));
        if (input.ConsumeBool()) {
            made.auth().set(input.ConsumeRandomLengthString(3), "field");
        }
        return made;
    }
    void send(Speaker& from, OwnedMessage what, bool asks) {
        if (asks) {
            from.client.exchange(std::move(what), {.timeout = 1min}, [](auto, auto&&) {});
        } else {
            (void)from.client.send(what);
        }
    }
    Speaker& hostile(FuzzedDataProvider& input) {
        if (!hostile_) {
            hostile_.emplace(network_, true, [](const Message&) {});
            if (input.ConsumeBool()) {
                const auto app = pack(Dict{{"name", "hostile"}});
                send(*hostile_, OwnedMessage(create_uri, "netaiod/app", *app), true);
            }
        }
        return *hostile_;
    }
    void from_program(FuzzedDataProvider& input) {
        Speaker& from = hostile(input);
        OwnedMessage what = message(input);
        if (input.ConsumeIntegralInRange(0, 9) == 0) {
            what.auth().set_integer("@", 1);
        } else {
            what.auth().set("@", far_end(input));
        }
        send(from, std::move(what), input.ConsumeBool());
    }
    void control(FuzzedDataProvider& input) {
        Speaker& from = hostile(input);
        Dict dict;
        for (unsigned i = input.ConsumeIntegralInRange(0u, 4u); i > 0; --i) {
            const std::string name =
                input.PickValueInArray({"name", "app_id", "type", "uri", "prefix", "shared", "key",
                                        "who", "advertise_ms"});
            switch (input.ConsumeIntegralInRange(0, 3)) {
                case 0: dict.set(name, input.ConsumeIntegralInRange(-2, 300)); break;
                case 1: dict.set(name, input.ConsumeBool()); break;
                case 2:
                    dict.set(name, Bytes(input.ConsumeBool() ? far_end(input) : uri(input)));
                    break;
                default:
                    dict.set(name, input.PickValueInArray({"turns", "hash", "good", "hostile"}));
            }
        }
        const auto type = input.PickValueInArray({create_uri, delete_uri, request_uri});
        const std::string what =
            input.PickValueInArray({"netaiod/app", "netaiod/key", "netaiod/subscriber"});
        auto content = pack(Value(std::move(dict)));
        send(from, OwnedMessage(type, what, content ? *content : ""), true);
    }
    void from_remote(FuzzedDataProvider& input) {
        if (!remote_) {
            remote_.emplace(network_, false,
                            [](const Message& told) { require(!told.auth().contains("@")); });
        }
        OwnedMessage what = message(input);
        if (input.ConsumeBool()) {
            what.auth().set("@", far_end(input));
        }
        send(*remote_, std::move(what), input.ConsumeBool());
    }

    TestNetwork network_;
    RelayOptions options_;
    TcpServer hub_;
    std::shared_ptr<Relay> relay_;
    std::optional<Speaker> good_;
    std::optional<Speaker> hostile_;
    std::optional<Speaker> remote_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    Fuzzed fuzzed(input);
    while (input.remaining_bytes() > 0) {
        fuzzed.step(input);
    }
    fuzzed.finish();
    return 0;
}
