// Nodes of all roles are fed bytes, as they come and as the content of messages that are correctly
// sealed: whatever they send must be well formed, and nothing may be thrown.

#include <fuzzer/FuzzedDataProvider.h>

#include <core/dispatcher.hpp>
#include <core/layers.hpp>
#include <core/peer_handler.hpp>
#include <netaio/default_peer.hpp>
#include <netaio/make.hpp>
#include <netaio/stream_cipher.hpp>
#include <stdexcept>

#include "support.hpp"
#include "support/fixed_environment.hpp"

namespace {

using namespace netaio;
using namespace netaio::core;
using fuzz::require;

const Address remote_address = *Address::parse("192.0.2.1", 4000);

const std::vector<Plugins>& layers(bool outer) {
    const auto make = [](const char* tag, const char* iv) {
        const auto auth = hmac_auth({.secret = tag, .hmac_field = tag});
        const auto old = hmac_auth({.secret = tag, .hmac_field = tag, .dialect = Dialect::v0_0_8});
        return std::vector<Plugins>{
            {},
            {.auth = auth},
            {.auth = auth,
             .cipher = stream_cipher({.key = tag, .iv_field = iv, .encrypt_uri = false})},
            {.auth = auth, .cipher = stream_cipher({.key = tag, .iv_field = iv})},
            {.cipher = stream_cipher({.key = tag, .iv_field = iv})},
            {.auth = old,
             .cipher = stream_cipher(
                 {.key = tag, .iv_field = iv, .encrypt_uri = false, .dialect = Dialect::v0_0_8})}};
    };
    static const auto all_outer = make("hmac", "iv");
    static const auto all_inner = make("hmac2", "iv2");
    return outer ? all_outer : all_inner;
}

// Answers in the way that the first byte of the content says.
class Answering final : public Handler {
public:
    Answering() : Handler(false) {}

    std::optional<OwnedMessage> call(const Message& message, Source&) const override {
        switch (message.content().empty() ? 0 : message.content().front() % 5) {
            case 0: return std::nullopt;
            case 1: return message.own();
            case 2: return respond(message.uri(), message.content());
            case 3: throw std::runtime_error("broken");
            default: return error(message.uri(), message.content());
        }
    }
};

class Suspending final : public Handler {
public:
    Suspending() : Handler(true) {}
    std::optional<OwnedMessage> call(const Message&, Source&) const override { std::abort(); }
};

class Remote final : public Source {
public:
    const Address& remote() const noexcept override { return remote_address; }
    void push(OwnedMessage message, const Plugins&) override { require(message.body().owns()); }
    RequestTable* requests() noexcept override { return table; }

    RequestTable* table = nullptr;
};

class Fuzzed {
public:
    explicit Fuzzed(FuzzedDataProvider& input)
        : node_(input.PickValueInArray({Role::server, Role::client, Role::node})),
          outer_(pick(input, true)),
          inner_(pick(input, false)),
          dispatcher_(node_, tallies_) {
        node_.environment = test::fixed_environment();
        node_.environment.log = Log(LogLevel::trace, [](LogLevel, std::string_view) {});
        node_.types = fuzz::types_with_custom();
        node_.outer = outer_;
        node_.local_peer = Peer{.id = "local"};
        node_.peer_plugin = std::make_shared<DefaultPeer>();
        if (input.ConsumeBool()) {
            node_.on_auth_error = [](const AuthPlugin& plugin, const Message&) {
                return plugin.error();
            };
        }
        add_handlers(input.ConsumeBool());
        if (node_.role == Role::client) {
            remote_.table = &requests_;
        }
    }

    void step(FuzzedDataProvider& input) {
        add_request(input);
        std::string bytes =
            input.ConsumeBool() ? sealed(input) : input.ConsumeRandomLengthString(2000);
        if (input.ConsumeBool() && !bytes.empty()) {
            bytes[input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1)] ^= 1;
        }
        if (input.ConsumeBool()) {
            bytes = fuzz::with_good_checksum(std::move(bytes));
        }
        receive(std::move(bytes));
    }

private:
    static Plugins pick(FuzzedDataProvider& input, bool outer) {
        const auto& all = layers(outer);
        return all[input.ConsumeIntegralInRange<std::size_t>(0, all.size() - 1)];
    }

