#include <memory>
#include <utility>

#include "datagram_headers.hpp"
#include "net/ring.hpp"
#include "ring_reactor.hpp"

namespace netaio::net {
namespace {

// One receive after another.
class ReceivingDatagram final : public RingReactor::Request {
public:
    ReceivingDatagram(RingReactor& reactor, std::weak_ptr<InputListener> listener)
        : Request(reactor), listener_(std::move(listener)) {
        parts_.bytes = {bytes_.get(), size_max};
    }

    void start(int fd) {
        if (!under_way() && reactor_.usable()) {
            came_ = false;
            make_room(header_, parts_);
            reactor_.receive(fd, *this, header_);
        }
    }

    std::optional<Arrival> take(std::error_code& error) {
        if (!std::exchange(came_, false)) {
            return std::nullopt;
        }
        if (result_ < 0) {
            error.assign(-result_, std::system_category());
            return std::nullopt;
        }
        return arrival(header_, parts_, static_cast<std::size_t>(result_));
    }

private:
    static constexpr std::size_t size_max = 65536;

    void came() override {
        came_ = true;
        if (const auto listener = listener_.lock()) {
            listener->input_came({});
        }
    }

    std::weak_ptr<InputListener> listener_;
    std::unique_ptr<char[]> bytes_ = std::make_unique_for_overwrite<char[]>(size_max);
    DatagramParts parts_;
    msghdr header_{};
    bool came_ = false;
};

class LinuxDatagramRing final : public DatagramRing, RingReactor::Sender {
public:
    LinuxDatagramRing(UdpSocket& socket, RingReactor& reactor,
                      std::weak_ptr<InputListener> listener, NotSent not_sent)
        : socket_(socket),
          reactor_(reactor),
          receiving_(std::make_shared<ReceivingDatagram>(reactor, std::move(listener))),
          not_sent_(std::move(not_sent)) {
        reactor_.leave_epoll(socket_.native_handle());
    }

    ~LinuxDatagramRing() override {
        reactor_.cancel(*receiving_);
        reactor_.submit();  // what names this socket, before its number is another's
        reactor_.forget(*this);
        shutdown(socket_.native_handle(),
                 SHUT_RDWR);  // wakes the receive, which keeps the port else
    }

    void wait() override { receiving_->start(socket_.native_handle()); }

    std::optional<Arrival> take(std::error_code& error) override { return receiving_->take(error); }

    bool send(const char* bytes, const Departure& departure) override {
        if (departure.interface != 0 || reactor_.others_came()) {
            return false;
        }
        msghdr header;
        DatagramParts parts;
        address(header, parts, bytes, departure);
        return reactor_.send(socket_.native_handle(), *this, header);
    }

    void settle() override { reactor_.submit_for(*this); }

    void wait_writable(std::function<void()> then) override {
        reactor_.wait_writable(socket_, std::move(then));
    }

private:
    void not_sent(ByteView bytes, const msghdr* message, std::error_code error) override {
        const auto to = from_sockaddr(static_cast<const sockaddr*>(message->msg_name));
        not_sent_(bytes, to.value_or(Address()), error);
    }

    UdpSocket& socket_;
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
    return std::make_unique<LinuxDatagramRing>(socket, *reactor, std::move(listener),
                                               std::move(not_sent));
}

}  // namespace netaio::net
