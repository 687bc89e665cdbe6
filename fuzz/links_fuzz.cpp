// Two UDP nodes that have sessions, and a network between them that does as the fuzzer says: what
// they send is lost, kept and sent again, changed, or comes from somewhere else; others say things
// in clear; time passes, and either node may start anew. Nothing but what one said is heard from it
// in a session, each once; every request ends once; all keeps its bounds, and no time is due that
// passed.

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <core/datagram_node.hpp>
#include <core/layers.hpp>
#include <core/session_handler.hpp>
#include <deque>
#include <netaio/default_peer.hpp>
#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>
#include <set>

#include "support.hpp"
#include "support/calling_handler.hpp"
#include "support/fixed_environment.hpp"

namespace {

using namespace netaio;
using namespace netaio::core;
using fuzz::require;

constexpr std::size_t kept_max = 32;

const std::array<Address, 4>& addresses() {
    static const std::array<Address, 4> all{
        *Address::parse("192.0.2.1", 4000), *Address::parse("192.0.2.2", 4000),
        *Address::parse("192.0.2.3", 4000), *Address::parse("2001:db8::1", 4000)};
    return all;
}

DatagramBounds small_bounds() {
    DatagramBounds bounds;
    bounds.outbox_max = 20'000;
    bounds.requests_max = 8;
    bounds.links = {.links_max = 3,
                    .links_per_host_max = 2,
                    .path_size = 300,
                    .path_size_max = 2000,
                    .handshakes_per_second = 6,
                    .handshakes_per_host = 3};
    return bounds;
}

struct Datagram {
    Address from;
    Address to;
    std::string bytes;
};

class End {
public:
    struct Setup {
        char seed;
        SessionPolicy policy;
        bool pinned;
        bool secret;
        bool fragments;
    };

    End(const Address& where, char other, const Setup& setup, std::shared_ptr<Clock> clock,
        std::shared_ptr<Random> random, std::set<std::string>& said)
        : at(where),
          said_(said),
          node(std::make_shared<Node>(Role::node)),
          core(
              prepared(other, setup, std::move(clock), std::move(random)),
              [&] {
                  DatagramBounds bounds = small_bounds();
                  bounds.links.fragments = setup.fragments;
                  return bounds;
              }(),
              [](auto) {}, [] {}) {
        const auto hear = [this](const Message& message, Source& source) {
            heard(message, source);
            return std::optional<OwnedMessage>();
        };
        node->router.add(Key(MessageType::notify_uri), test::calling(hear));
        node->router.add(Key(MessageType::request_uri),
                         test::calling([this](const Message& message, Source& source) {
                             heard(message, source);
                             (void)core.subscribe("news", source.remote());
                             return respond(message.uri(), message.content());
                         }));
    }
    ~End() {
        core.end_sessions();
        core.end_requests(Errc::cancelled);
        require(asked_ == told_);
        require(core.link_count() == 0 && core.held_bytes() == 0);
    }

    void ask(const Address& to, const std::string& content) {
        const auto told = std::make_shared<bool>(false);
        said_.insert(content);
        const auto id = core.request(to, request("uri", content), {}, std::chrono::seconds(5),
                                     [this, told](std::error_code error, const Message* reply) {
                                         require(!std::exchange(*told, true));
                                         require(error ? reply == nullptr : reply != nullptr);
                                         ++told_;
                                     });
        asked_ += id ? 1 : 0;
    }

