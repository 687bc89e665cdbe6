#include "net.hpp"

#include <boost/asio/write.hpp>
#include <thread>

namespace netaio::test {

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

bool run_until(boost::asio::io_context& context, const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition() && std::chrono::steady_clock::now() < end) {
        context.restart();
        context.run_one_for(10ms);
    }
    return condition();
}

TcpServerOptions local_options() {
    TcpServerOptions options;
    options.port = 0;
    return options;
}

UdpNodeOptions local_node_options(std::string id) {
    UdpNodeOptions options;
    options.port = 0;
    options.interfaces = {"lo"};
    options.ipv6 = false;
    options.local_peer = Peer{.id = std::move(id)};
    return options;
}

RawPeer::RawPeer(std::uint16_t port, int receive_buffer) {
    const boost::asio::ip::tcp::endpoint server(boost::asio::ip::address_v4::loopback(), port);
    socket_.open(server.protocol());
    if (receive_buffer > 0) {
        socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer));
    }
    socket_.connect(server);
}

bool RawPeer::send(ByteView bytes) {
    boost::system::error_code error;
    boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), error);
    return !error;
}

void RawPeer::finish_sending() {
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::socket_base::shutdown_send, ignored);
}

bool RawPeer::read_more() {
    char bytes[4096];
    boost::system::error_code result = boost::asio::error::timed_out;
    std::size_t count = 0;
    socket_.async_read_some(boost::asio::buffer(bytes),
                            [&](boost::system::error_code error, std::size_t n) {
                                result = error;
                                count = n;
                            });
    context_.restart();
    context_.run_for(10s);
    if (result == boost::asio::error::timed_out) {
        socket_.cancel();
        context_.restart();
        context_.run();
    }
    input_.append(bytes, count);
    return !result;
}

std::optional<std::string> RawPeer::receive_frame() {
    while (true) {
        const auto frame = next_frame(input_, {}, {frame_size_max, true});
        if (!frame) {
            return std::nullopt;
        }
        if (*frame) {
            const std::size_t size = (*frame)->header.frame_size();
            std::string bytes = input_.substr(0, size);
            input_.erase(0, size);
            return bytes;
        }
        if (!read_more()) {
            return std::nullopt;
        }
    }
}

std::optional<OwnedMessage> RawPeer::receive() {
    auto bytes = receive_frame();
    const auto frame = bytes ? next_frame(*bytes, {}) : std::nullopt;
    return frame && *frame ? std::optional((*frame)->message()->own()) : std::nullopt;
}

bool RawPeer::closed_by_peer() {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (read_more()) {
        input_.clear();
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
    }
    return std::chrono::steady_clock::now() < deadline;
}

void RawPeer::reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
}

std::string encoded(const Message& message) {
    std::string out;
    if (encode_message(message, out)) {
        throw std::logic_error("the message of a test cannot be encoded");
    }
    return out;
}

awaitable<void> pause(std::chrono::milliseconds time) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, time);
    co_await timer.async_wait(boost::asio::use_awaitable);
}

awaitable<bool> until(std::function<bool()> condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) {
        co_await pause(std::chrono::milliseconds(5));
    }
    co_return condition();
}

}  // namespace netaio::test
