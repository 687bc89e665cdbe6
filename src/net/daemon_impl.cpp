#include "daemon_impl.hpp"

#include <boost/asio/system_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstdlib>
#include <netaio/run.hpp>
#include <stdexcept>

#include "core/waiting.hpp"
#include "node_of.hpp"
#include "running.hpp"
#include "signals.hpp"

namespace netaio {
namespace {

Address daemon_address(const std::string& socket) {
    const std::string text = socket.empty() ? DaemonClient::default_socket() : socket;
    if (const auto read = Address::parse(text)) {
        return *read;
    }
    const auto path = Address::named("unix", text);
    if (!path) {
        throw std::invalid_argument("'" + text + "' is no socket of the daemon: give its path");
    }
    return *path;
}

// What the daemon takes for one.
bool is_app_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               "._-") == name.npos;
}

TcpClientOptions client_options(const DaemonClientOptions& options,
                                std::shared_ptr<const AuthPlugin> link) {
    TcpClientOptions of_client;
    of_client.auth = std::move(link);
    of_client.peer_plugin = options.peer_plugin;
    of_client.local_peer = options.local_peer;
    of_client.types = options.types;
    of_client.environment = options.environment;
    of_client.answers = true;
    of_client.handlers_max = options.handlers_max;
    of_client.request_timeout = options.request_timeout;
    of_client.requests_max = options.requests_max;
    of_client.inbox_max = 0;
    of_client.frame_timeout = options.frame_timeout;
    of_client.send_timeout = options.send_timeout;
    of_client.send_queue_max = options.send_queue_max;
    return of_client;
}

}  // namespace

std::string DaemonClient::default_socket() {
    if (const char* named = std::getenv("NETAIO_DAEMON"); named && *named) {
        return named;
    }
    if (const char* of_user = std::getenv("XDG_RUNTIME_DIR"); of_user && *of_user) {
        return std::string(of_user) + "/netaio/netaiod.sock";
    }
    return "/run/netaio/netaiod.sock";
}

DaemonClient::Impl::Impl(boost::asio::any_io_executor executor, DaemonClientOptions options)
    : options_(std::move(options)),
      executor_(std::move(executor)),
      daemon_(daemon_address(options_.socket)),
      link_(std::make_shared<net::DaemonLink>(daemon_)),
      on_state_(std::move(options_.keep.on_state)),
      greet_(std::move(options_.keep.greet)),
      on_refused_(std::move(options_.on_refused)),
      peers_(options_.environment, [this](const Address& at) { forget_subscribers(at); }),
      registered_(options_.registrations_max),
      subscribed_(options_.renewals_max),
      client_(executor_ ? TcpClient(executor_, client_options(options_, link_))
                        : TcpClient(client_options(options_, link_))) {
    if (!is_app_name(options_.app)) {
        throw std::invalid_argument(
            "a DaemonClient needs a name of 1 to 64 letters, digits, dots, dashes or _: give it as "
            "`app`");
    }
    core::require_backoff(options_.renewal_backoff, "renewal_backoff");
    node().names_users = false;
    node().refusal = options_.refusal;
    node().set_rules(options_.rules);
    if (!options_.app_id.empty()) {
        manage_peers({.app_id = options_.app_id});
    }
}

void DaemonClient::Impl::settle() {
    serve_daemon();
    client_.impl_->on_finished = [weak = weak_from_this()](const core::Stream& stream) {
        if (const auto self = weak.lock()) {
            self->finished(stream);
        }
    };
}

void DaemonClient::Impl::bind(const boost::asio::any_io_executor& executor) {
    executor_ = executor_ ? executor_ : executor;
    if (!executor_) {
        throw std::logic_error(
            "a DaemonClient needs an executor: give it one when it is made, start it from a "
            "coroutine, or call run()");
    }
    if (!std::exchange(settled_in_, true)) {
        net::settle_in(executor_, weak_from_this());
    }
    client_.impl_->bind(executor_);
}

