#include "channel.hpp"

#include "ring.hpp"

namespace netaio::net {
namespace {

using boost::asio::ip::tcp;

// Waits until the socket is ready, then reads or writes.
class PolledChannel final : public Channel {
public:
    explicit PolledChannel(tcp::socket socket) : socket_(std::move(socket)) {}

    void start(std::weak_ptr<ChannelListener> listener) override {
        listener_ = std::move(listener);
    }

    std::size_t read(std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                     boost::system::error_code& error) override {
        if (!std::exchange(waiting_, true)) {
            wait_for_input(*socket_, listener_);
        }
        // That a reset came with these bytes shows only when nothing of them is left.
        const std::size_t count = socket_->read_some(buffers, error);
        more = count > 0;
        return count;
    }

    std::size_t write(ByteView bytes, boost::system::error_code& error) override {
        return write_now(*socket_, bytes, error);
    }

    void wait_writable() override {
        socket_->async_wait(tcp::socket::wait_write,
                            [weak = listener_](boost::system::error_code error) {
                                if (const auto listener = weak.lock()) {
                                    listener->output_ready(error);
                                }
                            });
    }

    bool at_end(boost::system::error_code& error) override {
        bool ended = ended_now(*socket_, error);
        if (would_block(error) && !std::exchange(waiting_, true)) {
            wait_for_input(*socket_, listener_);
            ended = ended_now(*socket_, error);  // it may have come before
        }
        return ended;
    }

    void close() override { shut(socket_); }

private:
    std::optional<tcp::socket> socket_;
    std::weak_ptr<ChannelListener> listener_;
};

}  // namespace

std::unique_ptr<Channel> open_channel(tcp::socket socket) {
    if (auto ring = open_ring_channel(socket)) {
        return ring;
    }
    return std::make_unique<PolledChannel>(std::move(socket));
}

std::size_t write_now(tcp::socket& socket, ByteView bytes, boost::system::error_code& error) {
    std::size_t written = 0;
    while (written < bytes.size()) {
        written += socket.write_some(
            boost::asio::buffer(bytes.data() + written, bytes.size() - written), error);
        if (error) {
            break;
        }
    }
    if (would_block(error)) {
        error.clear();
    }
    return written;
}

bool ended_now(tcp::socket& socket, boost::system::error_code& error) {
    char next = 0;
    socket.receive(boost::asio::buffer(&next, 1), boost::asio::socket_base::message_peek, error);
    return error && !would_block(error);
}

void shut(std::optional<tcp::socket>& socket) {
    boost::system::error_code ignored;
    socket->shutdown(boost::asio::socket_base::shutdown_both, ignored);
    socket.reset();
}

}  // namespace netaio::net
