// One connection, a server's or a client's, over a carrier that takes as much as the fuzzer says:
// bytes come in any pieces, whole frames among them, time passes, handlers end or throw, messages
// are sent and pushed, also by what it calls, perhaps when a plugin has worked for them, and it may
// end at any moment. What it sends must be well formed, its queue keeps its bound, it stands still
// only where somebody will call it, every request ends once, and nothing of it is left afterwards.

#include <fuzzer/FuzzedDataProvider.h>

#include <core/outgoing.hpp>
#include <core/stream.hpp>
#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>
#include <netaio/stream_cipher.hpp>
#include <stdexcept>

#include "fuzzed_carrier.hpp"
#include "fuzzed_hub.hpp"
#include "support.hpp"
#include "support/fixed_environment.hpp"
#include "support/working_auth.hpp"

namespace {

using namespace netaio;
using namespace netaio::core;
using fuzz::Cancelling;
using fuzz::FuzzedCarrier;
using fuzz::FuzzedHub;
using fuzz::Handled;
using fuzz::require;

constexpr std::size_t queue_max = 2000;
constexpr std::size_t frame_max = 1000;

std::chrono::milliseconds time_limit(FuzzedDataProvider& input) {
    const std::chrono::seconds limit(input.ConsumeIntegralInRange(0, 60));
    return limit.count() > 0 ? limit : never;
}

class Acting final : public Handler {
public:
    using Act = std::function<std::optional<OwnedMessage>(const Message&, Stream&)>;

    explicit Acting(Act act) : Handler(!act), act_(std::move(act)) {}
    std::optional<OwnedMessage> call(const Message& message, Source& source) const override {
        return act_(message, static_cast<Stream&>(source));
    }

private:
    Act act_;
};

class Fuzzed final : public StreamOwner, public std::enable_shared_from_this<Fuzzed> {
public:
    explicit Fuzzed(FuzzedDataProvider& input) : input_(input) {}

    void begin() {
        FuzzedDataProvider& input = input_;
        node_ = std::make_shared<Node>(input.ConsumeBool() ? Role::server : Role::client);
        if (input.ConsumeBool()) {
            theirs_ = {.auth = hmac_auth({.secret = "outer"}),
                       .cipher = stream_cipher({.key = "outer"})};
            node_->outer = theirs_;
        } else if (input.ConsumeBool()) {
            working_->pays_for_answers = input.ConsumeBool();
            working_->retries = input.ConsumeBool();
            working_->at_once = input.ConsumeBool();
            node_->outer = Plugins{.auth = working_};
        }
        node_->environment = {.clock = clock_,
                              .random = std::make_shared<test::CountingRandom>(),
                              .log = Log(LogLevel::trace, [](LogLevel, std::string_view) {})};
        node_->types = fuzz::types_with_custom();
        node_->limits = {frame_max};
        add_handlers();
        StreamLimits limits;
        limits.send_queue_max = queue_max;
        limits.slow_receiver = input.PickValueInArray(
            {SlowReceiver::drop_oldest, SlowReceiver::drop_newest, SlowReceiver::disconnect});
        limits.subscriptions_max = 1000;
        limits.subscriptions_total_max = 1500;
        limits.idle_timeout = time_limit(input);
        limits.frame_timeout = time_limit(input);
        limits.send_timeout = time_limit(input);
        limits.stranger_timeout = std::chrono::seconds(20);
        limits.stranger_failures_max = 3;
        limits.stranger_queue_max = 500;
        limits.handlers_max = input.ConsumeIntegralInRange<std::size_t>(0, 4);
        hub_ = std::make_shared<FuzzedHub>(node_, limits);
        stream_ = std::make_shared<Stream>(Ends{*Address::parse("192.0.2.1", 4000), Address()},
                                           hub_, weak_from_this());
        if (node_->role == Role::client) {
            stream_->enable_requests(4);
        }
        auto carrier = std::make_unique<FuzzedCarrier>();
        carrier_ = carrier.get();
        carrier_->keeps = input.ConsumeBool();
        carrier_->room = input.ConsumeIntegralInRange<std::size_t>(0, 3000);
        stream_->start(std::move(carrier));
    }

