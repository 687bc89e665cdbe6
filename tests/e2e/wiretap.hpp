#pragma once

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <deque>
#include <thread>

#include "support/net.hpp"

namespace netaio::test {

/// Somebody between clients and a server, who hears all frames and may have others arrive.
class Wiretap {
public:
    /// What arrives in the place of a frame.
    using Touch = std::function<std::string(bool to_server, const std::string& frame)>;

    explicit Wiretap(std::uint16_t server, Touch touch = {})
        : server_(server), touch_(std::move(touch)), accepting_([this] { accept(); }) {}
    ~Wiretap() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
            for (auto& socket : sockets_) {
                end(socket);
            }
        }
        Socket wakes(context_);
        boost::system::error_code ignored;
        wakes.connect(acceptor_.local_endpoint(), ignored);
        accepting_.join();
        for (auto& thread : threads_) {
            thread.join();
        }
    }
    Wiretap(const Wiretap&) = delete;
    Wiretap& operator=(const Wiretap&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    /// The frames that went one way, as they were sent.
    std::vector<std::string> heard(bool to_server) const {
        const std::lock_guard lock(mutex_);
        return heard_[to_server];
    }

private:
    using Socket = boost::asio::ip::tcp::socket;

    static void end(Socket& socket) {
        boost::system::error_code ignored;
        socket.shutdown(Socket::shutdown_both, ignored);
    }
    void accept() {
        while (true) {
            boost::system::error_code error;
            Socket client(context_);
            acceptor_.accept(client, error);
            const std::lock_guard lock(mutex_);
            if (error || over_) {
                return;
            }
            Socket& from = sockets_.emplace_back(std::move(client));
            Socket& to = sockets_.emplace_back(context_);
            to.connect({boost::asio::ip::address_v4::loopback(), server_}, error);
            threads_.emplace_back([this, &from, &to] { carry(true, from, to); });
            threads_.emplace_back([this, &from, &to] { carry(false, to, from); });
        }
    }
    void carry(bool to_server, Socket& from, Socket& to) {
        boost::system::error_code error;
        while (!error) {
            std::string frame(FrameHeader::size, '\0');
            boost::asio::read(from, boost::asio::buffer(frame), error);
            if (error) {
                break;
            }
            const auto header = FrameHeader::read(
                std::span<const char, FrameHeader::size>(frame.data(), FrameHeader::size));
            frame.resize(header.frame_size());
            boost::asio::read(from, boost::asio::buffer(frame) + FrameHeader::size, error);
            std::unique_lock lock(mutex_);
            heard_[to_server].push_back(frame);
            const std::string arrives = touch_ ? touch_(to_server, frame) : frame;
            lock.unlock();
            boost::asio::write(to, boost::asio::buffer(arrives), error);
        }
        end(to);
        end(from);
    }

    const std::uint16_t server_;
    const Touch touch_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_{context_,
                                             {boost::asio::ip::address_v4::loopback(), 0}};
    mutable std::mutex mutex_;
    bool over_ = false;
    std::array<std::vector<std::string>, 2> heard_;
    std::deque<Socket> sockets_;
    std::vector<std::thread> threads_;  // of accepting_, until it ends
    std::thread accepting_;
};

}  // namespace netaio::test
