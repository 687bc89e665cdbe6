#include "blocking_carrier.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "input.hpp"
#include "sockets.hpp"

namespace netaio::net {
namespace {

using std::chrono::milliseconds;

boost::system::error_code last_error() {
    return {errno, boost::system::system_category()};
}

// Whether it says no more than to try again.
bool passes(const boost::system::error_code& error) {
    return would_block(error) || error == boost::system::errc::interrupted;
}

}  // namespace

BlockingCarrier::BlockingCarrier(Descriptor socket)
    : socket_(std::move(socket)), buffer_(new char[buffer_size]) {}

void BlockingCarrier::wait(std::chrono::nanoseconds at_most) {
    const auto time = std::max(std::chrono::ceil<milliseconds>(at_most), milliseconds(1));
    stream_->serve([&] {
        stream_->proceed();
        if (!socket_.is_open()) {
            return;
        }
        if (!blocked_ && stream_->takes_input()) {
            wait_at_most(time);
            receive(0);
        } else {
            poll(time);
        }
    });
}

void BlockingCarrier::look() {
    stream_->serve([&] {
        stream_->proceed();
        if (socket_.is_open()) {
            poll(milliseconds(0));
        }
    });
}

// Set only where the time would be too long: one that is too short costs a call when it is over,
// the same time for each request costs nothing.
void BlockingCarrier::wait_at_most(milliseconds time) {
    constexpr milliseconds too_long(1);
    if (patience_ <= time + too_long && !(ran_out_ && patience_ < time)) {
        return;
    }
    ran_out_ = false;
    if (limit_wait(socket_.get(), SO_RCVTIMEO, time)) {
        patience_ = time;
    } else {
        stream_->ended(last_error());
    }
}

void BlockingCarrier::receive(int flags) {
    if (!socket_.is_open()) {
        return;
    }
    const auto room = stream_->room({buffer_.get(), buffer_size});
    const auto& [first, second] = room.parts;
    ssize_t count = 0;
    if (second.empty()) {
        count = ::recv(socket_.get(), first.data(), first.size(), flags);
    } else {
        iovec parts[] = {{first.data(), first.size()}, {second.data(), second.size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = 2;
        count = ::recvmsg(socket_.get(), &message, flags);
    }
    const auto error = count < 0 ? last_error() : boost::system::error_code();
    stream_->took(room, count > 0 ? static_cast<std::size_t>(count) : 0);
    if (count == 0) {
        stream_->ended({});
    } else if (error && !passes(error)) {
        stream_->ended(error);
    } else if (error) {
        ran_out_ = true;
    }
}

void BlockingCarrier::poll(milliseconds at_most) {
    const bool reads = stream_->takes_input();
    const bool blocked = blocked_;
    const int events = (reads ? POLLIN : 0) | (blocked ? POLLOUT : 0);
    pollfd waited{socket_.get(), static_cast<short>(events), 0};
    if (::poll(&waited, 1, static_cast<int>(at_most.count())) <= 0) {
        return;
    }
    if (blocked && (waited.revents & ~POLLIN)) {
        writable();
    }
    if (reads && (waited.revents & ~POLLOUT)) {
        receive(MSG_DONTWAIT);
    } else if (!reads && !blocked) {
        stream_->ended({});
    }
}

void BlockingCarrier::write_on() {
    if (blocked_) {
        stream_->serve([this] { writable(); });
    }
}

void BlockingCarrier::writable() {
    blocked_ = false;
    stream_->writable({});
}

std::size_t BlockingCarrier::write(ByteView bytes, std::error_code& error) {
    std::size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t count = ::send(socket_.get(), bytes.data() + written, bytes.size() - written,
                                     MSG_DONTWAIT | no_signal);
        if (count >= 0) {
            written += static_cast<std::size_t>(count);
        } else if (const auto failed = last_error(); would_block(failed)) {
            break;
        } else if (failed != boost::system::errc::interrupted) {
            error = failed;
            break;
        }
    }
    return written;
}

void BlockingCarrier::look_for_end() {
    if (!stream_->listens_for_end()) {
        return;
    }
    char next = 0;
    const ssize_t count = ::recv(socket_.get(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
    if (count == 0) {
        stream_->ended({});
    } else if (count < 0) {
        if (const auto error = last_error(); !passes(error)) {
            stream_->ended(error);
        }
    }
}

void BlockingCarrier::close() noexcept {
    ::shutdown(socket_.get(), SHUT_RDWR);
    socket_.close();
}

}  // namespace netaio::net
