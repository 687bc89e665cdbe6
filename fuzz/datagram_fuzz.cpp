// A UDP node with plugins, peers, requests and subscriptions is fed datagrams from several
// addresses while time passes: raw ones, and ones whose tags are right so that they get far. What
// it sends must be well formed, errors must not answer errors, who was not believed gets no more
// than was sent, and everything stays within its bounds.

#include <fuzzer/FuzzedDataProvider.h>

#include <core/datagram_node.hpp>
#include <core/layers.hpp>
#include <deque>
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

constexpr DatagramBounds bounds{.datagram_max = 2000,
                                .outbox_max = 8000,
                                .requests_max = 4,
                                .subscriptions_max = 3000,
                                .subscribers_max = 3,
                                .subscribers_per_host_max = 2,
                                .handlers_max = 2,
                                .replies_per_second = 2,
                                .unproven_bytes_per_second = 3000,
                                .unproven_bytes_per_second_total = 5000,
                                .sources_max = 3,
                                .introductions_max = 2,
                                .renewals_max = 2};
constexpr std::size_t peers_max = 5;

const Address& address(FuzzedDataProvider& input) {
    static const std::vector<Address> all{
        *Address::parse("192.0.2.1", 4000), *Address::parse("192.0.2.1", 4001),
        *Address::parse("192.0.2.2", 4000), *Address::parse("2001:db8::1", 4000),
        *Address::parse("fe80::1%1", 4000), *Address::parse("fe80::1%2", 4000)};
    return all[input.ConsumeIntegralInRange<std::size_t>(0, all.size() - 1)];
}

const Plugins& outer_plugins() {
    static const Plugins plugins{.auth = hmac_auth({.secret = "outer"}),
                                 .cipher = stream_cipher({.key = "outer"})};
    return plugins;
}

const Plugins& inner_plugins() {
    static const Plugins plugins{
        .auth = hmac_auth({.secret = "inner", .hmac_field = "hmac2"}),
        .cipher = stream_cipher({.key = "inner", .iv_field = "iv2", .encrypt_uri = false})};
    return plugins;
}

// Does what the first byte of the content says.
class Acting final : public Handler {
public:
    using Act = std::function<std::optional<OwnedMessage>(const Message&, const Address&)>;

    explicit Acting(Act act) : Handler(!act), act_(std::move(act)) {}
    std::optional<OwnedMessage> call(const Message& message, Source& source) const override {
        return act_(message, source.remote());
    }

private:
    Act act_;
};

class Fuzzed {
public:
    explicit Fuzzed(FuzzedDataProvider& input)
        : outer_(input.ConsumeBool() ? outer_plugins() : Plugins()),
          inner_(input.ConsumeBool() ? inner_plugins() : Plugins()),
          node_(std::make_shared<Node>(Role::node)),
          core_(
              node_, bounds, [this](auto handler) { running_.push_back(std::move(handler)); },
              [] {}) {
        node_->environment = {.clock = clock_,
                              .random = std::make_shared<test::CountingRandom>(),
                              .log = Log(LogLevel::trace, [](LogLevel, std::string_view) {})};
        node_->types = fuzz::types_with_custom();
        node_->outer = outer_;
        node_->local_peer = Peer{.id = "local"};
        node_->peer_plugin = std::make_shared<DefaultPeer>();
        node_->peers.set_peers_max(peers_max);
        add_handlers();
        core_.peer_manager().manage({.plugins = inner_});
        check_outbox();
    }

    ~Fuzzed() {
        core_.end_requests(Errc::cancelled);
        require(asked_ == told_);
    }

    void step(FuzzedDataProvider& input) {
        switch (input.ConsumeIntegralInRange(0, 9)) {
            case 0: pass(input); break;
            case 1: act(input); break;
            case 2: end_handler(input); break;
            default: receive(datagram(input), address(input)); break;
        }
        check_outbox();
        check_bounds();
    }

private:
    void add_handlers() {
        const auto acting = std::make_shared<Acting>(
            [this](const Message& message, const Address& from) { return handle(message, from); });
        for (const auto type :
             {MessageType::request_uri, MessageType::notify_uri, MessageType::error}) {
            node_->router.add(Key(type), {acting, {}});
        }
        node_->router.add(Key(MessageType::update_uri, "uri"), {acting, inner_});
        node_->router.add(Key(MessageType::create_uri),
                          {std::make_shared<Acting>(nullptr), inner_});
    }