    const Address at;
    bool in_group = false;  // what it hears was said to the group

private:
    std::set<std::string>& said_;

public:
    std::shared_ptr<Node> node;
    DatagramNode core;

private:
    std::shared_ptr<Node> prepared(char other, const Setup& setup, std::shared_ptr<Clock> clock,
                                   std::shared_ptr<Random> random) {
        node->environment = {.clock = std::move(clock),
                             .random = std::move(random),
                             .log = Log(LogLevel::trace, [](LogLevel, std::string_view) {})};
        if (setup.secret) {
            node->outer = Plugins{.auth = hmac_auth({.secret = "secret"})};
        }
        node->local_peer = Peer{.id = std::string(1, setup.seed)};
        node->peer_plugin = std::make_shared<DefaultPeer>();
        SessionOptions options{.policy = setup.policy, .seed = Secret(std::string(32, setup.seed))};
        if (setup.pinned) {
            options.peer_keys = {session_key(Secret(std::string(32, other)))};
        }
        options.admits = [](const SessionPeer&) { return true; };
        node->session = std::make_shared<const SessionTerms>(options, node->outer.get(), false,
                                                             *node->environment.random);
        serve_sessions(*node);
        return node;
    }

    // In a session only what the other said, once.
    void heard(const Message& message, const Source& source) {
        if (source.sealed()) {
            require(said_.contains(message.content().str()));
            // A notification goes to each address that is subscribed.
            const bool first = heard_.insert(message.content().str()).second;
            require(first || message.uri() == "news");
            require(message.who().name("session").has_value());
        } else {
            require(in_group || node->session->options.policy != SessionPolicy::require);
        }
    }

    std::set<std::string> heard_;
    int asked_ = 0;
    int told_ = 0;
};

class Network {
public:
    explicit Network(FuzzedDataProvider& input) : input_(input) {
        const SessionPolicy policies[] = {SessionPolicy::offer, SessionPolicy::require};
        for (char seed : {'a', 'b'}) {
            setups_.push_back({seed, input.PickValueInArray(policies), input.ConsumeBool(),
                               input.ConsumeBool(), input.ConsumeBool()});
            ends_.push_back(nullptr);
            start(ends_.size() - 1);
        }
    }

    void step() {
        switch (input_.ConsumeIntegralInRange(0, 12)) {
            case 0: pass(); break;
            case 1: forge(); break;
            case 2: start(which()); break;
            case 3:
            case 4: say(); break;
            case 5: again(); break;
            case 6: deliver_all(); break;
            default: deliver_one(); break;
        }
        take();
    }

private:
    std::size_t which() { return input_.ConsumeIntegralInRange<std::size_t>(0, 1); }
    const Address& somewhere() {
        return addresses()[input_.ConsumeIntegralInRange<std::size_t>(0, addresses().size() - 1)];
    }

    void start(std::size_t i) {
        ends_[i].reset();
        ends_[i] = std::make_unique<End>(addresses()[i], i == 0 ? 'b' : 'a', setups_[i], clock_,
                                         random_, said_);
    }

    void take() {
        for (const auto& end : ends_) {
            Outbox& outbox = end->core.outbox();
            require(outbox.end() == outbox.bytes.size());
            for (const auto& item : outbox.items) {
                std::string bytes = outbox.view(item).str();
                require(bytes.size() <= (item.whole ? 2000U : 65507U));
                const auto frame = datagram_frame(bytes, {}, {frame_size_max, true});
                require(frame && frame->checksum_ok());
                if (!item.to_group) {
                    sent_.push_back({end->at, item.to, std::move(bytes)});
                }
            }
            outbox.clear();
            require(end->core.link_count() <= 3);
        }
        while (sent_.size() > kept_max) {
            sent_.pop_front();
        }
    }

