#include "tcp.hpp"

#include <netaio/make.hpp>
#include <stdexcept>

#include "core/outgoing.hpp"
#include "core/session_handler.hpp"
#include "core/session_opening.hpp"
#include "support/calling_handler.hpp"

namespace netaio::sim {
namespace {

using test::calling;
using test::suspending;

const Address server_address = *Address::parse("192.0.2.1", 8888);

core::Stream& stream_of(core::Source& source) {
    return static_cast<core::Stream&>(source);
}

class SimRun final : public core::Running {
public:
    void cancel() override { cancelled = true; }
    bool cancelled = false;
};

class SimWork final : public PluginWork, public std::enable_shared_from_this<SimWork> {
public:
    explicit SimWork(World& world) : world_(world) {}

    void start(std::function<void()> done) override {
        done_ = std::move(done);
        if (world_.dice().chance(0.2)) {
            done_();
            return;
        }
        world_.after(world_.dice().between(Duration(0), Duration(300)),
                     [self = shared_from_this()] {
                         if (self->done_) {
                             self->done_();
                         }
                     });
    }
    void cancel() noexcept override { done_ = nullptr; }

private:
    World& world_;
    std::function<void()> done_;
};

std::uint32_t number_in(ByteView content) {
    return static_cast<std::uint32_t>(std::strtoul(content.str().c_str(), nullptr, 10));
}

std::string numbered(std::uint32_t number, std::size_t size) {
    return std::to_string(number) + ":" + std::string(size, 'x');
}

}  // namespace

std::error_code SimWorkingAuth::make(AuthFields& fields, ByteView,
                                     const PluginContext& context) const {
    if (context.work && !*context.work && world_.dice().chance(0.7)) {
        *context.work = std::make_shared<SimWork>(world_);
        return Errc::pending;
    }
    fields.set("paid", "");
    return {};
}

void SimHub::check_start(std::uint64_t stream, const Message& message) {
    const auto [begin, end] = running_.equal_range(stream);
    const auto count = static_cast<std::size_t>(std::distance(begin, end));
    most_running_ = std::max(most_running_, count + 1);
    ledger_.expect(count < std::max<std::size_t>(limits().handlers_max, 1),
                   "no more handlers run at once than may");
    for (auto other = begin; other != end; ++other) {
        const Message& earlier = other->second->message;
        ledger_.expect(earlier.uri() != message.uri(), "one uri is handled in order");
        ledger_.expect(earlier.request_id() && message.request_id(),
                       "what has no id is handled in order");
    }
}

void SimHub::check_call(const core::Stream& stream, const Message& message) {
    if (running_.contains(stream.id())) {
        check_start(stream.id(), message);
    }
}

void SimHub::start(std::shared_ptr<core::Stream> stream, std::shared_ptr<core::Suspended> handler) {
    check_start(stream->id(), handler->message);
    const auto at = running_.emplace(stream->id(), handler.get());
    const auto run = std::make_shared<SimRun>();
    handler->running = run;
    const auto end = [this, stream = std::move(stream), handler = std::move(handler), run, at] {
        running_.erase(at);
        if (run->cancelled) {
            stream->handler_ended(*handler, std::nullopt, {});
        } else if (world_.dice().chance(0.1)) {
            stream->handler_ended(*handler, std::nullopt,
                                  std::make_exception_ptr(std::runtime_error("it went wrong")));
        } else {
            stream->handler_ended(*handler, ok(handler->message.uri(), handler->message.content()),
                                  {});
        }
    };
    if (world_.dice().chance(0.3)) {
        end();
    } else {
        world_.after(world_.dice().between(Duration(0), Duration(200)),
                     [keep = shared_from_this(), end] { end(); });
    }
}

void SimHub::turn_later() {
    world_.after(Duration(0), [hub = shared_from_this()] { hub->turn(); });
}

void SimHub::wake() {
    const auto due = next();
    if (!due || *due >= armed_) {
        return;
    }
    armed_ = *due;
    world_.at(*due, [this, weak = weak_from_this(), at = *due] {
        const auto hub = weak.lock();
        if (hub && armed_ == at) {
            armed_ = TimePoint::max();
            tick();
            wake();
        }
    });
}

SimServer::SimServer(World& world, const core::StreamLimits& limits, const Plugins& outer,
                     const SimTerms& terms, Ledger& ledger)
    : ledger_(ledger), node_(std::make_shared<core::Node>(core::Role::server)) {
    node_->environment = world.environment();
    node_->outer = outer;
    node_->session = terms;
    if (terms) {
        core::serve_sessions(*node_);
    }
    hub_ = std::make_shared<SimHub>(world, node_, limits, ledger);
    const auto on = [&](MessageType type, core::Route route) {
        node_->router.add(Key(type), std::move(route));
    };
    on(MessageType::request_uri, calling([this](const Message& message, core::Source& from) {
           hub_->check_call(stream_of(from), message);
           return respond(message.uri(), message.content());
       }));
    on(MessageType::create_uri, suspending());
    on(MessageType::delete_uri, calling([this](const Message& message, core::Source& from) {
           return ok(message.uri(), std::to_string(given_to_[stream_of(from).id()]));
       }));
    on(MessageType::update_uri, calling([this](const Message& message, core::Source& from) {
           notify(10);
           return ok(message.uri(), std::to_string(given_to_[stream_of(from).id()]));
       }));
    on(MessageType::subscribe_uri, calling([this](const Message& message, core::Source& from) {
           return hub_->subscribe(message.uri(), stream_of(from))
                      ? error(message.uri(), "full")
                      : confirm_subscribe(message.uri());
       }));
    on(MessageType::unsubscribe_uri, calling([this](const Message& message, core::Source& from) {
           hub_->unsubscribe(message.uri(), stream_of(from));
           return confirm_unsubscribe(message.uri());
       }));
}

void SimServer::accept(const std::shared_ptr<Line>& line) {
    const auto stream = std::make_shared<core::Stream>(
        core::Ends{
            *Address::parse("192.0.2.2", static_cast<std::uint16_t>(1000 + accepted_.size())),
            server_address},
        hub_, weak_from_this());
    accepted_.push_back(stream);
    line->attach(1, stream);
}

void SimServer::notify(std::size_t size) {
    const auto receivers = hub_->subscribers("news");
    given += receivers->size();
    const OwnedMessage message = netaio::notify("news", numbered(++number, size));
    for (const auto& receiver : *receivers) {
        given_to_[receiver->id()] = number;
    }
    auto frame = std::make_shared<std::string>();
    const auto encoded = encode_for_all(*node_, message, {}, node_->outer.get(), *frame);
    ledger_.expect(encoded.has_value(), "a notification can be encoded");
    bool for_all = encoded && *encoded > 0;
    core::SharedFrames frames{frame};
    if (for_all && node_->session) {
        auto sealed = std::make_shared<std::string>();
        const Plugins within = core::within_session(node_->outer.get());
        const auto more = encode_for_all(*node_, message, {}, within, *sealed);
        ledger_.expect(more.has_value(), "it can be encoded for those in sessions");
        for_all = more && *more > 0;
        frames.within = std::move(sealed);
    }
    if (for_all) {
        hub_->give(receivers, frames);
    } else {
        for (const auto& receiver : *receivers) {
            receiver->give(message, {});
        }
    }
    check_bounds();
}

std::uint64_t SimServer::dropped() {
    auto& tallies = hub_->tallies();
    return tallies.dropped_oldest.get() + tallies.dropped_newest.get();
}

// Replies stop the reading when the queue is full, so one batch may go beyond it, and what handlers
// reply that run by then.
void SimServer::check_bounds() {
    const std::size_t max = hub_->limits().send_queue_max;
    for (const auto& stream : hub_->streams()) {
        const std::size_t replies = 4096 * (1 + hub_->limits().handlers_max);
        ledger_.expect(stream->queued_bytes() <= 2 * max + replies + core::FanOut::size_max,
                       "a queue keeps its bound");
    }
}

void SimServer::drain() {
    for (const auto& stream : hub_->streams()) {
        stream->drain();
    }
}

void SimServer::restart() {
    for (const auto& stream : hub_->streams()) {
        stream->abort(Errc::cancelled);
    }
    connection_ended = true;
}

void SimServer::closed(core::Stream&, std::error_code) {
    connection_ended = true;
}

void SimServer::check_end() {
    ledger_.expect(hub_->size() == 0, "a server's connections end when it is drained");
    ledger_.expect(!hub_->any_running(), "handlers end");
    ledger_.expect(node_->subscription_bytes == 0, "subscriptions end with their connection");
    for (const auto& stream : accepted_) {
        ledger_.expect(stream.expired(), "a server's connection is let go of when it has ended");
    }
}

SimClient::SimClient(World& world, const core::StreamLimits& limits, const Plugins& outer,
                     const SimTerms& terms, Ledger& ledger)
    : world_(world), ledger_(ledger), node_(std::make_shared<core::Node>(core::Role::client)) {
    node_->environment = world.environment();
    node_->outer = outer;
    node_->session = terms;
    hub_ = std::make_shared<SimHub>(world, node_, limits, ledger);
}

void SimClient::connect(SimServer& server, const Manner& manner) {
    ++connections;
    server_ = &server;
    subscribed_ = false;
    line_ = std::make_shared<Line>(world_, manner);
    stream_ = std::make_shared<core::Stream>(
        core::Ends{server_address, *Address::parse("192.0.2.2", 1000)}, hub_, weak_from_this());
    had_.push_back(stream_);
    stream_->enable_requests(100);
    last_answered_ = 0;
    last_in_order_ = 0;
    last_of_uri_.clear();
    last_heard = 0;
    end_meant = false;
    agreed_ = false;
    line_->attach(0, stream_);
    server.accept(line_);
    core::SessionOpening::start(
        stream_, "server", [self = weak_from_this(), stream = std::weak_ptr(stream_)](auto error) {
            const auto client = self.lock();
            const auto which = stream.lock();
            if (client && which) {
                client->agreed(*which, error);
            }
        });
    update_reading();
}

void SimClient::agreed(core::Stream& stream, std::error_code error) {
    if (error) {
        ++sessions_failed;
        end_meant = end_meant || &stream == stream_.get();
        stream.abort(error);
    } else if (&stream == stream_.get()) {
        agreed_ = true;
        update_reading();
    }
}

void SimClient::ask(MessageType type, std::size_t size, Duration timeout, bool with_id) {
    const std::string uri = with_id ? std::string(1, "abcdu"[world_.dice().between(0u, 4u)]) : "u";
    send(type, uri, numbered(asked_ + 1, size), timeout, with_id);
}

void SimClient::subscribe(bool on) {
    subscribed_ = subscribed_ && on;
    subscribing_ = asked_ + 1;
    send(on ? MessageType::subscribe_uri : MessageType::unsubscribe_uri, "news", "",
         Duration(60'000), false);
}

void SimClient::send(MessageType type, const std::string& uri, const std::string& content,
                     Duration timeout, bool with_id) {
    auto message = OwnedMessage::make(type, uri, content);
    if (!connected() || !agreed_ || !message || stream_->requests()->full()) {
        return;
    }
    const std::uint32_t number = ++asked_;
    const auto ended = std::make_shared<bool>(false);
    const auto id = stream_->requests()->add(
        uri, type, {}, hub_->now() + timeout,
        [this, number, content, with_id, ended, on = stream_->id()](std::error_code error,
                                                                    const Message* reply) {
            ledger_.expect(!std::exchange(*ended, true), "a request ends once");
            ++told_;
            timed_out += error == Errc::timeout && connected() ? 1 : 0;
            if (!error && reply->type() != MessageType::error) {
                ledger_.expect(stream_->id() == on, "an answer comes on the request's connection");
                answer(*reply, number, content, with_id);
            }
        });
    waiting_.insert(*id);
    const auto stream = stream_;  // whose end that may be
    const auto id_sent = with_id ? std::optional(core::RequestTable::on_wire(*id)) : std::nullopt;
    if (stream->append(std::move(*message), {}, node_->outer, id_sent)) {
        if (auto completion = stream->requests()->forget(*id)) {
            completion(Errc::queue_full, nullptr);
        }
        return;
    }
    if (connected()) {
        stream_->watch_deadlines();
        update_reading();
    }
}

// What has no id is answered behind everything before it and before everything behind it, and what
// has one in the order of its uri.
void SimClient::check_order(const Message& reply, std::uint32_t number, bool with_id) {
    ledger_.expect(number > (with_id ? last_in_order_ : last_answered_),
                   "answers without an id come in the order of their requests");
    ledger_.expect(number > std::exchange(last_of_uri_[reply.uri().str()], number),
                   "the answers for one uri come in the order of their requests");
    last_answered_ = std::max(last_answered_, number);
    last_in_order_ = with_id ? last_in_order_ : number;
}

void SimClient::answer(const Message& reply, std::uint32_t number, const std::string& content,
                       bool with_id) {
    ledger_.expect(content.empty() || reply.content() == content,
                   "an answer is that of its request");
    ledger_.expect(reply.request_id().has_value() == with_id,
                   "an answer has an id when its request has");
    check_order(reply, number, with_id);
    ++answered;
    if (reply.type() == MessageType::confirm_subscribe) {
        subscribed_ = number == subscribing_;
    } else if (content.empty() && reply.type() == MessageType::ok && subscribed_) {
        ledger_.expect(last_heard >= number_in(reply.content()) || server_->dropped() > 0,
                       "notifications that came before an answer are heard before it");
    }
}

void SimClient::cancel_one() {
    while (!waiting_.empty()) {
        const auto id = *waiting_.begin();
        waiting_.erase(waiting_.begin());
        if (auto completion = stream_->requests()->give_up(id)) {
            completion(Errc::cancelled, nullptr);
            return;
        }
    }
}

void SimClient::listen(bool on) {
    listening_ = on;
    update_reading();
}

void SimClient::update_reading() {
    if (connected()) {
        stream_->set_reading(listening_ || !agreed_);
    }
}

void SimClient::close() {
    if (connected()) {
        const auto stream = std::exchange(stream_, nullptr);
        waiting_.clear();
        stream->end_requests(Errc::closed);
        stream->drain();
    }
}

void SimClient::returned(core::Stream& stream, core::Outcome outcome) {
    if (&stream != stream_.get() || outcome.kind != core::Outcome::Kind::returned ||
        outcome.message->type() != MessageType::notify_uri) {
        return;
    }
    const std::uint32_t number = number_in(outcome.message->content());
    ledger_.expect(number > last_heard, "notifications come once and in order");
    last_heard = number;
    ++heard;
}

void SimClient::closed(core::Stream& stream, std::error_code why) {
    if (&stream == stream_.get()) {
        const bool limit = why == Errc::timeout || why == Errc::queue_full;
        ended_unmeant = ended_unmeant || (why && !limit && !line_->broken() && !end_meant);
        waiting_.clear();
        stream_ = nullptr;
    }
}

void SimClient::check_end() {
    stream_ = nullptr;
    ledger_.expect(told_ == asked_, "every request ends");
    ledger_.expect(hub_->size() == 0, "a client's connections end");
    for (const auto& stream : had_) {
        ledger_.expect(stream.expired(), "a client's connection is let go of when it has ended");
    }
}

}  // namespace netaio::sim