    std::optional<OwnedMessage> handle(const Message& message, const Address& from) {
        acted_ = true;
        switch (message.content().empty() ? 0 : message.content().front() % 8) {
            case 0: return std::nullopt;
            case 1: return message.own();
            case 2: return respond(message.uri(), message.content());
            case 3: throw std::runtime_error("broken");
            case 4: (void)core_.subscribe(message.uri(), from); return ok(message.uri());
            case 5: (void)core_.broadcast(message, {}, outer_); return ok(message.uri());
            case 6: (void)core_.notify(message.uri(), message, inner_, outer_); return std::nullopt;
            default: request(from, message.uri()); return message.own();
        }
    }

    void request(const Address& to, ByteView uri) {
        auto message = OwnedMessage::make(MessageType::update_uri, uri, {});
        auto once = std::make_shared<bool>(false);
        const auto done = [this, once](std::error_code error, const Message* reply) {
            require(!std::exchange(*once, true));
            require(error ? reply == nullptr : reply != nullptr);
            ++told_;
        };
        if (message && core_.request(to, *message, inner_, std::chrono::seconds(1), done)) {
            ++asked_;
        }
    }

    void subscribe_there(const Address& to, ByteView uri, std::string_view words) {
        auto message = OwnedMessage::make(MessageType::subscribe_uri, uri, words);
        auto once = std::make_shared<bool>(false);
        const auto done = [this, once](std::error_code error, const Message* reply) {
            require(!std::exchange(*once, true));
            require(error ? reply == nullptr : reply != nullptr);
            ++told_;
        };
        if (message &&
            core_.subscribe_there(to, *message, true, inner_, std::chrono::seconds(1), done)) {
            ++asked_;
        }
    }

