#include "server_impl.hpp"

#include <algorithm>
#include <boost/asio/bind_allocator.hpp>
#include <stdexcept>

#include "core/outgoing.hpp"
#include "node_of.hpp"
#include "sockets.hpp"

namespace netaio {
namespace {

// How long to let a system without free descriptors recover before accepting again, and how long
// until that is said anew.
constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr auto quiet_time = std::chrono::minutes(1);
// What is accepted before others get their turn.
constexpr int accepted_at_once = 32;

// A connection that went before it was accepted, and the like: no reason not to go on.
bool is_about_one_connection(const std::error_code& error) {
    return error == std::errc::interrupted || error == std::errc::connection_aborted ||
           error == std::errc::network_down || error == std::errc::network_unreachable ||
           error == std::errc::host_unreachable || error == std::errc::protocol_error;
}

}  // namespace

TcpServer::Impl::Impl(TcpServerOptions options, boost::asio::any_io_executor executor)
    : options_(std::move(options)),
      limits_{.idle_timeout = options_.idle_timeout,
              .frame_timeout = options_.frame_timeout,
              .send_timeout = options_.send_timeout,
              .send_queue_max = options_.send_queue_max,
              .slow_receiver = options_.slow_receiver,
              .subscriptions_max = options_.subscriptions_max,
              .subscriptions_total_max = options_.subscriptions_total_max,
              .stranger_timeout = options_.stranger_timeout,
              .stranger_failures_max = options_.stranger_failures_max,
              .stranger_queue_max = options_.stranger_queue_max,
              .handlers_max = options_.handlers_max,
              .half_close = options_.half_close},
      strangers_(options_.strangers_per_host_max),
      node_(net::node_of(core::Role::server, options_)),
      peer_manager_(*node_, [this](const OwnedMessage& message, const Plugins& inner) {
          announce(message, inner);
      }) {
    node_->present.set_bytes_max(options_.present_max);
    wanted_endpoints();
    make_loops(std::move(executor));
    ticker_ = std::make_shared<net::Ticker>(
        loops_.front()->executor(), node_->environment.clock,
        [this] { return peer_manager_.next(); },
        [this] {
            const auto keep_alive = shared_from_this();  // a callback may destroy the server
            peer_manager_.tick();
        });
    node_->peers.set_observer([this](core::PeerEvent event, const Peer& peer) {
        if (event == core::PeerEvent::left) {
            core::attempt(node_->environment.log, "a peer's subscriptions stay",
                          [&] { end_subscriptions(peer); });
        }
        node_->tell_of_peer(event, peer);
    });
}

void TcpServer::Impl::make_loops(boost::asio::any_io_executor executor) {
    if (executor) {
        loops_.push_back(net::Loop::make(std::move(executor), node_, limits_));
        return;
    }
    const unsigned threads =
        options_.threads ? options_.threads : std::max(1u, std::thread::hardware_concurrency());
    for (unsigned i = 0; i < threads; ++i) {
        const auto& own = own_threads_.emplace_back(std::make_shared<OwnThread>());
        loops_.push_back(net::Loop::make(own->context.get_executor(), node_, limits_, own));
    }
}

TcpServer::Impl::~Impl() {
    // Connections that users keep outlive this.
    node_->peers.set_observer({});
}

std::vector<Address> TcpServer::Impl::wanted_endpoints() const {
    std::vector<Address> wanted;
    for (const std::string& interface : options_.interfaces) {
        const auto named = Address::parse(interface);
        const auto address =
            named && named->is_named() ? named : Address::parse(interface, options_.port);
        if (!address) {
            throw std::invalid_argument("interface '" + interface +
                                        "' is no IP address; name one such as 127.0.0.1 or ::, or "
                                        "a Unix-domain socket such as unix:/run/x.sock");
        }
        wanted.push_back(*address);
    }
    wanted.insert(wanted.end(), options_.endpoints.begin(), options_.endpoints.end());
    for (const Address& address : wanted) {
        if (!net::transport_of(address)) {
            throw std::invalid_argument("there is no transport '" + std::string(address.scheme()) +
                                        "'; listen at an IP address or unix:PATH");
        }
    }
    if (wanted.empty()) {
        throw std::invalid_argument(
            "a server needs at least one interface or endpoint to listen on");
    }
    return wanted;
}

void TcpServer::Impl::require_not_started(std::string_view what) const {
    const std::lock_guard lock(mutex_);
    if (started_) {
        throw std::logic_error(std::string(what) + " before the server starts");
    }
}

std::error_code TcpServer::Impl::start() {
    const auto keep_alive = shared_from_this();  // a log may destroy the server
    {
        const std::lock_guard lock(mutex_);
        if (started_) {
            throw std::logic_error("the server was started before: start a server once");
        }
    }
    bound_connections();
    try {
        for (const Address& address : wanted_endpoints()) {
            if (const auto error = listen(address)) {
                do_not_listen();
                return error;
            }
        }
        set_started(true);
        for (const auto& own : own_threads_) {
            if (!own->thread.joinable()) {
                own->thread = std::thread([this, own = own.get()] { run_loop(own->context); });
            }
        }
        boost::asio::post(loops_.front()->executor(), [self = shared_from_this()] {
            for (const auto& listening : self->listening_) {
                listening->listener->wait();
            }
        });
    } catch (...) {
        // Nothing was accepted yet.
        set_started(false);
        do_not_listen();
        throw;
    }
    return {};
}

// Below the descriptors there are, with some left for what else the process opens.
void TcpServer::Impl::bound_connections() {
    const auto descriptors = net::descriptors_max();
    if (!descriptors) {
        return;
    }
    const std::size_t others = 16 + 4 * loops_.size() + wanted_endpoints().size();
    const std::size_t room = *descriptors > 2 * others ? *descriptors - others
                                                       : std::max<std::size_t>(*descriptors / 2, 1);
    if (options_.connections_max > room) {
        // What nobody asked for is no news.
        const bool wished = options_.connections_max != TcpServerOptions().connections_max;
        options_.connections_max = room;
        node_->environment.log(wished ? LogLevel::info : LogLevel::debug,
                               "connections_max is " + std::to_string(room) +
                                   ", as this process may open " + std::to_string(*descriptors) +
                                   " files: raise that (ulimit -n, or LimitNOFILE= of systemd)");
    }
}

void TcpServer::Impl::set_started(bool started) {
    const std::lock_guard lock(mutex_);
    started_ = started;
}

void TcpServer::Impl::do_not_listen() {
    listening_.clear();
    const std::lock_guard lock(mutex_);
    endpoints_.clear();
}

// Whatever is thrown there: users' coroutines and what lacked memory must not end the others.
void TcpServer::Impl::run_loop(boost::asio::io_context& context) {
    while (!context.stopped()) {
        core::attempt(node_->environment.log, "a thread of the server goes on after", [&] {
            context.run();
            net::send_rest(context);
        });
    }
}

std::error_code TcpServer::Impl::listen(const Address& address) {
    Address wanted = address;
    if (wanted.port() == 0) {
        wanted = wanted.with_port(picked_port());
    }
    const auto executor = loops_.front()->executor();
    auto made = net::transport_of(wanted)->listen(executor, wanted, options_);
    if (!made) {
        node_->log(LogLevel::error, "cannot listen: " + made.error().message(), wanted);
        return made.error();
    }
    const auto listening = std::make_shared<Listening>(std::move(*made), executor);
    listening->listener->when_ready(
        [weak = weak_from_this(), listening = std::weak_ptr(listening)] {
            const auto self = weak.lock();
            const auto ready = listening.lock();
            if (self && ready) {
                self->accept(ready);
            }
        });
    const Address at = listening->listener->address();
    listening_.push_back(listening);
    {
        const std::lock_guard lock(mutex_);
        endpoints_.push_back(at);
    }
    node_->log(LogLevel::info, "listening", at);
    return has_context() ? std::error_code() : make_error_code(Errc::cancelled);
}

// One port for all, whichever the system picked first.
std::uint16_t TcpServer::Impl::picked_port() const {
    for (const Address& before : endpoints()) {
        if (!before.is_named()) {
            return before.port();
        }
    }
    return 0;
}

void TcpServer::Impl::accept(const std::shared_ptr<Listening>& listening) {
    auto wait = accept_pause;
    core::attempt(node_->environment.log, "cannot accept a connection",
                  [&] { wait = accept_waiting(*listening->listener); });
    if (!listening->listener->is_open()) {
        return;
    }
    if (wait.count() == 0 || !core::attempt(node_->environment.log, "accepts without a pause",
                                            [&] { accept_later(listening, wait); })) {
        listening->listener->wait();
    }
}

void TcpServer::Impl::accept_later(const std::shared_ptr<Listening>& listening,
                                   std::chrono::milliseconds pause) {
    listening->pause.expires_after(pause);
    listening->pause.async_wait(boost::asio::bind_allocator(
        listening->memory, [self = shared_from_this(), listening](boost::system::error_code) {
            if (listening->listener->is_open()) {
                listening->listener->wait();
            }
        }));
}

// Returns how long to pause then.
std::chrono::milliseconds TcpServer::Impl::accept_waiting(net::Listener& listener) {
    for (int i = 0; i < accepted_at_once && listener.is_open(); ++i) {
        const auto& loop = loops_[next_loop_ % loops_.size()];
        auto connection = listener.accept(loop->executor());
        if (connection) {
            ++next_loop_;
            adopt(std::move(*connection), loop);
        } else if (net::would_block(connection.error()) || i > 0) {
            break;  // descriptors are missed even where nobody waits, of which the next wait tells
        } else if (!is_about_one_connection(connection.error())) {
            return cannot_accept(connection.error());
        }
    }
    return {};
}

std::chrono::milliseconds TcpServer::Impl::cannot_accept(const std::error_code& error) {
    const bool descriptors = error == std::errc::too_many_files_open ||
                             error == std::errc::too_many_files_open_in_system;
    const auto now = loops_.front()->now();
    const bool said = could_not_accept_at_ && now - *could_not_accept_at_ < quiet_time;
    could_not_accept_at_ = now;
    if (!said && descriptors) {
        node_->environment.log(LogLevel::warning,
                               "cannot accept more connections: " + error.message() +
                                   "; raise the limit (ulimit -n, or LimitNOFILE= of systemd)");
    } else if (!said) {
        node_->environment.log(LogLevel::error, "cannot accept connections: " + error.message());
    }
    return descriptors && strangers_.close_oldest() ? std::chrono::milliseconds(1) : accept_pause;
}

// Counts a connection until it has closed or could not be served.
class TcpServer::Impl::Place {
public:
    explicit Place(std::shared_ptr<Impl> server) : server_(std::move(server)) {
        server_->connection_count_.fetch_add(1);
    }
    Place(Place&&) = default;
    ~Place() {
        if (server_) {
            server_->refused_.fetch_add(1);
            server_->connection_count_.fetch_sub(1);
            server_->finish_stop();
        }
    }
    /// From now on the stream tells of its end.
    void taken() noexcept { server_ = nullptr; }

private:
    std::shared_ptr<Impl> server_;
};

void TcpServer::Impl::adopt(net::Connected connection, const std::shared_ptr<net::Loop>& loop) {
    if (connection_count_.load() >= options_.connections_max && !strangers_.close_oldest()) {
        refused_.fetch_add(1);
        node_->log(LogLevel::warning, "refused a connection: there are connections_max already",
                   connection.ends.remote);
        return;
    }
    boost::asio::dispatch(loop->executor(), [this, loop, taken = std::move(connection),
                                             place = Place(shared_from_this())]() mutable {
        serve(std::move(taken), loop, std::move(place));
    });
}

// Where there is no memory for one more, those that are there go on.
void TcpServer::Impl::serve(net::Connected connection, const std::shared_ptr<net::Loop>& loop,
                            Place place) {
    std::shared_ptr<core::Stream> stream;
    std::unique_ptr<core::Carrier> carrier;
    core::attempt(node_->environment.log, "a connection cannot be served", [&] {
        auto opened = connection.open();
        if (opened) {
            stream = std::make_shared<core::Stream>(std::move(connection.ends), loop,
                                                    shared_from_this());
            carrier = std::move(*opened);
        } else {
            node_->log(LogLevel::error,
                       "a connection cannot be served: " + opened.error().message(),
                       connection.ends.remote);
        }
    });
    if (!stream) {
        return;
    }
    place.taken();
    stream->start(std::move(carrier));
    if (on_connect && stream->open()) {
        bool taken = false;
        core::attempt(node_->environment.log, "the connect handler threw",
                      [&] { taken = on_connect(*stream); });
        if (!taken) {
            stream->abort(std::make_error_code(std::errc::permission_denied));
        }
    }
    if (stream->is_stranger()) {
        stream->serve([&] { strangers_.add(*stream); });
    }
}

void TcpServer::Impl::closed(core::Stream& stream, std::error_code why) {
    strangers_.remove(stream);
    connection_count_.fetch_sub(1);
    on_disconnect.tell(node_->environment.log, "the disconnect handler threw", stream, why);
    if (!why) {
        const std::lock_guard lock(mutex_);
        drained_ += stopping_ ? 1 : 0;
    }
    finish_stop();
}

// Encoded once for all, or, where a plugin is peer-specific, given as it is.
Result<TcpServer::Impl::Giving> TcpServer::Impl::giving(const Message& message,
                                                        const SendOptions& options,
                                                        std::optional<std::string> key) {
    auto frame = std::make_shared<std::string>();
    const Plugins outer = node_->outer.get();
    const auto made = core::encode_for_all(*node_, message, options.plugins,
                                           core::outer_plugins(outer, options), *frame);
    if (!made) {
        return made.error();
    }
    core::SharedFrames frames{std::move(frame)};
    bool for_all = *made > 0;
    if (for_all && node_->session) {
        const Plugins within = core::within_session(core::outer_plugins(outer, options));
        auto sealed = std::make_shared<std::string>();
        const auto more = core::encode_for_all(*node_, message, options.plugins, within, *sealed);
        if (!more) {
            return more.error();
        }
        for_all = *more > 0;
        frames.within = std::move(sealed);
    }
    if (for_all) {
        return Giving{std::move(key), std::move(frames)};
    }
    return Giving{std::move(key), {}, std::make_shared<const Each>(Each{message.own(), options})};
}

void TcpServer::Impl::Giving::operator()(core::Hub& hub) const {
    if (replaces_value) {
        hub.value_replaced(*key);
    }
    const core::Receivers receivers = key ? hub.subscribers(*key) : hub.everyone();
    if (frames.clear) {
        hub.give(receivers, frames);
        return;
    }
    for (const auto& receiver : *receivers) {
        const auto as = key ? hub.subscribed_as(*key, receiver) : std::nullopt;
        receiver->give(each->message, each->options, as ? &*as : nullptr);
    }
}

std::error_code TcpServer::Impl::deliver(const Message& message, const SendOptions& options,
                                         std::optional<std::string> key) {
    if (!has_context()) {
        return {};
    }
    auto given = giving(message, options, std::move(key));
    if (!given) {
        return given.error();
    }
    with_each_hub(std::move(*given));
    return {};
}

void TcpServer::Impl::with_peer_manager(std::function<void(core::PeerManager&)> work) {
    if (!has_context()) {
        return;
    }
    boost::asio::dispatch(loops_.front()->executor(),
                          [self = shared_from_this(), work = std::move(work)] {
                              work(self->peer_manager_);
                              self->ticker_->update();
                          });
}

void TcpServer::Impl::announce(const OwnedMessage& message, const Plugins& inner) {
    if (const auto error = deliver(message, {.plugins = inner})) {
        node_->environment.log(LogLevel::error, "peers cannot be told: " + error.message());
    }
}

// A peer that left while its connection stays is notified no more.
void TcpServer::Impl::end_subscriptions(const Peer& peer) {
    if (!has_context()) {
        return;
    }
    with_each_hub(
        [addresses = peer.addresses](core::Hub& hub) { hub.end_subscriptions(addresses); });
}

std::vector<Address> TcpServer::Impl::endpoints() const {
    const std::lock_guard lock(mutex_);
    return endpoints_;
}

std::uint16_t TcpServer::Impl::port() const {
    const auto all = endpoints();
    return all.empty() ? 0 : all.front().port();
}

Counters TcpServer::Impl::counters() const {
    Counters sum;
    for (const auto& loop : loops_) {
        loop->tallies().add_to(sum);
    }
    sum.connections_refused += refused_.load();
    sum.peers_refused = node_->peers.refused();
    return sum;
}

std::size_t TcpServer::Impl::subscriber_count(ByteView key) const {
    std::size_t count = 0;
    for (const auto& loop : loops_) {
        count += loop->subscriber_count(key);
    }
    return count;
}

}  // namespace netaio
