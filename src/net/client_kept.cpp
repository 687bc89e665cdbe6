#include "client_kept.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

#include "core/callback.hpp"
#include "core/meaning.hpp"
#include "core/waiting.hpp"

namespace netaio {
namespace {

// What a request that waits takes beside its bytes.
constexpr std::size_t waiting_overhead = 512;

// The end of the connection, which is told by itself, or its silence, which the keeper notices.
bool says_nothing_new(std::error_code error) {
    return error == Errc::timeout || error == Errc::queue_full || error == Errc::closed ||
           error == Errc::not_connected || error == Errc::cancelled;
}

// Keeps the function until it has ended.
awaitable<net::HandlerRun::Reply> call_greeting(core::Callback<awaitable<void>(Address)> greet,
                                                Address server) {
    co_await greet(std::move(server));
    co_return std::nullopt;
}

}  // namespace

TcpClient::Impl::Kept::Kept(Impl& client, How how)
    : client_(client.weak_from_this()),
      node_(client.node_),
      how_(std::move(how)),
      on_state_(std::move(how_.options.on_state)),
      greet_(std::move(how_.options.greet)),
      keeper_(terms_of(client, how_, static_cast<bool>(greet_)), node_->environment.random, *this) {
}

TcpClient::Impl::Kept::~Kept() {
    if (ticker_) {
        ticker_->stop();
    }
}

core::Keeper::Terms TcpClient::Impl::Kept::terms_of(const Impl& client, const How& how,
                                                    bool greets) {
    core::Keeper::Terms terms;
    terms.servers = how.servers.size();
    terms.backoff = how.options.backoff;
    terms.attempts = how.options.attempts;
    if (!core::is_never(how.options.heartbeat)) {
        terms.heartbeat = how.options.heartbeat;
    }
    terms.heartbeat_timeout = how.options.heartbeat_timeout;
    terms.end_on_refusal = how.options.end_on_refusal;
    terms.greets = greets;
    terms.at_once = how.at_once;
    terms.patience = client.options_.request_timeout;
    terms.window = std::min(terms.window, client.options_.requests_max);
    return terms;
}

// Whatever happens may end the client, and what it throws must not keep others from going on.
template <class Event>
void TcpClient::Impl::Kept::happens(Event&& event) {
    const auto keep_alive = shared_from_this();
    const auto client = client_.lock();
    if (!client || keeper_.over()) {
        return;
    }
    core::attempt(node_->environment.log, "a connection is kept all the same", [&] {
        if (lives()) {
            event(*client);
        } else {
            client->end_keeping([this](const Kept& kept) { return &kept == this; });
        }
    });
    if (const auto ticker = ticker_) {
        ticker->update();
    }
}

void TcpClient::Impl::Kept::begin() {
    const auto client = client_.lock();
    ticker_ = std::make_shared<net::Ticker>(
        client->executor_, node_->environment.clock, [this] { return next(); }, [this] { tick(); });
    if (!stream_.expired()) {
        return;
    }
    boost::asio::post(client->executor_, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->happens([&](Impl&) { self->keeper_.begin(self->now()); });
        }
    });
}

void TcpClient::Impl::Kept::begin(const std::shared_ptr<core::Stream>& stream) {
    stream_ = stream;
    how_.place = stream->remote();
    keeper_.begin_connected(now());
    begin();
}

void TcpClient::Impl::Kept::stop(std::error_code why) noexcept {
    keeper_.stop();
    if (ticker_) {
        ticker_->stop();
    }
    cancel_connecting();
    cancel_greeting();
    const auto client = client_.lock();
    for (auto& [id, waiting] : std::exchange(waiting_, {})) {
        core::attempt(node_->environment.log, "whoever waits is not told",
                      [&] { waiting.done.post(client->executor_, why); });
    }
    deadlines_.clear();
    settle(why);
}