    void step() {
        FuzzedDataProvider& input = input_;
        switch (input.ConsumeIntegralInRange(0, 15)) {
            case 0: pass(input); break;
            case 1: end_handler(input); break;
            case 2: take_output(input); break;
            case 3: act(input); break;
            case 4:
                if (std::exchange(hub_->turn_wanted, false)) {
                    hub_->turn();
                }
                break;
            case 5: end_input(input); break;
            case 6: hub_->ends_at_once = input.ConsumeBool(); break;
            case 7: end_work(input); break;
            case 8: hub_->take_posted(); break;
            case 15: begin_session(); break;
            default: bring(input); break;
        }
        // Replies to what was read together may go beyond, those of handlers that run, and one
        // batch of notifications.
        require(carrier_->closed ||
                stream_->queued_bytes() <= 2 * queue_max + 8 * frame_max + FanOut::size_max);
        require(carrier_->closed == ended_);
        require(hub_->size() == (ended_ ? 0 : 1));
        const bool called = carrier_->waited_for || carrier_->unsent() > 0 || hub_->turn_wanted ||
                            !hub_->posted.empty() || working_->going_on() > 0;
        require(ended_ || called || stream_->queued_bytes() == 0);
        require(ended_ || called || carrier_->resumed || arriving_.empty() ||
                !stream_->takes_input());
    }

    void finish() {
        stream_->abort(Errc::cancelled);
        for (const auto& [stream, handler, running] : std::exchange(hub_->running, {})) {
            stream->handler_ended(*handler, std::nullopt, {});
        }
        hub_->stop();
        require(working_->going_on() == 0);
        hub_->take_posted();
        require(asked_ == told_ && node_->subscription_bytes == 0);
        check_sent();
        const std::weak_ptr<Stream> gone = stream_;
        stream_.reset();
        require(gone.expired());
    }

private:
    void returned(Stream&, Outcome outcome) override {
        require(node_->role == Role::client);
        require(outcome.kind != Outcome::Kind::returned || outcome.message.has_value());
        react();
    }
    void became_known(Stream&) override { react(); }
    void closed(Stream&, std::error_code) override {
        require(!std::exchange(ended_, true));
        react();
    }

    // What users' code may do wherever it is called.
    void react() {
        constexpr int deep = 3;
        if (reacting_ < deep && input_.remaining_bytes() > 0 && input_.ConsumeBool()) {
            ++reacting_;
            act(input_);
            --reacting_;
        }
    }

    void add_handlers() {
        const auto on = [this](MessageType type, Acting::Act act) {
            node_->router.add(Key(type), {std::make_shared<Acting>(std::move(act)), {}});
        };
        on(MessageType::request_uri, [this](const Message& message, Stream&) {
            react();
            return respond(message.uri(), message.content());
        });
        on(MessageType::create_uri, nullptr);
        on(MessageType::subscribe_uri, [this](const Message& message, Stream& from) {
            hub_->subscribe(message.uri(), from);
            return confirm_subscribe(message.uri());
        });
        on(MessageType::unsubscribe_uri, [this](const Message& message, Stream& from) {
            hub_->unsubscribe(message.uri(), from);
            return confirm_unsubscribe(message.uri());
        });
        on(MessageType::publish_uri, [this](const Message& message, Stream&) {
            tell(message.uri());
            return std::nullopt;
        });
        on(MessageType::delete_uri, [](const Message&, Stream& from) {
            from.close();
            return std::nullopt;
        });
        on(MessageType::update_uri, [](const Message& message, Stream& from) {
            if (message.content() == "abort") {
                from.abort(Errc::cancelled);
            }
            if (message.content() == "throw") {
                throw std::runtime_error("broken");
            }
            return ok(message.uri());
        });
    }

    void tell(ByteView uri) {
        auto frame = std::make_shared<std::string>();
        const OwnedMessage news = notify(uri, "news");
        const auto size = encode_for_all(*node_, news, {}, node_->outer, *frame);
        if (size && *size > 0) {
            hub_->give(hub_->subscribers(uri), {frame});
        } else if (size) {
            for (const auto& receiver : *hub_->subscribers(uri)) {
                receiver->give(news, {});
            }
        }
    }

    static OwnedMessage message(FuzzedDataProvider& input) {
        const auto type = static_cast<MessageType>(input.ConsumeIntegralInRange(0, 52));
        const std::string uri = input.PickValueInArray({"", "uri", "other"});
        const std::string content =
            input.ConsumeBool()
                ? input.PickValueInArray({"throw", "abort", "1", "price 3"})
                : std::string(input.ConsumeIntegralInRange<std::size_t>(0, 900), 'c');
        auto made = OwnedMessage::make(type, uri, content);
        require(made.has_value());
        return std::move(*made);
    }

