#include "blocking_impl.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stdexcept>

#include "answering.hpp"
#include "core/callback.hpp"
#include "core/granting.hpp"
#include "core/session_opening.hpp"
#include "core/waiting.hpp"
#include "node_of.hpp"

namespace netaio {

// What a hub needs a loop for, a blocking client does itself within its calls.
class BlockingClient::Impl::Hub final : public core::Hub {
public:
    Hub(std::shared_ptr<core::Node> node, const core::StreamLimits& limits)
        : core::Hub(std::move(node), limits) {
        set_mailbox(std::make_shared<core::Mailbox>([this](auto what) {
            const std::lock_guard lock(mutex_);
            posted_.push_back(std::move(what));
            was_posted_.notify_one();
        }));
    }
    ~Hub() override { mailbox()->close(); }

    void start(std::shared_ptr<core::Stream>, std::shared_ptr<core::Suspended>) override {
        throw std::logic_error("a BlockingClient has no loop to run coroutines");
    }

    // Waits until another thread brings something, and does what was brought.
    void wait_for_others(std::chrono::nanoseconds at_most) {
        std::unique_lock lock(mutex_);
        was_posted_.wait_for(lock, at_most, [this] { return !posted_.empty(); });
        const auto posted = std::exchange(posted_, {});
        lock.unlock();
        for (const auto& what : posted) {
            what();
        }
    }

    // Does what was left for the end of a turn, if something was.
    void end_turn() {
        if (std::exchange(turn_is_due_, false)) {
            turn();
        }
    }

private:
    void turn_later() override { turn_is_due_ = true; }
    void wake() override {}

