#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <stdexcept>

#include "cancelling.hpp"
#include "channel.hpp"
#include "client_impl.hpp"
#include "reach.hpp"

/// How a client reaches its servers.
namespace netaio {

using boost::asio::ip::tcp;

void TcpClient::Impl::connect(std::string host, std::uint16_t port,
                              detail::Completion<Address> done) {
    bind(done.executor(executor_));
    auto slot = done.slot();
    const auto waiting = std::make_shared<Connecting>(std::move(done));
    connecting_.push_back(waiting);
    if (slot.is_connected()) {
        slot.assign(
            [weak = std::weak_ptr(waiting), executor = executor_](boost::asio::cancellation_type) {
                if (const auto cancelled = weak.lock()) {
                    net::cancel_on(executor, cancelled, cancelled->cancel);
                }
            });
    }
    boost::asio::co_spawn(
        executor_, net::reach(std::move(host), port, options_.connect_timeout),
        boost::asio::bind_cancellation_slot(
            waiting->cancel.slot(),
            [self = shared_from_this(), waiting](std::exception_ptr failure, net::Reached result) {
                if (!waiting->done) {
                    return;  // the client has gone away
                }
                self->connecting_.remove(waiting);
                if (failure) {
                    waiting->done.post(self->executor_, Errc::cancelled);
                } else if (result.error) {
                    waiting->done.dispatch(self->executor_, result.error);
                } else {
                    self->adopt(std::move(*result.socket), result.server);
                    waiting->done.dispatch(self->executor_, {}, result.server);
                }
            }));
}

void TcpClient::Impl::bind(const boost::asio::any_io_executor& executor) {
    if (ticker_) {
        return;
    }
    if (!executor) {
        throw std::logic_error(
            "a TcpClient needs an executor: give it one when it is made, or connect from a "
            "coroutine");
    }
    executor_ = executor;
    core::StreamLimits limits;
    limits.frame_timeout = options_.frame_timeout;
    limits.send_timeout = options_.send_timeout;
    limits.send_queue_max = options_.send_queue_max;
    limits.slow_receiver = SlowReceiver::drop_newest;
    counted_before_ = counters();
    loop_ = net::Loop::make(executor_, node_, limits);
    net::settle_in(executor_, weak_from_this());
    ticker_ = std::make_shared<net::Ticker>(
        executor_, node_->environment.clock, [this] { return peer_manager_.next(); },
        [this] {
            const auto keep_alive = shared_from_this();  // a callback may destroy the client
            peer_manager_.tick();
        });
    ticker_->update();
}

void TcpClient::Impl::adopt(tcp::socket socket, const Address& server) {
    auto stream =
        std::make_shared<core::Stream>(server, net::local_of(socket), loop_, weak_from_this());
    stream->enable_requests(options_.requests_max);
    stream->set_reading(false);
    Link& link = links_[server];
    net::carry(stream, std::move(socket), options_.keepalive_timeout);
    if (link.stream) {
        // The new connection takes the old one's place, with those who wait for messages.
        std::exchange(link.stream, nullptr)->abort({});
    }
    link.stream = stream;
    if (!default_server_ || !links_.contains(*default_server_)) {
        default_server_ = server;
    }
    introduce(*stream, MessageType::advertise_peer);
    update_reading(link);
}

}  // namespace netaio