    void pass(FuzzedDataProvider& input) {
        clock_->advance(std::chrono::milliseconds(input.ConsumeIntegralInRange(0, 100'000)));
        core_.tick();
        require(!core_.next() || *core_.next() > clock_->steady_now());
    }

    void act(FuzzedDataProvider& input) {
        const Address& to = address(input);
        const OwnedMessage message(MessageType::publish_uri, "uri",
                                   input.ConsumeRandomLengthString(100));
        const char* words[] = {"", "prefix", "present"};
        switch (input.ConsumeIntegralInRange(0, 12)) {
            case 8: subscribe_there(to, "uri", input.PickValueInArray(words)); break;
            case 9: (void)core_.keep_introduced(to); break;
            case 10: core_.stop_introducing(to); break;
            case 11:
                (void)core_.grant(input.ConsumeRandomLengthString(3),
                                  SubscriptionWords::parse(input.PickValueInArray(words)), to);
                break;
            case 12: core_.renew_all(); break;
            case 0: request(to, "uri"); break;
            case 1: (void)core_.send(to, message, inner_, outer_); break;
            case 2: (void)core_.broadcast(message, inner_, outer_); break;
            case 3: (void)core_.notify("uri", message, inner_, outer_); break;
            case 4: (void)core_.subscribe(input.ConsumeRandomLengthString(10), to); break;
            case 5: core_.unsubscribe("uri", to); break;
            case 6: core_.peer_manager().stop_all(); break;
            default: core_.peer_manager().manage({.plugins = inner_}); break;
        }
    }

    void end_handler(FuzzedDataProvider& input) {
        if (running_.empty()) {
            return;
        }
        const auto handler = running_.front();
        running_.pop_front();
        if (input.ConsumeBool()) {
            core_.handler_ended(*handler, std::nullopt,
                                std::make_exception_ptr(std::runtime_error("broken")));
        } else {
            core_.handler_ended(*handler, handler->message.own(), {});
        }
    }

    std::string datagram(FuzzedDataProvider& input) {
        std::string bytes =
            input.ConsumeBool() ? sealed(input) : input.ConsumeRandomLengthString(2000);
        if (input.ConsumeBool() && !bytes.empty()) {
            bytes[input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1)] ^=
                static_cast<char>(1 << input.ConsumeIntegralInRange(0, 7));
        }
        return input.ConsumeBool() ? fuzz::with_good_checksum(std::move(bytes)) : bytes;
    }

    // A message with right tags, over anything.
    std::string sealed(FuzzedDataProvider& input) {
        const auto type = static_cast<MessageType>(input.ConsumeIntegralInRange(0, 51));
        const char* uris[] = {"uri", "netaio", ""};
        std::string content = input.ConsumeRandomLengthString(500);
        if (input.ConsumeBool()) {
            content = *node_->peer_plugin->pack(
                Peer{.id = input.ConsumeRandomLengthString(2), .data = std::move(content)});
        }
        OwnedMessage message(type, input.PickValueInArray(uris), content);
        const bool with_inner = input.ConsumeBool();
        const bool with_outer = !input.ConsumeBool();
        std::string out;
        require(!seal(message, with_inner ? inner_ : Plugins(), with_outer ? outer_ : Plugins(),
                      node_->context(nullptr)));
        require(!encode_message(message, out));
        return out;
    }

    void receive(std::string bytes, const Address& from) {
        const auto type = static_cast<MessageType>(bytes.empty() ? '\0' : bytes.front());
        const std::size_t size = bytes.size();
        const Tallies& tallies = core_.tallies();
        const auto unbelieved = [&] {
            return tallies.rejected_malformed.get() + tallies.rejected_checksum.get() +
                   (outer_.auth ? 0 : tallies.unhandled.get() + tallies.rejected_auth.get());
        };
        const auto before = unbelieved();
        acted_ = false;
        core_.receive(bytes, from);
        std::size_t answer = 0;
        for (const auto& item : core_.outbox().items) {
            answer += item.size;
            const auto reply = static_cast<MessageType>(core_.outbox().view(item).front());
            require(acted_ || !is_error(type, node_->types) || !is_error(reply, node_->types));
        }
        require(acted_ || unbelieved() == before || answer <= size);
    }

    // Takes out what is to be sent.
    void check_outbox() {
        Outbox& outbox = core_.outbox();
        require(outbox.end() == outbox.bytes.size());
        for (const auto& item : outbox.items) {
            require(item.size <= bounds.datagram_max && item.at + item.size <= outbox.end());
            std::string bytes = outbox.view(item).str();
            const auto frame = datagram_frame(bytes, node_->types);
            require(frame && frame->checksum_ok() && frame->message());
        }
        outbox.clear();
    }

    void check_bounds() {
        std::set<Address> addresses;
        for (const auto& peer : node_->peers.all()) {
            require(peer->id != "local" && !peer->addresses.empty());
            addresses.insert(peer->addresses.begin(), peer->addresses.end());
            for (const Address& one : peer->addresses) {
                require(node_->peers.find(one) != nullptr);
            }
        }
        require(node_->peers.all().size() <= peers_max && addresses.size() <= peers_max);
        require(asked_ - told_ <= bounds.requests_max);
        require(running_.size() <= bounds.handlers_max);
        require(core_.subscriber_count("uri") <= bounds.subscribers_max);
    }

    std::shared_ptr<test::FixedClock> clock_ = std::make_shared<test::FixedClock>();
    Plugins outer_;
    Plugins inner_;
    std::shared_ptr<Node> node_;
    std::deque<std::shared_ptr<Suspended>> running_;
    bool acted_ = false;  // a handler of ours saw the datagram in hand
    std::size_t asked_ = 0;
    std::size_t told_ = 0;
    DatagramNode core_;
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    Fuzzed fuzzed(input);
    for (int i = 0; i < 24 && input.remaining_bytes() > 0; ++i) {
        fuzzed.step(input);
    }
    return 0;
}