    void add_handlers(bool suspend) {
        const auto answering = std::make_shared<Answering>();
        node_.router.add(Key(MessageType::request_uri), {answering, inner_});
        node_.router.add(Key(MessageType::notify_uri), {answering, {}});
        node_.router.add(Key(MessageType::error), {answering, {}});
        if (suspend) {
            node_.router.add(Key(MessageType::publish_uri),
                             {std::make_shared<Suspending>(), inner_});
        }
        if (!(inner_.cipher && inner_.cipher->hides_uri())) {
            node_.router.add(Key(MessageType::create_uri, "uri"), {answering, inner_});
        }
        management_ = std::make_shared<PeerManagement>(
            PeerManagement{node_.peers, node_.environment, *node_.peer_plugin, *node_.local_peer});
        for (const auto type :
             {MessageType::advertise_peer, MessageType::peer_discovered, MessageType::disconnect}) {
            node_.router.add(Key(type, "netaio"), {peer_handler(type, management_), {}});
        }
    }

    void add_request(FuzzedDataProvider& input) {
        if (!remote_.table || !input.ConsumeBool()) {
            return;
        }
        const auto completion = [](std::error_code error, const Message* reply) {
            require(error ? reply == nullptr : reply != nullptr);
        };
        const auto type =
            input.PickValueInArray({MessageType::request_uri, MessageType::update_uri});
        const auto id = requests_.add(input.ConsumeBool() ? "uri" : "", type,
                                      input.ConsumeBool() ? inner_ : Plugins(), {}, completion);
        if (id && input.ConsumeBool()) {
            requests_.give_up(*id);
        }
    }

    std::string sealed(FuzzedDataProvider& input) {
        const auto type = static_cast<MessageType>(input.ConsumeIntegralInRange(0, 51));
        const char* uris[] = {"uri", "netaio", ""};
        const bool known = input.ConsumeBool();
        std::string uri =
            known ? input.PickValueInArray(uris) : input.ConsumeRandomLengthString(100);
        std::string content = input.ConsumeRandomLengthString(1000);
        if (uri == "netaio") {
            const Peer peer{.id = input.ConsumeRandomLengthString(2)};
            content = node_.peer_plugin->pack(peer).value();
        }
        // Now and then one of them is so long that little room is left.
        switch (input.ConsumeIntegralInRange(0, 31)) {
            case 31: content.resize(Body::payload_max - 10 - uri.size(), 'x'); break;
            case 30: uri.resize(Body::payload_max - content.size(), 'x'); break;
            default: break;
        }
        OwnedMessage message(type, uri, content);
        const Plugins inner = input.ConsumeBool() ? inner_ : Plugins();
        const Plugins outer = input.ConsumeBool() ? outer_ : Plugins();
        std::string out;
        if (seal(message, inner, outer, node_.context(nullptr)) || encode_message(message, out)) {
            return {};
        }
        return out;
    }

    // As a datagram for a node, as what a stream brought for the others.
    void receive(std::string bytes) {
        std::span<char> rest(bytes);
        if (node_.role == Role::node) {
            if (const auto frame = datagram_frame(rest, node_.types, node_.limits)) {
                handle(*frame);
            }
            return;
        }
        while (true) {
            const auto frame = next_frame(rest, node_.types, node_.limits);
            if (!frame || !*frame) {
                return;
            }
            rest = rest.subspan((*frame)->header.frame_size());
            handle(**frame);
        }
    }

    void handle(const Frame& frame) {
        std::string out;
        Outcome outcome = dispatcher_.receive(frame, remote_, out);
        const bool client = node_.role == Role::client;
        switch (outcome.kind) {
            case Outcome::Kind::suspended: {
                const OwnedMessage kept = outcome.message->own();
                const auto broken = std::make_exception_ptr(std::runtime_error("broken"));
                for (const auto& failure : {std::exception_ptr(), broken}) {
                    Suspended handler(remote_.remote(), *outcome.route, kept.own());
                    dispatcher_.ended(handler, kept.own(), failure, remote_, out);
                }
                break;
            }
            case Outcome::Kind::returned: require(client && outcome.message.has_value()); break;
            case Outcome::Kind::discarded: require(client); break;
            case Outcome::Kind::fatal: require(outcome.error && out.empty()); break;
            default: break;
        }
        require(!client || out.empty());
        check_sent(out);
    }

    void check_sent(std::string& out) {
        std::span<char> rest(out);
        while (!rest.empty()) {
            const auto frame = next_frame(rest, node_.types);
            require(frame && *frame && (*frame)->checksum_ok() && (*frame)->message());
            rest = rest.subspan((*frame)->header.frame_size());
        }
    }

    Node node_;
    Plugins outer_;
    Plugins inner_;
    Tallies tallies_;
    Dispatcher dispatcher_;
    RequestTable requests_{8};
    Remote remote_;
    std::shared_ptr<PeerManagement> management_;
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    Fuzzed fuzzed(input);
    for (int i = 0; i < 8 && input.remaining_bytes() > 0; ++i) {
        fuzzed.step(input);
    }
    return 0;
}
