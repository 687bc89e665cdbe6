#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "io_ring.hpp"
#include "net/ring.hpp"
#include "ring_reactor.hpp"

namespace netaio::net {
namespace {

// Has the ring receive what comes, or wait for it.
class Receiving final : public RingReactor::Request {
public:
    Receiving(RingReactor& reactor, int fd, std::weak_ptr<Channel> listener)
        : Request(reactor), fd_(fd), listener_(std::move(listener)) {}

    void start() {
        wanted_ = true;
        if (under_way() || closed_ || !reactor_.usable()) {
            return;
        }
        stopping_ = false;
        waits_ = much_comes();
        waits_ ? reactor_.await_input(fd_, *this) : reactor_.receive(fd_, *this);
    }
    /// So much was received or read.
    void took(std::size_t count) noexcept { recent_ = std::max(count, recent_ / 2); }
    void close() {
        closed_ = true;
        reactor_.cancel(*this);
    }

private:
    // What comes in large pieces is read where it is handled: pieces of many connections, received
    // before the first is handled, go through no cache (bench: pipelined_1024_50).
    static constexpr std::size_t much = 8 * 1024;
    bool much_comes() const noexcept { return recent_ >= much; }

    // However handling it ends, the memory is to receive again.
    struct Borrowed {
        Receiving& by;
        ~Borrowed() { by.reactor_.give_back(by); }
    };

    void came() override {
        const Borrowed memory{*this};
        if (result_ != -ECANCELED) {
            wanted_ = false;
            wanted_ = hand_out() || wanted_;  // start() may have been called meanwhile
        }
        if (under_way()) {
            stop_unless_right();
        } else if (wanted_) {
            start();
        }
    }

    void stop_unless_right() {
        if ((!wanted_ || waits_ != much_comes()) && !std::exchange(stopping_, true)) {
            reactor_.cancel(*this);
        }
    }

    bool hand_out() {
        const auto listener = listener_.lock();
        if (!listener) {
            return false;
        }
        if (waits_ || result_ == -ENOBUFS || result_ == -EAGAIN || result_ == -EINTR) {
            listener->input_came({});  // it will read, and then start anew
            return false;
        }
        boost::system::error_code error;
        if (result_ == 0) {
            error = boost::asio::error::eof;
        } else if (result_ < 0) {
            error.assign(-result_, boost::system::system_category());
        }
        const auto bytes = reactor_.received(*this);
        took(bytes.size());
        const bool more = !under_way() && (flags_ & IORING_CQE_F_SOCK_NONEMPTY) != 0;
        return listener->received(bytes, more, error);
    }

    int fd_;
    std::size_t recent_ = 0;  // how much came at a time lately
    bool wanted_ = false;     // by the listener, when what was brought is handled
    bool waits_ = false;      // rather than receives
    bool stopping_ = false;
    bool closed_ = false;
    std::weak_ptr<Channel> listener_;
};

class RingChannel final : public Channel, RingReactor::Sender {
public:
    RingChannel(StreamSocket socket, RingReactor& reactor)
        : socket_(std::move(socket)), reactor_(reactor) {
        reactor_.leave_epoll(socket_->native_handle());
        const int on = 1;
        // Where the system has no such thing, each read is followed by one that finds nothing.
        static_cast<void>(
            setsockopt(socket_->native_handle(), IPPROTO_TCP, TCP_INQ, &on, sizeof on));
    }
    ~RingChannel() override {
        // A closed one may be let go by another thread, whose business the reactor is not.
        if (!closed_) {
            reactor_.submit_for(*this);
            reactor_.forget(*this);
        }
    }

    std::size_t write(ByteView bytes, std::error_code& error) override;
    std::size_t hand_over(std::string& bytes, std::error_code& error) override;
    void wait_writable() override;
    void settle(std::error_code& error) override;
    void close() noexcept override;

private:
    // What goes beyond is written at once rather than copied.
    static constexpr std::size_t copied_max = 16 * 1024;
    static constexpr std::size_t batch_min = 1024;

    void started() override {
        receiving_ = std::make_shared<Receiving>(reactor_, socket_->native_handle(), listener());
    }
    std::size_t read(Buffers buffers, bool& more, boost::system::error_code& error) override;
    bool at_end(boost::system::error_code& error) override;
    bool hung_up() noexcept override { return hung_up_now(*socket_); }
    std::size_t read_now(Buffers buffers, bool& more, boost::system::error_code& error);
    void not_sent(ByteView rest, const msghdr* message, std::error_code error) override;

