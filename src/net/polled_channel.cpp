#include <array>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "channel.hpp"

namespace netaio::net {
namespace {

// Waits until the socket is ready, then reads or writes.
class PolledChannel final : public Channel {
public:
    explicit PolledChannel(StreamSocket socket) : socket_(std::move(socket)) {}

    std::size_t write(ByteView bytes, std::error_code& error) override {
        return write_now(*socket_, bytes, error);
    }

    void wait_writable() override {
        socket_->async_wait(StreamSocket::wait_write,
                            [weak = listener()](boost::system::error_code error) {
                                if (const auto channel = weak.lock()) {
                                    channel->output_ready(error);
                                }
                            });
    }

    void close() noexcept override { shut(socket_); }

private:
    std::size_t read(Buffers buffers, bool& more, boost::system::error_code& error) override {
        if (!std::exchange(waiting_, true)) {
            wait_for_input(*socket_, listener());
        }
        const std::array<boost::asio::mutable_buffer, 2> room{
            boost::asio::buffer(buffers[0].data(), buffers[0].size()),
            boost::asio::buffer(buffers[1].data(), buffers[1].size())};
        // That a reset came with these bytes shows only when nothing of them is left.
        const std::size_t count = socket_->read_some(room, error);
        more = count > 0;
        return count;
    }

    bool at_end(boost::system::error_code& error) override {
        bool ended = ended_now(*socket_, error);
        if (would_block(error) && !std::exchange(waiting_, true)) {
            wait_for_input(*socket_, listener());
            ended = ended_now(*socket_, error);  // it may have come before
        }
        return ended;
    }

    bool hung_up() noexcept override { return hung_up_now(*socket_); }

    std::optional<StreamSocket> socket_;
};

}  // namespace

std::unique_ptr<Channel> open_polled_channel(StreamSocket socket) {
    return std::make_unique<PolledChannel>(std::move(socket));
}

}  // namespace netaio::net