void TcpClient::Impl::Kept::change(How how) {
    how.place = how_.place;
    how_ = std::move(how);
    on_state_ = std::move(how_.options.on_state);
    greet_ = std::move(how_.options.greet);
    if (const auto client = client_.lock()) {
        keeper_.change(terms_of(*client, how_, static_cast<bool>(greet_)));
    }
}

bool TcpClient::Impl::Kept::is_ready() const noexcept {
    const auto stream = stream_.lock();
    return stream && stream->open() && keeper_.connected();
}

void TcpClient::Impl::Kept::connect(std::size_t server, Turn turn) {
    const auto client = client_.lock();
    const auto signal = std::make_shared<boost::asio::cancellation_signal>();
    connecting_ = signal;
    const auto reached = [weak = weak_from_this(), signal, turn](std::error_code error,
                                                                 const Address& at) {
        if (const auto self = weak.lock()) {
            self->happens([&](Impl&) { self->reached(turn, error, at); });
        }
    };
    const bool begun = core::attempt(node_->environment.log, "cannot connect", [&] {
        const ServerName& name = how_.servers[server];
        client->connect(name.host, name.port,
                        detail::Completion<Address>(
                            boost::asio::bind_cancellation_slot(signal->slot(), reached)),
                        this);
    });
    if (!begun) {
        keeper_.lost(turn, std::make_error_code(std::errc::not_enough_memory), now());
    }
}

void TcpClient::Impl::Kept::reached(Turn turn, std::error_code error, const Address& server) {
    if (turn != keeper_.turn()) {
        return;
    }
    connecting_ = nullptr;
    const auto client = client_.lock();
    const auto stream = error ? nullptr : client->stream(server);
    if (stream && stream->open()) {
        take(stream);
        keeper_.reached(turn, now());
    } else {
        keeper_.lost(turn, error ? error : make_error_code(Errc::closed), now());
    }
}

void TcpClient::Impl::Kept::adopted(const std::shared_ptr<core::Stream>& stream) {
    happens([&](Impl&) {
        cancel_connecting();
        cancel_greeting();
        take(stream);
        keeper_.adopted(now());
    });
}

void TcpClient::Impl::Kept::take(const std::shared_ptr<core::Stream>& stream) {
    const auto client = client_.lock();
    const auto before = std::exchange(how_.place, stream->remote());
    stream_ = stream;
    if (how_.primary && before != how_.place) {
        client->move_link(before, *how_.place);
    }
    if (how_.looping) {
        client->start_receive_loop(how_.place);
    }
}

void TcpClient::Impl::Kept::lost(std::error_code why, bool looping) {
    happens([&](Impl&) {
        stream_.reset();
        cancel_greeting();
        how_.looping = looping;
        keeper_.lost(keeper_.turn(), why, now());
    });
}

// Those who wait for answers did not wait too long.
void TcpClient::Impl::Kept::disconnect(std::error_code why) {
    const auto stream = stream_.lock();
    stream_.reset();
    cancel_greeting();
    if (stream) {
        if (const Link* link = client_.lock()->link_of(*stream)) {
            how_.looping = link->looping;
        }
        stream->end_requests(Errc::closed);
        stream->abort(why);
    }
}

void TcpClient::Impl::Kept::renew(detail::Completion<Address> settled) {
    settled_.push_back(std::move(settled));
    happens([&](Impl&) {
        if (keeper_.connected()) {
            keeper_.failed(keeper_.turn(), Errc::timeout, now());
        }
    });
}

void TcpClient::Impl::Kept::tell(ConnectionState state, std::error_code why, unsigned attempt) {
    const auto client = client_.lock();
    const auto on_state = on_state_;
    if (state == ConnectionState::refused) {
        client->end_keeping([this](const Kept& kept) { return &kept == this; }, why);
    }
    node_->log(LogLevel::debug,
               "kept connection: " + std::string(to_string(state)) +
                   (why ? ": " + why.message() : std::string()),
               how_.place.value_or(Address()));
    on_state.tell(node_->environment.log, "the state handler threw", state, why, attempt);
    if (state == ConnectionState::connected) {
        settle({});
        go_on();
    }
}