    std::optional<StreamSocket> socket_;
    RingReactor& reactor_;
    std::shared_ptr<Receiving> receiving_;
    bool closed_ = false;
};

std::size_t RingChannel::read(Buffers buffers, bool& more, boost::system::error_code& error) {
    if (!receiving_) {
        error = boost::asio::error::bad_descriptor;  // could not be started
        return 0;
    }
    if (receiving_->under_way()) {
        receiving_->start();  // what it brings comes before what could be read
        more = false;
        error = boost::asio::error::would_block;
        return 0;
    }
    const std::size_t count = read_now(buffers, more, error);
    receiving_->took(count);
    if (!more && (!error || would_block(error))) {
        receiving_->start();
    }
    return count;
}

// With each read comes how much it left: that saves the read that would find nothing. A ring, other
// than epoll, is told by the wait that follows of an end that came before.
std::size_t RingChannel::read_now(Buffers buffers, bool& more, boost::system::error_code& error) {
    std::array<iovec, 2> parts{};
    const std::size_t part_count = std::min(buffers.size(), parts.size());
    for (std::size_t i = 0; i < part_count; ++i) {
        parts[i] = {buffers[i].data(), buffers[i].size()};
    }
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = part_count;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t count = 0;
    do {
        count = recvmsg(socket_->native_handle(), &message, 0);
    } while (count < 0 && errno == EINTR);
    more = count > 0;
    if (count < 0) {
        error.assign(errno, boost::system::system_category());
        return 0;
    }
    if (count == 0) {
        error = boost::asio::error::eof;
        return 0;
    }
    error.clear();
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == IPPROTO_TCP && header->cmsg_type == TCP_CM_INQ) {
        int left = 0;
        std::memcpy(&left, CMSG_DATA(header), sizeof left);
        more = left != 0;
    }
    return static_cast<std::size_t>(count);
}

std::size_t RingChannel::write(ByteView bytes, std::error_code& error) {
    // While others wait to be handled, a short answer goes at once, so that its receiver can go on
    // meanwhile; batches do better together (bench: many_connections, pipelined_64_50).
    const bool at_once = bytes.size() < batch_min && reactor_.others_came();
    if (unsent() == 0 && !at_once && bytes.size() <= copied_max &&
        reactor_.send(socket_->native_handle(), *this, bytes)) {
        return bytes.size();
    }
    reactor_.submit_for(*this);
    return unsent() > 0 ? 0 : write_now(*socket_, bytes, error);
}

// A receiver that waits is woken by what is sent to it, which costs as much as a few messages: what
// goes to many at a time goes to some of them together (bench: pipelined_1024_50).
std::size_t RingChannel::hand_over(std::string& bytes, std::error_code& error) {
    const std::size_t size = bytes.size();
    if (size > copied_max && unsent() == 0 && reactor_.others_came() &&
        reactor_.send_lent(socket_->native_handle(), *this, bytes)) {
        return size;
    }
    return write(bytes, error);
}

// An error shows again when the rest is written.
void RingChannel::not_sent(ByteView rest, const msghdr*, std::error_code) {
    try {
        unsent_ = rest;
        // The loop must not end before, and what is posted counts only later.
        const auto executor = socket_->get_executor();
        boost::asio::post(executor,
                          [weak = listener(), work = boost::asio::make_work_guard(executor)] {
                              if (const auto listener = weak.lock()) {
                                  listener->output_blocked();
                              }
                          });
    } catch (const std::bad_alloc&) {
        // Better none than one with a hole in it.
        boost::system::error_code ignored;
        socket_->shutdown(StreamSocket::shutdown_both, ignored);
    }
}

void RingChannel::wait_writable() {
    reactor_.wait_writable(*socket_, [weak = listener()] {
        if (const auto listener = weak.lock()) {
            listener->output_ready({});  // or the end, which the next write meets
        }
    });
}

void RingChannel::settle(std::error_code& error) {
    reactor_.submit_for(*this);
    if (unsent() > 0) {
        unsent_.erase(0, write_now(*socket_, ByteView(unsent_), error));
    }
    if (error) {
        unsent_.clear();
    }
}

bool RingChannel::at_end(boost::system::error_code& error) {
    if (receiving_ && receiving_->under_way()) {
        error = boost::asio::error::would_block;
        return false;
    }
    const bool ended = ended_now(*socket_, error);
    if (receiving_ && would_block(error)) {
        receiving_->start();
    }
    return ended;
}

void RingChannel::close() noexcept {
    try {
        if (receiving_) {
            receiving_->close();
        }
        reactor_.submit();  // what names this socket, before its number is another's
    } catch (const std::exception&) {
        // What it brings comes later; this socket sends no more.
    }
    reactor_.forget(*this);
    closed_ = true;
    shut(socket_);
}

}  // namespace

bool use_ring(boost::asio::io_context& context) {
    if (ring_setting() == "off") {
        return false;
    }
    using boost::asio::detail::epoll_reactor;
    if (boost::asio::has_service<epoll_reactor>(context)) {
        throw std::logic_error(
            "use_io_uring() comes too late: call it before anything else is made on the context");
    }
    auto reactor = std::make_unique<RingReactor>(context);
    boost::asio::add_service<epoll_reactor>(context, reactor.get());
    reactor.release();
    return true;
}

void send_rest(boost::asio::io_context& context) {
    auto& reactor = boost::asio::use_service<boost::asio::detail::epoll_reactor>(context);
    if (auto* ring = dynamic_cast<RingReactor*>(&reactor)) {
        ring->submit();
    }
}

std::unique_ptr<Channel> open_ring_channel(StreamSocket& socket) {
    RingReactor* reactor = RingReactor::of(socket.get_executor());
    return reactor ? std::make_unique<RingChannel>(std::move(socket), *reactor) : nullptr;
}

}  // namespace netaio::net
