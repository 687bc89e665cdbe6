#pragma once

#include <boost/asio/bind_allocator.hpp>

#include "operation_memory.hpp"
#include "sockets.hpp"
#include "transport.hpp"

namespace netaio::net {

/// A listening socket, of whichever family.
class SocketListener : public Listener, public std::enable_shared_from_this<SocketListener> {
public:
    /// The socket listens already.
    SocketListener(StreamAcceptor socket, Address at)
        : socket_(std::move(socket)), address_(std::move(at)) {}

    const Address& address() const noexcept override { return address_; }
    void wait() override {
        socket_.async_wait(
            StreamAcceptor::wait_read,
            boost::asio::bind_allocator(
                memory_, [self = shared_from_this()](boost::system::error_code error) {
                    if (error != boost::asio::error::operation_aborted && self->is_open()) {
                        self->ready();
                    }
                }));
    }
    Result<Connected> accept(const boost::asio::any_io_executor& executor) override {
        boost::system::error_code error;
        StreamSocket socket = accept_waiting(socket_, executor, error);
        return error ? Result<Connected>(std::error_code(error)) : accepted(std::move(socket));
    }
    void close() noexcept override {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }
    bool is_open() const noexcept override { return socket_.is_open(); }

private:
    virtual Result<Connected> accepted(StreamSocket socket) = 0;

    StreamAcceptor socket_;
    const Address address_;
    OperationMemory<> memory_;
};

}  // namespace netaio::net
