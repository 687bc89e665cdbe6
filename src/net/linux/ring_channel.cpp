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
    Receiving(RingReactor& reactor, std::weak_ptr<ChannelListener> listener)
        : Request(&complete), reactor_(reactor), listener_(std::move(listener)) {}

    static void start(const std::shared_ptr<Receiving>& self, int fd) {
        self->self_ = self;
        self->reactor_.receive(fd, *self);
    }

    ByteView bytes() const noexcept { return bytes_; }
    void consume(std::size_t count) {
        bytes_.remove_prefix(count);
        if (count > 0 && bytes_.empty()) {
            release();
        }
    }
    // Whether the socket holds more.
    bool more() const noexcept { return (flags & IORING_CQE_F_SOCK_NONEMPTY) != 0; }
    boost::system::error_code take_error() noexcept { return std::exchange(error_, {}); }
    void fail(boost::system::error_code error) noexcept { error_ = error; }

private:
    static void complete(void* context, RingReactor::Operation* operation,
                         const boost::system::error_code&, std::size_t) {
        auto* receiving = static_cast<Receiving*>(operation);
        const auto self = std::move(receiving->self_);
        if (context) {
            receiving->completed();
        }
    }

    void completed() {
        const auto received = reactor_.received(*this);
        bytes_ = ByteView(received.data(), received.size());
        if (bytes_.empty()) {
            reactor_.give_back(*this);
        }
        if (result == 0) {
            error_ = boost::asio::error::eof;
        } else if (result < 0 && result != -ENOBUFS && result != -EAGAIN && result != -EINTR) {
            error_.assign(-result, boost::system::system_category());
        }
        if (const auto listener = listener_.lock()) {
            listener->input_came({});
        }
        // Whoever reads later must not keep others from receiving.
        if (!bytes_.empty() && kept_.empty()) {
            kept_ = bytes_;
            reactor_.give_back(*this);
            bytes_ = kept_;
        }
    }

    void release() {
        if (kept_.empty()) {
            reactor_.give_back(*this);
        }
        kept_ = std::string();
    }

    RingReactor& reactor_;
    std::weak_ptr<ChannelListener> listener_;
    std::shared_ptr<Receiving> self_;
    ByteView bytes_;  // not read yet, in the ring's memory or kept_
    std::string kept_;
    boost::system::error_code error_;
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
        receiving_ = std::make_shared<Receiving>(reactor_, std::move(listener));
    }

    std::size_t read(std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                     boost::system::error_code& error) override;
    std::size_t write(ByteView bytes, boost::system::error_code& error) override;
    void wait_writable() override;
    void settle(boost::system::error_code& error) override;
    void close() override;

private:
    // What goes beyond is written at once rather than copied.
    static constexpr std::size_t copied_max = 4096;

    std::size_t read_now(std::span<const boost::asio::mutable_buffer, 2> buffers, bool& more,
                         boost::system::error_code& error);
    void wait_for_more();
    void not_sent(ByteView rest, const msghdr* message, std::error_code error) override;

    tcp::socket socket_;
    RingReactor& reactor_;
    std::weak_ptr<ChannelListener> listener_;
    std::shared_ptr<Receiving> receiving_;
};

std::size_t RingChannel::read(std::span<const boost::asio::mutable_buffer> buffers, bool& more,
                              boost::system::error_code& error) {
    std::array<boost::asio::mutable_buffer, 2> room;
    std::ranges::copy(buffers, room.begin());
    std::size_t count = 0;
    for (auto& part : room) {
        const std::size_t size = boost::asio::buffer_copy(
            part, boost::asio::buffer(receiving_->bytes().data(), receiving_->bytes().size()));
        part += size;
        count += size;
        receiving_->consume(size);
    }
    more = !receiving_->bytes().empty() || receiving_->more();
    if (count == 0) {
        error = receiving_->take_error();
        if (error) {
            return 0;
        }
    }
    const bool is_room = room[0].size() + room[1].size() > 0;
    if (count == 0 || (more && is_room)) {
        // The rest did not fit into the ring's memory.
        boost::system::error_code later;
        const std::size_t rest = read_now(room, more, later);
        if (count == 0) {
            error = later;
        } else if (later && !would_block(later)) {
            receiving_->fail(later);
            more = true;
        }
        count += rest;
    }
    if (!more && (!error || would_block(error))) {
        wait_for_more();
    }
    return count;
}

// With each read comes how much it left: that saves the read that would find nothing. A ring, other
// than epoll, is told by the wait that follows of an end that came before.
std::size_t RingChannel::read_now(std::span<const boost::asio::mutable_buffer, 2> buffers,
                                  bool& more, boost::system::error_code& error) {
    std::array<iovec, 2> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) {
        parts[i] = {buffers[i].data(), buffers[i].size()};
    }
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control;
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
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

void RingChannel::wait_for_more() {
    if (!waiting_ && reactor_.usable()) {
        waiting_ = true;
        Receiving::start(receiving_, socket_.native_handle());
    }
}

std::size_t RingChannel::write(ByteView bytes, boost::system::error_code& error) {
    if (unsent() == 0 && bytes.size() <= copied_max &&
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
        reactor_.cancel(*receiving_);
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
