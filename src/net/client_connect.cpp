#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <stdexcept>

#include "cancelling.hpp"
#include "client_kept.hpp"
#include "core/callback.hpp"
#include "core/session_opening.hpp"
#include "node_of.hpp"

/// How a client reaches its servers.
namespace netaio {

// What a coroutine that connects leads to; also when it ends without a word, as where there is no
// memory for its next step.
class TcpClient::Impl::Reaching {
public:
    Reaching(std::shared_ptr<Impl> client, std::shared_ptr<Connecting> waiting)
        : client_(std::move(client)), waiting_(std::move(waiting)) {}
    Reaching(Reaching&&) = default;
    ~Reaching() {
        if (client_) {
            client_->connecting_.remove(waiting_);
            waiting_->cancel.over = true;
            if (waiting_->done) {
                core::attempt(client_->node_->environment.log, "cannot connect", [&] {
                    waiting_->done.post(client_->executor_,
                                        std::make_error_code(std::errc::not_enough_memory));
                });
            }
        }
    }

    void operator()(const std::exception_ptr& failure, net::ConnectResult result) {
        const auto client = std::exchange(client_, nullptr);
        waiting_->cancel.over = true;
        if (!failure && !result.error && waiting_->done && !waiting_->given_up &&
            client->node_->session) {
            client->agree(std::move(result.connection), waiting_);
            return;
        }
        client->connecting_.remove(waiting_);
        detail::Completion<Address>& done = waiting_->done;
        if (!done) {
            return;  // the client has gone away
        }
        if (failure) {
            done.post(client->executor_, Errc::cancelled);
            return;
        }
        const Address server = result.connection.ends.remote;
        if (waiting_->given_up && !result.error) {
            result.error = Errc::cancelled;  // it was reached just before
        }
        if (!result.error) {
            result.error = client->adopt(std::move(result.connection), waiting_->is_for_kept);
        }
        done.dispatch(client->executor_, result.error, server);
    }

private:
    std::shared_ptr<Impl> client_;
    std::shared_ptr<Connecting> waiting_;
};

void TcpClient::Impl::connect(std::string host, std::uint16_t port,
                              detail::Completion<Address> done, const Kept* for_whom) {
    bind(executor_ ? executor_ : done.executor({}));
    const net::Transport* const transport = net::transport_of(host);
    if (!transport) {
        done.post(executor_, Errc::unsupported);
        return;
    }
    auto slot = done.slot();
    const auto waiting = std::make_shared<Connecting>(std::move(done));
    waiting->is_for_kept = for_whom != nullptr;
    if (slot.is_connected()) {
        slot.assign(
            [weak = std::weak_ptr(waiting), executor = executor_](boost::asio::cancellation_type) {
                if (const auto cancelled = weak.lock()) {
                    cancelled->given_up = true;
                    net::cancel_on(executor, cancelled, cancelled->cancel);
                    boost::asio::dispatch(executor, [cancelled] { cancelled->end_agreeing(); });
                }
            });
    }
    TcpClientOptions options = options_;
    if (for_whom) {
        options.connect_timeout = for_whom->attempt_timeout(options.connect_timeout);
    }
    waiting->server = net::server_name(host, port);
    auto coroutine = transport->connect(std::move(host), port, std::move(options));
    connecting_.push_back(waiting);
    Reaching reaching(shared_from_this(), waiting);
    core::attempt(node_->environment.log, "cannot connect", [&] {
        boost::asio::co_spawn(executor_, std::move(coroutine),
                              boost::asio::bind_cancellation_slot(waiting->cancel.signal.slot(),
                                                                  std::move(reaching)));
    });
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
    counted_before_ = counters();
    loop_ = net::Loop::make(executor_, node_, net::client_limits(options_));
    net::settle_in(executor_, weak_from_this());
    ticker_ = std::make_shared<net::Ticker>(
        executor_, node_->environment.clock, [this] { return peer_manager_.next(); },
        [this] {
            const auto keep_alive = shared_from_this();  // a callback may destroy the client
            peer_manager_.tick();
        });
    ticker_->update();
    for (const auto& kept : kept_) {
        kept->begin();
    }
}

// A connection that nobody uses yet.
Result<std::shared_ptr<core::Stream>> TcpClient::Impl::begin(net::Connected connection) {
    thread_.runs_here();
    auto failed = std::make_error_code(std::errc::not_enough_memory);
    std::shared_ptr<core::Stream> stream;
    std::unique_ptr<core::Carrier> carrier;
    core::attempt(node_->environment.log, "cannot connect", [&] {
        stream = std::make_shared<core::Stream>(connection.ends, loop_, weak_from_this());
        stream->enable_requests(options_.requests_max);
        stream->set_reading(false);
        links_.try_emplace(connection.ends.remote);
        auto opened = connection.open();
        if (opened) {
            carrier = std::move(*opened);
        } else {
            failed = opened.error();
        }
    });
    if (!carrier) {
        return failed;
    }
    stream->start(std::move(carrier));
    return stream->open() ? Result<std::shared_ptr<core::Stream>>(std::move(stream)) : failed;
}

std::error_code TcpClient::Impl::adopt(net::Connected connection, bool is_for_kept) {
    const auto stream = begin(std::move(connection));
    return stream ? use(*stream, is_for_kept) : stream.error();
}

// Has a connection used when its session has begun, or it is known that there is none.
void TcpClient::Impl::agree(net::Connected connection, const std::shared_ptr<Connecting>& waiting) {
    const Address server = connection.ends.remote;
    const auto stream = begin(std::move(connection));
    const auto end = [this, waiting, server](std::error_code error) {
        connecting_.remove(waiting);
        if (waiting->done) {
            waiting->done.dispatch(executor_, error, server);
        }
    };
    if (!stream) {
        end(stream.error());
        return;
    }
    waiting->agreeing = *stream;
    const auto agreed = [self = shared_from_this(), end, waiting,
                         weak = std::weak_ptr(*stream)](std::error_code error) {
        const auto agreeing = weak.lock();
        waiting->agreeing.reset();
        if (!error && (waiting->given_up || !waiting->done || !agreeing)) {
            error = Errc::cancelled;
        }
        if (agreeing) {
            agreeing->set_reading(false);
            error = error ? error : self->use(agreeing, waiting->is_for_kept);
            if (error) {
                agreeing->abort(error);
            }
        }
        end(error);
    };
    (*stream)->set_reading(true);
    core::SessionOpening::start(*stream, waiting->server, agreed);
}

void TcpClient::Impl::Connecting::end_agreeing() {
    if (const auto stream = agreeing.lock()) {
        stream->abort(Errc::cancelled);
    }
}

std::error_code TcpClient::Impl::use(const std::shared_ptr<core::Stream>& stream,
                                     bool is_for_kept) {
    const Address server = stream->remote();
    const auto link = links_.find(server);
    if (link == links_.end()) {
        stream->abort(Errc::cancelled);  // a log has ended the client
        return Errc::closed;
    }
    // The new connection takes the old one's place, with those who wait for messages.
    if (const auto before = std::exchange(link->second.stream, stream)) {
        before->abort({});
    }
    if (!default_server_ || !links_.contains(*default_server_)) {
        default_server_ = server;
    }
    introduce(*stream, MessageType::advertise_peer);
    // Plugins, which are users' code, may have ended the client.
    if (Link* current = link_of(*stream)) {
        update_reading(*current);
    }
    if (!is_for_kept && stream->open()) {
        keep(stream);
    }
    return stream->open() ? std::error_code() : make_error_code(Errc::closed);
}

}  // namespace netaio
