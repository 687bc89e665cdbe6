#include <memory>
#include <utility>

#include "datagram_headers.hpp"
#include "net/ring.hpp"
#include "ring_reactor.hpp"

namespace netaio::net {
namespace {

// One receive after another. While one is under way it keeps itself, as the ring refers to it.
class ReceivingDatagram final : public RingReactor::Request {
public:
    ReceivingDatagram(RingReactor& reactor, std::weak_ptr<InputListener> listener)
        : Request(&complete), reactor_(reactor), listener_(std::move(listener)) {
        parts_.bytes = {bytes_.get(), size_max};
    }

    static void start(const std::shared_ptr<ReceivingDatagram>& self, int fd) {
        self->came_ = false;
        self->self_ = self;
        make_room(self->header_, self->parts_);
        self->reactor_.receive(fd, *self, self->header_);
    }
    bool under_way() const noexcept { return self_ != nullptr; }

    std::optional<Arrival> take(std::error_code& error) {
        if (!std::exchange(came_, false)) {
            return std::nullopt;
        }
        if (result < 0) {
            error.assign(-result, std::system_category());
            return std::nullopt;
        }
        return arrival(header_, parts_, static_cast<std::size_t>(result));
    }

private:
    static constexpr std::size_t size_max = 65536;

    static void complete(void* context, RingReactor::Operation* operation,
                         const boost::system::error_code&, std::size_t) {
        auto* receiving = static_cast<ReceivingDatagram*>(operation);
        receiving->reactor_.begin_completion();
        const auto self = std::move(receiving->self_);
        receiving->came_ = true;
        if (const auto listener = receiving->listener_.lock(); context && listener) {
            listener->input_came({});
        }
    }

    RingReactor& reactor_;
    std::weak_ptr<InputListener> listener_;
    std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(size_max);
    DatagramParts parts_;
    msghdr header_{};
    bool came_ = false;
    std::shared_ptr<ReceivingDatagram> self_;
};

class LinuxDatagramRing final : public DatagramRing, RingReactor::Sender {
public:
    LinuxDatagramRing(int fd, RingReactor& reactor, std::weak_ptr<InputListener> listener,
                      NotSent not_sent)
        : fd_(fd),
          reactor_(reactor),
          receiving_(std::make_shared<ReceivingDatagram>(reactor, std::move(listener))),
          not_sent_(std::move(not_sent)) {
        reactor_.adopt(fd);
    }

    ~LinuxDatagramRing() override {
        reactor_.cancel(*receiving_);
        reactor_.submit();  // what names this socket, before its number is another's
        reactor_.forget(*this);
        shutdown(fd_, SHUT_RDWR);  // wakes the receive, which keeps the port else
    }

    void wait() override {
        if (!receiving_->under_way() && reactor_.usable()) {
            ReceivingDatagram::start(receiving_, fd_);
        }
    }

    std::optional<Arrival> take(std::error_code& error) override { return receiving_->take(error); }

    bool send(const char* bytes, const Departure& departure) override {
        if (departure.interface != 0 || reactor_.others_completed()) {
            return false;
        }
        msghdr header;
        DatagramParts parts;
        address(header, parts, bytes, departure);
        return reactor_.send(fd_, *this, header);
    }

    void settle() override {
        if (reactor_.holds_bytes_of(*this)) {
            reactor_.submit();
        }
    }

    void wait_writable(UdpSocket& socket, std::function<void()> then) override {
        reactor_.wait_writable(socket, std::move(then));
    }

private:
    void not_sent(ByteView bytes, const msghdr* message, std::error_code error) override {
        const auto to = from_sockaddr(static_cast<const sockaddr*>(message->msg_name));
        not_sent_(bytes, to.value_or(Address()), error);
    }

    int fd_;
    RingReactor& reactor_;
    std::shared_ptr<ReceivingDatagram> receiving_;
    NotSent not_sent_;
};

}  // namespace

std::unique_ptr<DatagramRing> open_datagram_ring(UdpSocket& socket,
                                                 std::weak_ptr<InputListener> listener,
                                                 DatagramRing::NotSent not_sent) {
    RingReactor* reactor = RingReactor::of(socket.get_executor());
    if (!reactor) {
        return nullptr;
    }
    return std::make_unique<LinuxDatagramRing>(socket.native_handle(), *reactor,
                                               std::move(listener), std::move(not_sent));
}

}  // namespace netaio::net