    bool turn_is_due_ = false;
    std::mutex mutex_;
    std::condition_variable was_posted_;
    std::vector<core::Mailbox::What> posted_;
};

// A call that waits or sends. Keeps the client, which a handler may destroy.
class BlockingClient::Impl::Call {
public:
    explicit Call(Impl& client) : client_(client.shared_from_this()) {
        if (client.in_use_.exchange(true, std::memory_order_acquire)) {
            throw std::logic_error(
                "this BlockingClient is within a call already: use it on one thread at a time, or "
                "give each its own; a handler answers by its Connection");
        }
    }
    ~Call() { client_->in_use_.store(false, std::memory_order_release); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

private:
    std::shared_ptr<Impl> client_;
};

BlockingClient::Impl::Impl(TcpClientOptions options)
    : options_(std::move(options)),
      node_(net::node_of(core::Role::client, options_)),
      hub_(std::make_shared<Hub>(node_, net::client_limits(options_))),
      nap_(hub_->check_interval()),
      peer_manager_(*node_, [this](OwnedMessage message, const Plugins& inner) {
          if (const auto stream = stream_) {
              stream->push(std::move(message), inner);
          }
      }) {
    node_->peers.set_observer(
        [this](core::PeerEvent event, const Peer& peer) { node_->tell_of_peer(event, peer); });
}

Result<Address> BlockingClient::Impl::connect(std::string host, std::uint16_t port) {
    const Call call(*this);
    host_ = std::move(host);
    port_ = port;
    const net::Transport* const transport = net::transport_of(host_);
    if (!transport || !transport->dial) {
        return make_error_code(Errc::unsupported);
    }
    auto dialled = transport->dial(host_, port_, options_);
    if (!dialled) {
        return dialled.error();
    }
    const Address server = dialled->ends.remote;
    const auto error = adopt(std::move(*dialled));
    return error ? Result<Address>(error) : Result<Address>(server);
}

Result<Address> BlockingClient::Impl::reconnect() {
    return host_.empty() ? make_error_code(Errc::not_connected) : connect(host_, port_);
}

std::error_code BlockingClient::Impl::adopt(net::Dialled dialled) {
    const auto stream =
        std::make_shared<core::Stream>(std::move(dialled.ends), hub_, weak_from_this());
    stream->enable_requests(options_.requests_max);
    stream->set_reading(false);
    net::BlockingCarrier* const carrier = dialled.carrier.get();
    stream->start(std::move(dialled.carrier));
    if (!stream->open()) {
        return std::make_error_code(std::errc::not_enough_memory);
    }
    const auto before = std::exchange(stream_, stream);
    carrier_ = carrier;
    server_ = stream->remote();
    if (before) {
        before->abort({});
    }
    if (node_->session) {
        if (const auto error = agree(*stream)) {
            stream->abort(error);
            return error;
        }
    }
    introduce(MessageType::advertise_peer);
    hub_->end_turn();
    return stream_ == stream ? std::error_code() : ended_;
}

// Waits until a session has begun, or it is known that there is none.
std::error_code BlockingClient::Impl::agree(core::Stream& stream) {
    struct Agreed {
        bool known = false;
        std::error_code error;
    };
    const auto agreed = std::make_shared<Agreed>();
    core::SessionOpening::start(stream.self(), net::server_name(host_, port_),
                                [agreed](std::error_code error) { *agreed = {true, error}; });
    hub_->end_turn();
    constexpr std::chrono::milliseconds a_while(1);
    while (!agreed->known && stream_.get() == &stream && !cancelled_) {
        // No longer than it is patient.
        const TimePoint now = hub_->now();
        const TimePoint due = hub_->next().value_or(now + core::longest_wait);
        wait(stream, now, std::max(due, now + a_while), [&] { return agreed->known; });
    }
    return agreed->known ? agreed->error : why_over();
}

// Says what peer management says when a connection begins and ends.
void BlockingClient::Impl::introduce(MessageType type) noexcept {
    core::attempt(node_->environment.log, "peers cannot be told", [&] {
        for (auto& [message, inner] : peer_manager_.messages(type)) {
            if (const auto stream = stream_) {
                stream->push(std::move(message), inner);
            }
        }
    });
}

void BlockingClient::Impl::with_peer_manager(const std::function<void(core::PeerManager&)>& work) {
    const auto keep_alive = shared_from_this();  // a callback may destroy the client
    work(peer_manager_);
    if (!in_use_.load(std::memory_order_relaxed)) {
        hub_->end_turn();
    }
}

// Begins a call with what time brought since the last: the other end may have gone meanwhile, and
// that nothing was read or written is not its fault.
BlockingClient::Impl::TimePoint BlockingClient::Impl::begin() {
    const TimePoint now = hub_->now();
    if (now >= look_at_) {
        if (const auto stream = stream_) {
            carrier_->write_on();
        }
        tick(now);
    }
    if (const auto stream = stream_; stream && stream->waits_for_work()) {
        hub_->wait_for_others({});
        hub_->end_turn();
    }
    return now;
}

void BlockingClient::Impl::tick(TimePoint now) {
    if (now < look_at_) {
        return;
    }
    look_at_ = now + nap_;
    hub_->tick();
    if (const auto next = peer_manager_.next(); next && *next <= now) {
        peer_manager_.tick();
    }
    hub_->end_turn();
}

// Whether the call is to end, which is then done with.
bool BlockingClient::Impl::take_cancellation() noexcept {
    return cancelled_.load(std::memory_order_relaxed) && cancelled_.exchange(false);
}

// Why a call ends for which nothing came.
std::error_code BlockingClient::Impl::why_over() {
    if (take_cancellation()) {
        return Errc::cancelled;
    }
    return stream_ ? make_error_code(Errc::timeout) : ended_;
}

// Moves bytes both ways until it is done or cancelled, the time is over, or the connection has
// ended. The caller keeps the stream.
template <class Done>
void BlockingClient::Impl::wait(core::Stream& stream, TimePoint now, TimePoint deadline,
                                Done done) {
    stream.set_reading(true);
    while (!done() && stream_.get() == &stream && now < deadline && !cancelled_) {
        wait_a_while(stream, std::min<TimePoint::duration>(deadline - now, nap_));
        hub_->end_turn();
        if (done()) {
            break;
        }
        now = hub_->now();
        tick(now);
    }
    stream.set_reading(false);
}

// For bytes, or the work of a plugin, beside which bytes are looked for now and then.
void BlockingClient::Impl::wait_a_while(core::Stream& stream, std::chrono::nanoseconds at_most) {
    constexpr std::chrono::milliseconds look_every(20);
    if (!stream.waits_for_work()) {
        carrier_->wait(at_most);
        return;
    }
    hub_->wait_for_others(std::min<std::chrono::nanoseconds>(at_most, look_every));
    hub_->end_turn();
    if (stream_.get() == &stream) {
        carrier_->look();
    }
}

// Until all is sent.
void BlockingClient::Impl::flush(core::Stream& stream, TimePoint now) {
    hub_->end_turn();
    wait(stream, now, now + core::longest_wait, [&] { return !stream.has_unsent(); });
}

bool BlockingClient::Impl::reaches(const std::optional<Address>& server) const {
    return stream_ && (!server || *server == server_);
}

Result<OwnedMessage> BlockingClient::Impl::request(Result<OwnedMessage>&& message,
                                                   const detail::RequestTerms& terms) {
    const Call call(*this);
    if (!message) {
        return message.error();
    }
    const TimePoint now = begin();
    if (!reaches(terms.server)) {
        return make_error_code(Errc::not_connected);
    }
    if (take_cancellation()) {
        return make_error_code(Errc::cancelled);
    }
    const auto stream = stream_;
    const TimePoint deadline =
        now + core::bounded(terms.timeout.value_or(options_.request_timeout));
    std::optional<core::SubscriptionWords> to_be_granted;
    if (terms.must_be_granted) {
        to_be_granted = core::SubscriptionWords::parse(message->content());
    }
    Answer answer;
    const auto id = ask(*stream, std::move(*message), terms, deadline,
                        [&](std::error_code error, const Message* reply) {
                            take(answer, to_be_granted, terms.inner, error, reply);
                        });
    if (!id) {
        return id.error();
    }
    // Its answer may come when nobody waits for it any more.
    const struct GivesUp {
        core::RequestTable& requests;
        core::RequestTable::Id id;
        ~GivesUp() { requests.give_up(id); }
    } gives_up{*stream->requests(), *id};
    hub_->end_turn();
    wait(*stream, now, deadline, [&] { return answer.there; });
    if (!answer.there) {
        return why_over();
    }
    return answer.message ? Result<OwnedMessage>(std::move(*answer.message))
                          : Result<OwnedMessage>(answer.error);
}

Result<core::RequestTable::Id> BlockingClient::Impl::ask(
    core::Stream& stream, OwnedMessage&& message, const detail::RequestTerms& terms,
    TimePoint deadline, core::RequestTable::Completion completion) {
    if (stream.queued_bytes() > options_.send_queue_max) {
        return make_error_code(Errc::queue_full);
    }
    auto& requests = *stream.requests();
    const core::Question asked{message.type(),
                               terms.reply_type.value_or(node_->types.answer_to(message.type()))};
    const auto id =
        requests.add(message.uri(), asked, terms.inner, deadline, std::move(completion));
    if (!id) {
        return id;
    }
    std::error_code error;
    try {
        error =
            stream.append(std::move(message), terms.inner, *stream.hub().dispatcher().outer(stream),
                          core::RequestTable::on_wire(*id));
    } catch (...) {
        requests.forget(*id);
        throw;
    }
    if (error) {
        requests.forget(*id);
        return error;
    }
    return id;
}

void BlockingClient::Impl::take(Answer& answer, const std::optional<core::SubscriptionWords>& asked,
                                const Plugins& inner, std::error_code error, const Message* reply) {
    answer.there = true;
    answer.error = std::make_error_code(std::errc::not_enough_memory);  // if this throws
    if (asked && reply) {
        error = granted(*asked, inner, *reply);
    }
    if (!error) {
        answer.message = net::kept(reply, error);
    }
    answer.error = error;
}

// What is granted in part is ended again.
std::error_code BlockingClient::Impl::granted(const core::SubscriptionWords& asked,
                                              const Plugins& inner, const Message& reply) {
    const auto error = core::check_grant(asked, reply);
    if (error) {
        ask_for_nothing(core::ending(asked, reply.uri()), inner);
    } else if (auto value = core::present_value(reply)) {
        stream_->deliver(std::move(*value), inner);
    }
    return error;
}

// One whose answer nobody waits for.
void BlockingClient::Impl::ask_for_nothing(OwnedMessage message, const Plugins& inner) {
    if (const auto id = ask(*stream_, std::move(message), {{}, inner, {}}, {},
                            [](std::error_code, const Message*) {})) {
        stream_->requests()->give_up(*id);
    }
}

Result<OwnedMessage> BlockingClient::Impl::receive(const ReceiveOptions& options) {
    const Call call(*this);
    const TimePoint now = begin();
    if (!inbox_.empty()) {
        OwnedMessage first = std::move(inbox_.front());
        inbox_.pop_front();
        return first;
    }
    if (!reaches(options.server.get())) {
        return make_error_code(Errc::not_connected);
    }
    std::optional<OwnedMessage> received;
    const auto stream = stream_;
    receiver_ = &received;
    // Nothing is given to it once it is over.
    const struct Receiving {
        std::optional<OwnedMessage>*& receiver;
        ~Receiving() { receiver = nullptr; }
    } receiving{receiver_};
    wait(*stream, now, now + core::bounded(options.timeout), [&] { return received.has_value(); });
    if (!received) {
        return why_over();
    }
    return std::move(*received);
}

std::error_code BlockingClient::Impl::send(const Message& message, const SendOptions& options) {
    const Call call(*this);
    const TimePoint now = begin();
    const auto stream = stream_;
    if (!stream) {
        return Errc::not_connected;
    }
    if (const auto error = stream->send(message, options)) {
        return error;
    }
    flush(*stream, now);
    return stream_ == stream && !stream->has_unsent() ? std::error_code() : why_over();
}

void BlockingClient::Impl::returned(core::Stream& stream, core::Outcome outcome) {
    if (stream_.get() != &stream || outcome.kind != core::Outcome::Kind::returned) {
        return;
    }
    if (receiver_ && !*receiver_) {
        *receiver_ = OwnedMessage::from(std::move(*outcome.message));
        return;
    }
    if (outcome.handled) {
        return;
    }
    if (options_.inbox_max > 0) {
        inbox_.push_back(OwnedMessage::from(std::move(*outcome.message)));
        if (inbox_.size() <= options_.inbox_max) {
            return;
        }
        inbox_.pop_front();
    }
    hub_->tallies().unhandled.add();
    node_->log(LogLevel::debug, "dropped a message nobody waited for", stream.remote());
}

void BlockingClient::Impl::closed(core::Stream& stream, std::error_code why) {
    if (stream_.get() == &stream) {
        ended_ = why ? why : make_error_code(Errc::closed);
        stream_ = nullptr;
        carrier_ = nullptr;
    }
}

void BlockingClient::Impl::close() {
    const Call call(*this);
    const auto stream = stream_;
    if (!stream) {
        return;
    }
    introduce(MessageType::disconnect);
    stream->drain();
    hub_->end_turn();
    const TimePoint now = hub_->now();
    wait(*stream, now, now + core::longest_wait, [] { return false; });
    if (take_cancellation()) {
        stream->abort({});
    }
}

void BlockingClient::Impl::shut_down() noexcept {
    if (const auto stream = stream_) {
        introduce(MessageType::disconnect);
        stream->flush();
        stream->abort(Errc::cancelled);
    }
    core::attempt(node_->environment.log, "the client ends all the same", [&] { hub_->stop(); });
    node_->peers.set_observer({});
}

Counters BlockingClient::Impl::counters() const {
    Counters sum;
    hub_->tallies().add_to(sum);
    return sum;
}

}  // namespace netaio
