#include "channel.hpp"

#include <poll.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "loop.hpp"
#include "ring.hpp"

namespace netaio::net {

void Channel::start(const std::shared_ptr<core::Stream>& stream) {
    stream_ = stream.get();
    listener_ = std::shared_ptr<Channel>(stream, this);
    started();
    read_later();
}

void Channel::resume() {
    if (unread_ && stream_->takes_input()) {
        read_later();
    }
}

// Waiting without a buffer keeps idle connections small.
void Channel::input_came(boost::system::error_code error) {
    waiting_ = false;
    if (!error) {
        unread_ = true;
        read_on();
    }
}

void Channel::read_later() {
    if (!reading_posted_) {
        boost::asio::post(Loop::of(*stream_).executor(),
                          [channel = std::shared_ptr<Channel>(stream_->self(), this)] {
                              channel->reading_posted_ = false;
                              channel->read_on();
                          });
        reading_posted_ = true;
    }
}

void Channel::read_on() {
    stream_->serve([this] { bring_in(); });
}

// Reads once, so that others get their turn.
void Channel::bring_in() {
    stream_->proceed();
    if (!unread_ || !stream_->takes_input()) {
        look_for_end();
        return;
    }
    const auto room = stream_->room(Loop::of(*stream_).read_buffer());
    boost::system::error_code error;
    const std::size_t count = read(room.parts, unread_, error);
    stream_->took(room, count);
    if (count == 0 && error) {
        ended(error);
    }
    resume();
}

void Channel::look_for_end() {
    if (stream_->waits_for_answers() && hung_up()) {
        stream_->gone();
    }
    if (!unread_ || !stream_->listens_for_end()) {
        return;
    }
    boost::system::error_code error;
    if (at_end(error)) {
        ended(error);
    } else if (would_block(error)) {
        unread_ = false;
    }
}

// What comes while nothing is to be read waits with the stream, and so does an end behind it:
// read() will meet that again.
bool Channel::received(std::span<char> bytes, bool more, boost::system::error_code error) {
    if (error) {
        unread_ = stream_->holds_back();
        if (!unread_) {
            stream_->serve([&] { ended(error); });
        }
        return false;
    }
    const bool paused = !stream_->takes_input();
    unread_ = more || paused;
    stream_->serve([&] {
        stream_->received(bytes);
        resume();
    });
    return !unread_;
}

void Channel::ended(const boost::system::error_code& error) {
    if (error == boost::asio::error::eof) {
        stream_->ended({});
    } else if (!would_block(error)) {
        stream_->ended(error);
    }
}

void Channel::output_blocked() {
    stream_->serve([this] { stream_->blocked(); });
}

void Channel::output_ready(boost::system::error_code error) {
    stream_->serve([&] { stream_->writable(error); });
}

Result<std::unique_ptr<core::Carrier>> open_channel(StreamSocket socket) {
    boost::system::error_code error;
    socket.non_blocking(true, error);
    if (error) {
        return std::error_code(error);
    }
    std::unique_ptr<core::Carrier> channel = open_ring_channel(socket);
    if (!channel) {
        channel = open_polled_channel(std::move(socket));
    }
    return Result<std::unique_ptr<core::Carrier>>(std::move(channel));
}

std::size_t write_now(StreamSocket& socket, ByteView bytes, std::error_code& error) {
    boost::system::error_code failed;
    std::size_t written = 0;
    while (written < bytes.size() && !failed) {
        written += socket.write_some(
            boost::asio::buffer(bytes.data() + written, bytes.size() - written), failed);
    }
    if (failed && !would_block(failed)) {
        error = failed;
    }
    return written;
}

bool ended_now(StreamSocket& socket, boost::system::error_code& error) {
    char next = 0;
    socket.receive(boost::asio::buffer(&next, 1), boost::asio::socket_base::message_peek, error);
    return error && !would_block(error);
}

bool hung_up_now(StreamSocket& socket) noexcept {
    pollfd look{socket.native_handle(), 0, 0};
    return ::poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR)) != 0;
}

void shut(std::optional<StreamSocket>& socket) {
    boost::system::error_code ignored;
    socket->shutdown(boost::asio::socket_base::shutdown_both, ignored);
    socket.reset();
}

}  // namespace netaio::net