void DaemonClient::Impl::start() {
    if (running_) {
        throw std::logic_error("this DaemonClient runs already");
    }
    report_ = {};
    ticker_ = std::make_shared<net::Ticker>(
        executor_, options_.environment.clock, [this] { return next(); },
        [this] {
            const auto keep_alive = shared_from_this();
            attempt([this] { tick(); });
        });
    KeepOptions keep = options_.keep;
    if (keep.backoff == Backoff()) {
        keep.backoff = {.delay = std::chrono::milliseconds(100),
                        .delay_max = std::chrono::seconds(1)};
    }
    keep.end_on_refusal = false;
    keep.on_state = [weak = weak_from_this()](ConnectionState state, std::error_code why,
                                              unsigned attempts) {
        if (const auto self = weak.lock()) {
            self->told(state, why, attempts);
        }
    };
    keep.greet = [weak = weak_from_this()](Address daemon) {
        return greet(weak, std::move(daemon));
    };
    client_.keep_connected(daemon_, std::move(keep));
    running_ = true;
}

awaitable<StopReport> DaemonClient::Impl::stopped() {
    return detail::initiate<StopReport>(
        boost::asio::use_awaitable,
        [self = shared_from_this()](auto done) { self->stop_waiters_.push_back(std::move(done)); });
}

StopReport DaemonClient::Impl::run() {
    if (executor_) {
        throw std::logic_error(
            "this DaemonClient works on an executor of yours: start() it and run your event loop");
    }
    const auto self = shared_from_this();  // a callback or handler may destroy the client
    const auto serve = [self]() -> awaitable<void> {
        self->bind(co_await boost::asio::this_coro::executor);
        std::optional<net::SignalWatch> signals;
        if (self->options_.handle_signals) {
            signals.emplace(self->executor_,
                            [weak = self->weak_from_this(), again = false]() mutable {
                                const auto client = weak.lock();
                                if (client && std::exchange(again, true)) {
                                    client->end();
                                } else if (client) {
                                    client->stop(client->options_.drain, {});
                                }
                            });
        }
        self->start();
        co_await self->stopped();
    };
    netaio::run(serve(), {.handle_signals = false});
    return report_;
}

// Nothing more is read, and what was begun is finished.
void DaemonClient::Impl::stop(std::chrono::milliseconds deadline,
                              detail::Completion<StopReport> done) {
    const auto keep_alive = shared_from_this();
    if (done) {
        stop_waiters_.push_back(std::move(done));
    }
    if (finishing_) {
        return;
    }
    report_ = {};
    finishing_ = client_.impl_->stream(std::nullopt);
    if (!running_ || !finishing_ || !finishing_->open() || deadline.count() <= 0) {
        end();
        return;
    }
    leave();
    attempt([&] {
        stop_timer_ = std::make_unique<Timer>(executor_, core::bounded(deadline));
        stop_timer_->async_wait([weak = weak_from_this()](boost::system::error_code error) {
            if (const auto self = weak.lock(); self && !error) {
                self->end();
            }
        });
    });
    attempt([&, stream = finishing_] {
        client_.impl_->end_keeping([](const auto&) { return true; }, Errc::cancelled);
        stream->end_requests(Errc::cancelled);
        client_.close_all();
    });
}

void DaemonClient::Impl::leave() noexcept {
    connected_ = false;
    greets_ = false;
    there_.reset();
}

void DaemonClient::Impl::finished(const core::Stream& stream) {
    if (finishing_.get() == &stream) {
        report_.drained = 1;
        finishing_ = nullptr;
        end();
    }
}