    static std::optional<RequestId> id(FuzzedDataProvider& input) {
        return input.ConsumeBool()
                   ? std::optional(RequestId(input.ConsumeIntegralInRange<std::uint32_t>(0, 5)))
                   : std::nullopt;
    }

    std::string bytes(FuzzedDataProvider& input) {
        if (input.ConsumeIntegralInRange(0, 3) == 0) {
            return fuzz::with_good_checksum(input.ConsumeRandomLengthString(200));
        }
        std::string frames;
        for (auto i = input.ConsumeIntegralInRange(1, 4); i > 0; --i) {
            (void)encode(*node_, message(input), {}, theirs_sealed_ ? Plugins() : theirs_, nullptr,
                         frames, id(input));
        }
        if (theirs_sealed_ && input.ConsumeIntegralInRange(0, 9) > 0) {
            frames = sealed(frames);
        }
        if (input.ConsumeBool() && !frames.empty()) {
            frames.resize(input.ConsumeIntegralInRange<std::size_t>(1, frames.size()));
        }
        return frames;
    }

    std::string sealed(ByteView frames) {
        std::string bytes;
        while (!frames.empty()) {
            const auto header = FrameHeader::read(
                std::span<const char, FrameHeader::size>(frames.data(), FrameHeader::size));
            theirs_sealed_->seal(frames.substr(0, header.frame_size()), hub_->now(), bytes);
            frames = frames.substr(header.frame_size());
        }
        return bytes;
    }

    // By either way, however little of it at a time.
    void bring(FuzzedDataProvider& input) {
        arriving_ += bytes(input);
        carrier_->resumed = false;
        while (!arriving_.empty() && !carrier_->closed) {
            const std::size_t count =
                input.ConsumeBool()
                    ? arriving_.size()
                    : input.ConsumeIntegralInRange<std::size_t>(1, arriving_.size());
            if (input.ConsumeBool() || !stream_->takes_input()) {
                std::string piece = arriving_.substr(0, count);
                arriving_.erase(0, count);
                stream_->received(piece);
                if (!stream_->takes_input()) {
                    return;
                }
                continue;
            }
            stream_->proceed();
            if (!stream_->takes_input()) {
                return;
            }
            std::array<char, 512> shared;
            const auto room = stream_->room(shared);
            std::size_t brought = 0;
            for (const auto& part : room.parts) {
                const std::size_t fits =
                    std::min({part.size(), arriving_.size() - brought, count - brought});
                std::copy_n(arriving_.data() + brought, fits, part.data());
                brought += fits;
            }
            arriving_.erase(0, brought);
            stream_->took(room, brought);
        }
    }

    static noise::Keys keys(char sends, char receives) {
        const auto key = [](char byte) {
            crypto::SecretKey secret;
            secret.bytes.fill(static_cast<unsigned char>(byte));
            return crypto::AeadKey(crypto::AeadCipher::chacha_poly, secret);
        };
        return {key(sends), key(receives), {}};
    }

    void begin_session() {  // after which what the other end sends is sealed
        if (!theirs_sealed_ && !ended_) {
            theirs_sealed_.emplace(keys('t', 'o'), hub_->now());
            stream_->begin_session({keys('o', 't'), SessionKey(), true}, {}, input_.ConsumeBool(),
                                   true);
        }
    }

    void end_input(FuzzedDataProvider& input) {
        if (!carrier_->closed && !stream_->holds_back()) {
            stream_->ended(input.ConsumeBool() ? std::error_code()
                                               : std::make_error_code(std::errc::connection_reset));
        }
    }

