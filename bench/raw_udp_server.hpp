#pragma once

#include <sys/uio.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstring>
#include <netaio/message_type.hpp>

#include "ready.hpp"
#include "sockets.hpp"

/// UDP servers on bare sockets and on plain Asio. They count notifications, and answer a request
/// with its own bytes but for the type and the last eight, which become the count so far.
namespace netaio::bench {

class CountingEcho {
public:
    /// Whether the datagram has become an answer to be sent back.
    bool operator()(std::span<char> datagram) noexcept {
        if (datagram[0] == static_cast<char>(MessageType::notify_uri)) {
            ++count_;
            return false;
        }
        datagram[0] = static_cast<char>(MessageType::respond_uri);
        std::memcpy(datagram.data() + datagram.size() - sizeof count_, &count_, sizeof count_);
        return true;
    }

private:
    std::uint64_t count_ = 0;
};

/// Room for as many datagrams as one call moves.
class DatagramBatch {
public:
    static constexpr std::size_t count = 64;
    static constexpr std::size_t datagram_max = 4096;

    DatagramBatch() : bytes_(count * datagram_max) {
        for (std::size_t i = 0; i < count; ++i) {
            parts_[i] = {bytes_.data() + i * datagram_max, datagram_max};
            headers_[i].msg_hdr.msg_iov = &parts_[i];
            headers_[i].msg_hdr.msg_iovlen = 1;
        }
    }
    DatagramBatch(const DatagramBatch&) = delete;
    DatagramBatch& operator=(const DatagramBatch&) = delete;

    /// Receives one at least. With `from`, the senders are kept for send().
    std::size_t receive(int fd, bool from) {
        for (std::size_t i = 0; i < count; ++i) {
            parts_[i].iov_len = datagram_max;
            headers_[i].msg_hdr.msg_name = from ? &sources_[i] : nullptr;
            headers_[i].msg_hdr.msg_namelen = from ? sizeof sources_[i] : 0;
        }
        const int got = recvmmsg(fd, headers_.data(), count, MSG_WAITFORONE, nullptr);
        return got < 0 ? 0 : static_cast<std::size_t>(got);
    }
    std::size_t send(int fd, std::size_t how_many) {
        const int sent = sendmmsg(fd, headers_.data(), static_cast<unsigned>(how_many), 0);
        return sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }
    /// What was received, and will be sent when its size is set.
    std::span<char> received(std::size_t index) noexcept {
        return {static_cast<char*>(parts_[index].iov_base), headers_[index].msg_len};
    }
    void put(std::size_t index, std::string_view bytes) {
        std::memcpy(parts_[index].iov_base, bytes.data(), bytes.size());
        parts_[index].iov_len = bytes.size();
        headers_[index].msg_hdr.msg_name = nullptr;
        headers_[index].msg_hdr.msg_namelen = 0;
    }
    /// Makes what was received at `index` the one at `place` to send, to whom it came from.
    void answer(std::size_t index, std::size_t place) {
        parts_[index].iov_len = headers_[index].msg_len;
        std::swap(headers_[index], headers_[place]);
    }

private:
    std::vector<char> bytes_;
    std::array<iovec, count> parts_{};
    std::array<mmsghdr, count> headers_{};
    std::array<sockaddr_in, count> sources_{};
};

inline std::pair<Descriptor, std::uint16_t> bind_udp_loopback() {
    Descriptor socket(must(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    const int room = 4 << 20;
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    must(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size), "bind");
    must(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return {std::move(socket), ntohs(address.sin_port)};
}

/// recvfrom and sendto, one datagram at a time.
[[noreturn]] inline void serve_udp_one() {
    auto [socket, port] = bind_udp_loopback();
    ready(port);
    CountingEcho echo;
    std::vector<char> buffer(65536);
    for (;;) {
        sockaddr_in from{};
        socklen_t size = sizeof from;
        auto* address = reinterpret_cast<sockaddr*>(&from);
        const auto count = static_cast<std::size_t>(must(
            recvfrom(socket.get(), buffer.data(), buffer.size(), 0, address, &size), "recvfrom"));
        if (echo(std::span(buffer).first(count))) {
            sendto(socket.get(), buffer.data(), count, 0, address, size);
        }
    }
}

/// recvmmsg and sendmmsg.
[[noreturn]] inline void serve_udp_batch() {
    auto [socket, port] = bind_udp_loopback();
    ready(port);
    CountingEcho echo;
    DatagramBatch batch;
    for (;;) {
        const std::size_t count = batch.receive(socket.get(), true);
        std::size_t answers = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (echo(batch.received(i))) {
                batch.answer(i, answers++);
            }
        }
        if (answers > 0) {
            batch.send(socket.get(), answers);
        }
    }
}

/// Asio's usual way: async_receive_from, and send_to when there is something to say.
class AsioUdpServer {
public:
    void run() {
        socket_.set_option(boost::asio::socket_base::receive_buffer_size(4 << 20));
        ready(socket_.local_endpoint().port());
        receive();
        context_.run();
    }

private:
    void receive() {
        socket_.async_receive_from(boost::asio::buffer(buffer_), from_,
                                   [this](boost::system::error_code error, std::size_t count) {
                                       if (!error && echo_(std::span(buffer_).first(count))) {
                                           socket_.send_to(
                                               boost::asio::buffer(buffer_.data(), count), from_);
                                       }
                                       receive();
                                   });
    }

    boost::asio::io_context context_{1};
    boost::asio::ip::udp::socket socket_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
    boost::asio::ip::udp::endpoint from_;
    CountingEcho echo_;
    std::array<char, 65536> buffer_;
};

}  // namespace netaio::bench
