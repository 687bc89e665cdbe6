#include "server_impl.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <stdexcept>

#include "channel.hpp"
#include "core/outgoing.hpp"
#include "endpoint.hpp"
#include "node_of.hpp"
#include "sockets.hpp"

namespace netaio {
namespace {

using boost::asio::ip::tcp;

// How long to let a system without free descriptors recover before accepting again, and how long
// until that is said anew.
constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr auto quiet_time = std::chrono::minutes(1);
// What is accepted before others get their turn.
constexpr int accepted_at_once = 32;

// A connection that went before it was accepted, and the like: no reason not to go on.
bool is_about_one_connection(const boost::system::error_code& error) {
    using namespace boost::asio::error;
    return error == interrupted || error == connection_aborted || error == network_down ||
           error == network_unreachable || error == host_unreachable ||
           error == boost::system::errc::protocol_error;
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
              .stranger_queue_max = options_.stranger_queue_max},
      strangers_(options_.strangers_per_host_max),
      node_(net::node_of(core::Role::server, options_)),
      peer_manager_(*node_, [this](const OwnedMessage& message, const Plugins& inner) {
          announce(message, inner);
      }) {
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
            end_subscriptions(peer);
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
        const auto address = Address::parse(interface, options_.port);
        if (!address) {
            throw std::invalid_argument("interface '" + interface +
                                        "' is no IP address; name one such as 127.0.0.1 or ::");
        }
        wanted.push_back(*address);
    }
    wanted.insert(wanted.end(), options_.endpoints.begin(), options_.endpoints.end());
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
    {
        const std::lock_guard lock(mutex_);
        if (started_) {
            throw std::logic_error("the server was started before: start a server once");
        }
    }
    for (const Address& address : wanted_endpoints()) {
        if (const auto error = listen(address)) {
            acceptors_.clear();
            const std::lock_guard lock(mutex_);
            endpoints_.clear();
            return error;
        }
    }
    {
        const std::lock_guard lock(mutex_);
        started_ = true;
    }
    for (const auto& acceptor : acceptors_) {
        boost::asio::post(loops_.front()->executor(),
                          [self = shared_from_this(), acceptor] { self->accept(acceptor); });
    }
    for (const auto& own : own_threads_) {
        own->thread = std::thread([&context = own->context] {
            context.run();
            net::send_rest(context);
        });
    }
    return {};
}

std::error_code TcpServer::Impl::listen(const Address& address) {
    Address wanted = address;
    const std::lock_guard lock(mutex_);
    if (wanted.port() == 0 && !endpoints_.empty()) {
        // One port for all, whichever the system picked first.
        wanted = *Address::parse(address.host(), endpoints_.front().port());
    }
    const tcp::endpoint endpoint = net::to_endpoint<tcp::endpoint>(wanted);
    auto acceptor = std::make_shared<Acceptor>(loops_.front()->executor());
    boost::system::error_code error;
    net::open_socket(*acceptor, endpoint.protocol(), error);
    if (!error) {
        acceptor->set_option(tcp::acceptor::reuse_address(true), error);
    }
    if (!error && wanted.is_v6()) {
        acceptor->set_option(boost::asio::ip::v6_only(!options_.dual_stack), error);
    }
    if (!error) {
        acceptor->bind(endpoint, error);
    }
    if (!error) {
        acceptor->listen(boost::asio::socket_base::max_listen_connections, error);
    }
    if (!error) {
        acceptor->non_blocking(true, error);
    }
    if (error) {
        node_->log(LogLevel::error, "cannot listen: " + error.message(), wanted);
        return error;
    }
    endpoints_.push_back(net::to_address(acceptor->local_endpoint()));
    acceptors_.push_back(std::move(acceptor));
    node_->log(LogLevel::info, "listening", endpoints_.back());
    return {};
}

void TcpServer::Impl::accept(std::shared_ptr<Acceptor> acceptor) {
    Acceptor& listening = *acceptor;
    listening.async_wait(Acceptor::wait_read, [self = shared_from_this(),
                                               acceptor](boost::system::error_code error) {
        if (error == boost::asio::error::operation_aborted || !acceptor->is_open()) {
            return;
        }
        const auto wait = self->accept_waiting(*acceptor);
        if (wait.count() == 0) {
            self->accept(acceptor);
            return;
        }
        auto pause = std::make_shared<boost::asio::steady_timer>(acceptor->get_executor(), wait);
        pause->async_wait([self, acceptor, pause](boost::system::error_code) {
            if (acceptor->is_open()) {
                self->accept(acceptor);
            }
        });
    });
}

// Returns how long to pause then.
std::chrono::milliseconds TcpServer::Impl::accept_waiting(Acceptor& acceptor) {
    for (int i = 0; i < accepted_at_once && acceptor.is_open(); ++i) {
        const auto& loop = loops_[next_loop_ % loops_.size()];
        boost::system::error_code error;
        auto socket = net::accept_waiting(acceptor, loop->executor(), error);
        if (!error) {
            ++next_loop_;
            adopt(std::move(socket), loop);
        } else if (net::would_block(error) || i > 0) {
            break;  // descriptors are missed even where nobody waits, of which the next wait tells
        } else if (!is_about_one_connection(error)) {
            return cannot_accept(error);
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

void TcpServer::Impl::adopt(tcp::socket socket, const std::shared_ptr<net::Loop>& loop) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) {
        return;  // gone already
    }
    const Address from = net::to_address(endpoint);
    if (connection_count_.load() >= options_.connections_max && !strangers_.close_oldest()) {
        refused_.fetch_add(1);
        node_->log(LogLevel::warning, "refused a connection: there are connections_max already",
                   from);
        return;
    }
    connection_count_.fetch_add(1);
    boost::asio::dispatch(loop->executor(), [self = shared_from_this(), loop, from,
                                             taken = std::move(socket)]() mutable {
        std::shared_ptr<core::Stream> stream;
        try {
            stream = std::make_shared<core::Stream>(from, net::local_of(taken), loop, self);
            net::carry(stream, std::move(taken), self->options_.keepalive_timeout);
        } catch (const std::exception& failure) {
            // Where there is no memory for one more, those that are there go on.
            self->connection_count_.fetch_sub(1);
            self->refused_.fetch_add(1);
            self->node_->log(LogLevel::error,
                             "refused a connection: " + std::string(failure.what()), from);
            self->finish_stop();
            return;
        }
        if (stream->is_stranger()) {
            self->strangers_.add(*stream);
        }
    });
}

void TcpServer::Impl::closed(core::Stream& stream, std::error_code why) {
    strangers_.remove(stream);
    connection_count_.fetch_sub(1);
    if (!why) {
        const std::lock_guard lock(mutex_);
        drained_ += stopping_ ? 1 : 0;
    }
    finish_stop();
}

// On each loop's own thread.
template <class Work>
void TcpServer::Impl::with_each_hub(Work work) {
    for (const auto& loop : loops_) {
        const bool last = &loop == &loops_.back();
        boost::asio::dispatch(loop->executor(),
                              [loop, work = last ? std::move(work) : work] { work(*loop); });
    }
}

std::error_code TcpServer::Impl::deliver(const Message& message, const SendOptions& options,
                                         Choose choose) {
    if (!has_context()) {
        return {};
    }
    auto frame = std::make_shared<std::string>();
    const auto made = core::encode_for_all(*node_, message, options.plugins,
                                           core::outer_plugins(*node_, options), *frame);
    if (!made) {
        return made.error();
    }
    if (*made > 0) {
        with_each_hub(
            [choose = std::move(choose), frame](core::Hub& hub) { hub.give(choose(hub), frame); });
    } else {
        const auto shared = std::make_shared<const OwnedMessage>(message.own());
        with_each_hub([choose = std::move(choose), shared, options](core::Hub& hub) {
            const core::Receivers receivers = choose(hub);
            for (const auto& receiver : *receivers) {
                receiver->give(*shared, options);
            }
        });
    }
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
    if (const auto error = deliver(message, {.plugins = inner}, &core::Hub::everyone)) {
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