void TcpClient::Impl::Kept::settle(std::error_code why) noexcept {
    const auto client = client_.lock();
    for (auto& settled : std::exchange(settled_, {})) {
        core::attempt(node_->environment.log, "whoever waits is not told", [&] {
            settled.post(client->executor_, why, how_.place.value_or(Address()));
        });
    }
}

void TcpClient::Impl::Kept::cancel_connecting() noexcept {
    if (const auto signal = std::exchange(connecting_, nullptr)) {
        core::attempt(node_->environment.log, "cannot be cancelled",
                      [&] { signal->emit(boost::asio::cancellation_type::terminal); });
    }
}

void TcpClient::Impl::Kept::ask(OwnedMessage message, RequestTerms terms,
                                void (Kept::*answered)(Turn, std::error_code, const OwnedMessage&),
                                Turn turn) {
    const auto ended = [weak = weak_from_this(), answered, turn](std::error_code error,
                                                                 const OwnedMessage& reply) {
        if (const auto self = weak.lock()) {
            self->happens([&](Impl&) { (self.get()->*answered)(turn, error, reply); });
        }
    };
    terms.server = how_.place;
    client_.lock()->ask(std::move(message), std::move(terms),
                        detail::Completion<OwnedMessage>(ended), false);
}

void TcpClient::Impl::Kept::greet(Turn turn) {
    const auto run = std::make_shared<net::HandlerRun>(client_.lock()->executor_);
    greeting_ = run;
    run->start(call_greeting(greet_, *how_.place),
               [weak = weak_from_this(), turn](const auto&, const std::exception_ptr& failure) {
                   if (const auto self = weak.lock()) {
                       self->happens([&](Impl&) { self->greeting_ended(turn, failure); });
                   }
               });
}

void TcpClient::Impl::Kept::greeting_ended(Turn turn, const std::exception_ptr& failure) {
    if (!std::exchange(greeting_, nullptr) || turn != keeper_.turn()) {
        return;
    }
    if (!failure) {
        keeper_.greeted(turn, now());
        return;
    }
    std::error_code why = make_error_code(Errc::closed);
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        why = error.code();
    } catch (...) {
    }
    node_->log(LogLevel::warning, "the greeting failed: " + core::said_by(failure),
               how_.place.value_or(Address()));
    keeper_.failed(turn, why, now());
}

void TcpClient::Impl::Kept::cancel_greeting() noexcept {
    if (const auto run = std::exchange(greeting_, nullptr)) {
        core::attempt(node_->environment.log, "cannot be cancelled", [&] { run->cancel(); });
    }
}

void TcpClient::Impl::Kept::beat(Turn turn) {
    ask(OwnedMessage(MessageType::request_uri, core::alive_uri),
        {how_.options.heartbeat_timeout, {}, {}}, &Kept::beat_ended, turn);
}

void TcpClient::Impl::Kept::beat_ended(Turn turn, std::error_code error,
                                       const OwnedMessage& reply) {
    if (refused(turn, error, reply) || says_nothing_new(error)) {
        return;
    }
    if (error) {
        keeper_.failed(turn, error, now());
    } else {
        keeper_.answered(turn, now());
    }
}

void TcpClient::Impl::Kept::subscribe(const core::GrantedSubscription& subscription, Turn turn) {
    RequestTerms terms{core::longest_wait, subscription.inner, {}};
    terms.must_be_granted = subscription.must_be_granted;
    ask(OwnedMessage(MessageType::subscribe_uri, subscription.uri, subscription.content),
        std::move(terms), &Kept::subscription_ended, turn);
}

void TcpClient::Impl::Kept::subscription_ended(Turn turn, std::error_code error,
                                               const OwnedMessage& reply) {
    if (refused(turn, error, reply) || (says_nothing_new(error) && error != Errc::queue_full)) {
        return;
    }
    if (!error && core::confirms_subscription(reply.type())) {
        keeper_.granted(turn, now());
        return;
    }
    error = error ? error : std::make_error_code(std::errc::permission_denied);
    node_->log(LogLevel::warning, "does not grant again what it granted before: " + error.message(),
               how_.place.value_or(Address()));
    keeper_.failed(turn, error, now());
}