    void pass(FuzzedDataProvider& input) {
        clock_->advance(std::chrono::milliseconds(input.ConsumeIntegralInRange(0, 70'000)));
        if (const auto due = hub_->next(); due && *due <= hub_->now()) {
            hub_->tick();
            require(!hub_->next() || *hub_->next() > hub_->now());
        }
    }

    void end_handler(FuzzedDataProvider& input) {
        if (hub_->running.empty()) {
            return;
        }
        const auto at = hub_->running.begin() + input.ConsumeIntegralInRange<std::ptrdiff_t>(
                                                    0, std::ssize(hub_->running) - 1);
        const auto [stream, handler, running] = std::move(*at);
        hub_->running.erase(at);
        if (running->cancelled || input.ConsumeBool()) {
            stream->handler_ended(*handler, std::nullopt,
                                  std::make_exception_ptr(std::runtime_error("broken")));
        } else {
            stream->handler_ended(*handler, handler->message.own(), {});
        }
    }

    void end_work(FuzzedDataProvider& input) {
        const auto works = working_->works();
        if (!works.empty()) {
            const auto at = input.ConsumeIntegralInRange<std::size_t>(0, works.size() - 1);
            works[at]->end(input.ConsumeBool() ? make_error_code(Errc::auth_not_possible)
                                               : std::error_code());
        }
    }

    void take_output(FuzzedDataProvider& input) {
        carrier_->room += input.ConsumeIntegralInRange<std::size_t>(0, 3000);
        if (carrier_->closed) {
            return;
        }
        if (input.ConsumeIntegralInRange(0, 30) == 0) {
            carrier_->broken = true;
        }
        if (std::exchange(carrier_->waited_for, false)) {
            stream_->writable({});
        } else if (carrier_->unsent() > 0) {
            stream_->blocked();
        }
    }

    void act(FuzzedDataProvider& input) {
        switch (input.ConsumeIntegralInRange(0, 7)) {
            case 0: (void)stream_->send(message(input), {}); break;
            case 1: stream_->push(message(input), {}); break;
            case 2: tell("uri"); break;
            case 3: ask(input); break;
            case 4: stream_->set_reading(input.ConsumeBool()); break;
            case 5: stream_->drain(); break;
            case 6: stream_->abort(Errc::closed); break;
            default: hub_->subscribe(input.PickValueInArray({"uri", "other", "more"}), *stream_);
        }
    }

    void ask(FuzzedDataProvider& input) {
        if (!stream_->requests() || ended_ || stream_->requests()->full()) {
            return;
        }
        ++asked_;
        const auto told = std::make_shared<bool>(false);
        const auto id = stream_->requests()->add(
            "uri", MessageType::request_uri, {},
            hub_->now() + std::chrono::seconds(input.ConsumeIntegralInRange(1, 100)),
            [this, told](std::error_code error, const Message* reply) {
                require(!std::exchange(*told, true) && static_cast<bool>(error) == !reply);
                ++told_;
                react();
            });
        const auto sent_with =
            input.ConsumeBool() ? std::optional(RequestTable::on_wire(*id)) : std::nullopt;
        if (const auto error = stream_->append(request("uri"), {}, node_->outer, sent_with)) {
            if (auto completion = stream_->requests()->forget(*id)) {
                completion(error, nullptr);
            }
        } else if (!ended_) {
            stream_->watch_deadlines();
        }
    }

    // All of it is frames, but for a last one that was cut off.
    void check_sent() {
        std::span<char> rest(carrier_->sent);
        bool sealed = false;  // and then nothing else any more
        for (;;) {
            const auto frame =
                next_frame(rest, node_->types, {frame_size_max, theirs_sealed_.has_value()});
            require(frame.has_value());
            if (!*frame) {
                return;
            }
            require((*frame)->checksum_ok() && (*frame)->message().has_value());
            if ((*frame)->header.type == sealed_frame) {
                sealed = true;
                const auto opened = theirs_sealed_->open(**frame);
                require(opened && (!*opened || (*opened)->message().has_value()));
            }
            require(!sealed || (*frame)->header.type == sealed_frame);
            rest = rest.subspan((*frame)->header.frame_size());
        }
    }

    std::shared_ptr<test::FixedClock> clock_ = std::make_shared<test::FixedClock>();
    std::shared_ptr<test::WorkingAuth> working_ = std::make_shared<test::WorkingAuth>();
    Plugins theirs_;  // of what comes
    std::shared_ptr<Node> node_;
    std::shared_ptr<FuzzedHub> hub_;
    std::shared_ptr<Stream> stream_;
    FuzzedCarrier* carrier_ = nullptr;  // the stream's
    FuzzedDataProvider& input_;
    std::string arriving_;
    int reacting_ = 0;
    int asked_ = 0;
    int told_ = 0;
    std::optional<Session> theirs_sealed_;
    bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    const auto fuzzed = std::make_shared<Fuzzed>(input);
    fuzzed->begin();
    while (input.remaining_bytes() > 0) {
        fuzzed->step();
    }
    fuzzed->finish();
    return 0;
}
