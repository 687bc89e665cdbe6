#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "net/ring.hpp"
#include "ring_reactor.hpp"

namespace netaio::net {
namespace {

using boost::asio::ip::tcp;

bool would_block(boost::system::error_code error) {
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

// One receive after another. While one is under way it keeps itself, as the ring refers to it.
class Receiving final : public RingReactor::Request {
public:
    Receiving(RingReactor& reactor, int fd, std::weak_ptr<ChannelListener> listener)
        : Request(&complete), reactor_(reactor), fd_(fd), listener_(std::move(listener)) {}

    static void start(std::shared_ptr<Receiving> self) {
        if (!self->self_ && !self->closed_ && self->reactor_.usable()) {
            Receiving& receiving = *self;
            receiving.self_ = std::move(self);
            receiving.reactor_.receive(receiving.fd_, receiving);
        }
    }
    void close() {
        closed_ = true;
        reactor_.cancel(*this);
    }

private:
    static void complete(void* context, RingReactor::Operation* operation,
                         const boost::system::error_code&, std::size_t) {
        auto* receiving = static_cast<Receiving*>(operation);
        receiving->reactor_.begin_completion();
        auto self = std::move(receiving->self_);
        if (context && receiving->completed()) {
            start(std::move(self));
        }
    }

    bool completed() {
        const auto listener = listener_.lock();
        if (result == -ENOBUFS || result == -EAGAIN || result == -EINTR) {
            if (listener) {
                listener->input_came({});  // it will read
            }
            return false;
        }
        boost::system::error_code error;
        if (result == 0) {
            error = boost::asio::error::eof;
        } else if (result < 0) {
            error.assign(-result, boost::system::system_category());
        }
        const bool more = (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0;
        const bool go_on = listener && listener->received(reactor_.received(*this), more, error);
        reactor_.give_back(*this);
        return go_on;
    }

    RingReactor& reactor_;
    int fd_;
    bool closed_ = false;
    std::weak_ptr<ChannelListener> listener_;
    std::shared_ptr<Receiving> self_;
};

class RingChannel final : public Channel, RingReactor::Sender {
public:
    RingChannel(tcp::socket socket, RingReactor& reactor)
        : socket_(std::move(socket)), reactor_(reactor) {
        reactor_.adopt(socket_.native_handle());
        const int on = 1;
        // Where the system has no such thing, each read is followed by one that finds nothing.
        static_cast<void>(
            setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_INQ, &on, sizeof on));
    }
    ~RingChannel() override { reactor_.forget(*this); }

    void start(std::weak_ptr<ChannelListener> listener) override {
        listener_ = listener;
        receiving_ =
            std::make_shared<Receiving>(reactor_, socket_.native_handle(), std::move(listener));
    }

    std::size_t read(std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                     boost::system::error_code& error) override;
    std::size_t write(ByteView bytes, boost::system::error_code& error) override;
    void wait_writable() override;
    void settle(boost::system::error_code& error) override;
    void close() override;

private:
    // What goes beyond is written at once rather than copied.
    static constexpr std::size_t copied_max = 16 * 1024;
    static constexpr std::size_t batch_min = 1024;

    std::size_t read_now(std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                         boost::system::error_code& error);
    void not_sent(ByteView rest, const msghdr* message, std::error_code error) override;

    tcp::socket socket_;
    RingReactor& reactor_;
    std::weak_ptr<ChannelListener> listener_;
    std::shared_ptr<Receiving> receiving_;
};

std::size_t RingChannel::read(std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                              boost::system::error_code& error) {
    const std::size_t count = read_now(buffers, more, error);
    if (!more && (!error || would_block(error))) {
        Receiving::start(receiving_);
    }
    return count;
}

// With each read comes how much it left: that saves the read that would find nothing. A ring, other
// than epoll, is told by the wait that follows of an end that came before.
std::size_t RingChannel::read_now(std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                                  boost::system::error_code& error) {
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
        count = recvmsg(socket_.native_handle(), &message, 0);
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

std::size_t RingChannel::write(ByteView bytes, boost::system::error_code& error) {
    // While others wait to be handled, a short answer goes at once, so that its receiver can go on
    // meanwhile; batches do better together (bench: many_connections, pipelined_64_50).
    const bool at_once = bytes.size() < batch_min && reactor_.others_completed();
    if (unsent() == 0 && !at_once && bytes.size() <= copied_max &&
        reactor_.send(socket_.native_handle(), *this, bytes)) {
        return bytes.size();
    }
    if (reactor_.holds_bytes_of(*this)) {
        reactor_.submit();
    }
    return unsent() > 0 ? 0 : write_now(socket_, bytes, error);
}

// An error shows again when the rest is written.
void RingChannel::not_sent(ByteView rest, const msghdr*, std::error_code) {
    unsent_ = rest;
    boost::asio::post(socket_.get_executor(), [weak = listener_] {
        if (const auto listener = weak.lock()) {
            listener->output_blocked();
        }
    });
}

void RingChannel::wait_writable() {
    reactor_.wait_writable(socket_, [weak = listener_] {
        if (const auto listener = weak.lock()) {
            listener->output_ready({});  // or the end, which the next write meets
        }
    });
}

void RingChannel::settle(boost::system::error_code& error) {
    if (reactor_.holds_bytes_of(*this)) {
        reactor_.submit();
    }
    if (unsent() > 0) {
        unsent_.erase(0, write_now(socket_, ByteView(unsent_), error));
    }
    if (error) {
        unsent_.clear();
    }
}

void RingChannel::close() {
    if (receiving_) {
        receiving_->close();
    }
    reactor_.submit();  // what names this socket, before its number is another's
    shut(socket_);
}

}  // namespace

bool use_ring(boost::asio::io_context& context) {
    const char* wanted = std::getenv("NETAIO_IO_URING");
    if (wanted && std::string_view(wanted) == "off") {
        return false;
    }
    boost::asio::add_service<boost::asio::detail::epoll_reactor>(context, new RingReactor(context));
    return true;
}

std::unique_ptr<Channel> open_ring_channel(tcp::socket& socket) {
    RingReactor* reactor = RingReactor::of(socket.get_executor());
    return reactor ? std::make_unique<RingChannel>(std::move(socket), *reactor) : nullptr;
}

}  // namespace netaio::net