void DaemonClient::Impl::end() noexcept {
    const auto keep_alive = shared_from_this();
    running_ = false;
    leave();
    stop_timer_.reset();
    if (ticker_) {
        ticker_->stop();
    }
    attempt([&] { client_.impl_->end_keeping([](const auto&) { return true; }, Errc::cancelled); });
    const auto stream =
        finishing_ ? std::exchange(finishing_, nullptr) : client_.impl_->stream(std::nullopt);
    if (stream) {
        report_.cut_off = stream->busy() ? 1 : 0;
        stream->end_requests(Errc::cancelled);
        report_.bytes_discarded = stream->abort(Errc::cancelled);
    }
    attempt([&] { client_.close_all(); });
    tell_stopped();
}

void DaemonClient::Impl::tell_stopped() noexcept {
    const auto executor =
        executor_ ? executor_ : boost::asio::any_io_executor(boost::asio::system_executor());
    for (auto& waiter : std::exchange(stop_waiters_, {})) {
        attempt([&] { waiter.post(executor, {}, report_); });
    }
}

// It may be started anew, on another context.
void DaemonClient::Impl::context_ends() {
    end();
    ticker_ = nullptr;
    settled_in_ = false;
    executor_ = {};
}

void DaemonClient::Impl::told(ConnectionState state, std::error_code why, unsigned attempts) {
    const auto keep_alive = shared_from_this();
    if (state != ConnectionState::connected) {
        leave();
        // However the system calls that.
        if (const auto stream = stream_.lock(); stream && !stream->open()) {
            stream->end_requests(Errc::closed);
        }
    } else {
        connected_ = true;
        greets_ = false;
        stream_ = client_.impl_->stream(std::nullopt);
        for (const Where& where : subscribed_.due(TimePoint::max())) {
            subscribed_.keep(where, std::move(*subscribed_.find(where)), now());
        }
        tick();
    }
    on_state_.tell(log(), "the state handler threw", state, why, attempts);
    look_after_time();
}

void DaemonClient::Impl::look_after_time() {
    if (ticker_) {
        ticker_->update();
    }
}

std::optional<DaemonClient::Impl::TimePoint> DaemonClient::Impl::next() const {
    std::optional<TimePoint> soonest;
    if (connected_) {
        for (const auto& due : {registered_.next(), subscribed_.next(), peers_.next()}) {
            soonest = due && (!soonest || *due < *soonest) ? due : soonest;
        }
    }
    return soonest;
}

void DaemonClient::Impl::tick() {
    if (!connected_) {
        return;
    }
    for (const Entry& entry : registered_.due(now())) {
        ask_for(entry);
    }
    for (const Where& where : subscribed_.due(now())) {
        renew(where);
    }
    peers_.tick();
}

std::string DaemonClient::Impl::way_to(const Address& server) const {
    return server == daemon_ ? std::string() : server.str();
}

std::error_code DaemonClient::Impl::send(std::string_view to, const Message& message,
                                         SendOptions options) {
    if (!options.use_auth || !options.use_cipher) {
        return Errc::unsupported;
    }
    const auto stream = connected_ || greets_ ? client_.impl_->stream(std::nullopt) : nullptr;
    if (!stream) {
        return Errc::not_connected;
    }
    OwnedMessage directed = message.own();
    net::direct(directed, to);
    return stream->send(directed, options);
}

void DaemonClient::Impl::request(Result<OwnedMessage> message, RequestTerms terms,
                                 detail::Completion<OwnedMessage> done) {
    if (!done.executor(executor_)) {
        throw std::logic_error("this DaemonClient has no executor yet: start it first");
    }
    // What names nobody waits for the end of the greeting, and what does may be part of it.
    const auto server = std::exchange(terms.server, std::nullopt);
    if (server && greets_) {
        terms.server = there_;
    }
    if (message) {
        std::string to = server ? way_to(*server) : std::string();
        net::direct(*message, to);
        terms.is_relayed = true;
        done = note_subscription(std::move(to), *message, terms, std::move(done));
    }
    client_.impl_->request(std::move(message), std::move(terms), std::move(done));
}

}  // namespace netaio