// Whether either end does not believe the other.
bool TcpClient::Impl::Kept::refused(Turn turn, std::error_code error, const OwnedMessage& reply) {
    const bool said = !error && reply.type() == MessageType::auth_error;
    if (!said && error != Errc::auth_failed && error != Errc::auth_failed_unverified &&
        error != Errc::decrypt_failed) {
        return false;
    }
    keeper_.refused(turn, said ? make_error_code(Errc::auth_failed) : error, now());
    return true;
}

void TcpClient::Impl::Kept::wait(OwnedMessage message, RequestTerms terms,
                                 detail::Completion<OwnedMessage> done) {
    const auto client = client_.lock();
    const std::size_t bytes = waiting_overhead + message.uri().size() + message.content().size();
    if (waiting_.size() >= client->options_.requests_max ||
        waiting_bytes_ + bytes > how_.options.waiting_max) {
        done.post(client->executor_, Errc::queue_full);
        return;
    }
    const std::uint64_t id = next_waiting_++;
    const auto deadline = now() + client->timeout_of(terms);
    if (auto slot = done.slot(); slot.is_connected()) {
        slot.assign([weak = weak_from_this(), id](boost::asio::cancellation_type) {
            if (const auto self = weak.lock()) {
                self->end_waiting(id, Errc::cancelled);
            }
        });
    }
    const auto at = waiting_
                        .emplace(id, Waiting{std::move(message), std::move(terms), std::move(done),
                                             deadline, bytes})
                        .first;
    waiting_bytes_ += bytes;
    try {
        deadlines_.emplace(deadline, id);
        ticker_->update();
    } catch (...) {
        take_waiting(at);  // whoever asked learns of it from the call
        throw;
    }
}

TcpClient::Impl::Kept::Waiting TcpClient::Impl::Kept::take_waiting(
    std::map<std::uint64_t, Waiting>::iterator at) noexcept {
    Waiting taken = std::move(at->second);
    deadlines_.erase({taken.deadline, at->first});
    waiting_bytes_ -= taken.bytes;
    waiting_.erase(at);
    return taken;
}

void TcpClient::Impl::Kept::end_waiting(std::uint64_t id, std::error_code why) {
    const auto client = client_.lock();
    if (const auto at = waiting_.find(id); client && at != waiting_.end()) {
        take_waiting(at).done.post(client->executor_, why);
    }
}

// Has the requests made that waited.
void TcpClient::Impl::Kept::go_on() {
    const auto client = client_.lock();
    while (!waiting_.empty() && is_ready()) {
        Waiting waiting = take_waiting(waiting_.begin());
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(waiting.deadline - now());
        waiting.terms.timeout = std::max(left, std::chrono::milliseconds(1));
        core::attempt(node_->environment.log, "a request cannot be made", [&] {
            client->request(std::move(waiting.message), std::move(waiting.terms),
                            std::move(waiting.done));
        });
    }
}

std::optional<TcpClient::Impl::Kept::TimePoint> TcpClient::Impl::Kept::next() const {
    const auto due = keeper_.next();
    if (deadlines_.empty()) {
        return due;
    }
    return std::min(due.value_or(TimePoint::max()), deadlines_.begin()->first);
}

void TcpClient::Impl::Kept::tick() {
    happens([this](Impl&) {
        while (!deadlines_.empty() && deadlines_.begin()->first <= now()) {
            const auto id = deadlines_.begin()->second;
            deadlines_.erase(deadlines_.begin());
            end_waiting(id, Errc::timeout);
        }
        if (const auto stream = stream_.lock()) {
            // Who does not read can say nothing about silence.
            keeper_.heard(stream->held_back() ? now() : stream->heard_at());
        }
        keeper_.tick(now());
    });
}

}  // namespace netaio