    void deliver(Datagram datagram) {
        kept_.push_back(datagram);
        if (kept_.size() > kept_max) {
            kept_.erase(kept_.begin());
        }
        for (const auto& end : ends_) {
            if (end->at == datagram.to) {
                end->core.receive(datagram.bytes, datagram.from);
                return;
            }
        }
        // Whoever is behind another address is the one who said that.
        ends_[datagram.from == ends_[0]->at ? 1 : 0]->core.receive(datagram.bytes, datagram.from);
    }
    void deliver_one() {
        if (sent_.empty()) {
            return;
        }
        Datagram datagram = std::move(sent_.front());
        sent_.pop_front();
        change(datagram);
        deliver(std::move(datagram));
    }
    void deliver_all() {
        for (int rounds = 0; rounds < 8; ++rounds) {
            take();
            for (auto& datagram : std::exchange(sent_, {})) {
                deliver(std::move(datagram));
            }
        }
    }
    void again() {
        if (!kept_.empty()) {
            Datagram datagram =
                kept_[input_.ConsumeIntegralInRange<std::size_t>(0, kept_.size() - 1)];
            change(datagram);
            deliver(std::move(datagram));
        }
    }
    void change(Datagram& datagram) {
        switch (input_.ConsumeIntegralInRange(0, 9)) {
            case 0: datagram.from = somewhere(); break;
            case 1: datagram.to = ends_[which()]->at; break;
            case 2:
                datagram.bytes.resize(input_.ConsumeIntegralInRange<std::size_t>(0, 200));
                break;
            case 3:
                datagram.bytes[input_.ConsumeIntegralInRange<std::size_t>(
                    0, datagram.bytes.size() - 1)] ^=
                    static_cast<char>(1 << input_.ConsumeIntegralInRange(0, 7));
                break;
            case 4:
                datagram.bytes = fuzz::with_good_checksum(input_.ConsumeRandomLengthString(200));
                break;
            default: break;
        }
        datagram.bytes.resize(std::max<std::size_t>(datagram.bytes.size(), 1));
    }

    void forge() {
        const MessageType types[] = {MessageType::notify_uri, MessageType::respond_uri,
                                     MessageType::not_found, MessageType::auth_error,
                                     MessageType::request_uri};
        const char* uris[] = {"uri", "netaio/session/1", ""};
        OwnedMessage message(input_.PickValueInArray(types), input_.PickValueInArray(uris),
                             input_.ConsumeRandomLengthString(150));
        End& to = *ends_[which()];
        std::string bytes;
        require(!seal(message, {}, input_.ConsumeBool() ? to.node->outer.get() : Plugins(),
                      to.node->context(nullptr)));
        require(!encode_message(message, bytes));
        to.in_group = input_.ConsumeBool();
        to.core.receive(bytes, somewhere(), to.in_group);
        to.in_group = false;
    }

    void say() {
        End& from = *ends_[which()];
        const Address& to = input_.ConsumeBool() ? somewhere() : ends_[which()]->at;
        const std::string content =
            "said " + std::to_string(++number_) +
            std::string(input_.ConsumeIntegralInRange<std::size_t>(0, 800), '.');
        const OwnedMessage message = notify("news", content);
        const Plugins outer = from.node->outer.get();
        said_.insert(content);
        switch (input_.ConsumeIntegralInRange(0, 3)) {
            case 0: from.ask(to, content); break;
            case 1: (void)from.core.notify("news", message, {}, outer); break;
            case 2: (void)from.core.introduce(to); break;
            default: (void)from.core.send(to, notify("once", content), {}, outer); break;
        }
    }

    void pass() {
        clock_->advance(std::chrono::milliseconds(input_.ConsumeIntegralInRange(0, 60'000)));
        if (input_.ConsumeBool()) {
            clock_->set(std::chrono::seconds(1'600'000'000 +
                                             input_.ConsumeIntegral<std::int32_t>() % 1000));
        }
        for (const auto& end : ends_) {
            end->core.tick();
            require(!end->core.next() || *end->core.next() > clock_->steady_now());
        }
    }

    FuzzedDataProvider& input_;
    std::shared_ptr<test::FixedClock> clock_ = std::make_shared<test::FixedClock>();
    std::shared_ptr<Random> random_ = std::make_shared<test::CountingRandom>();
    std::vector<End::Setup> setups_;
    std::set<std::string> said_;
    std::vector<std::unique_ptr<End>> ends_;
    std::deque<Datagram> sent_;
    std::vector<Datagram> kept_;
    int number_ = 0;
};

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    Network network(input);
    for (int i = 0; i < 40 && input.remaining_bytes() > 0; ++i) {
        network.step();
    }
    return 0;
}
