#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "measured.hpp"

/// The client that all servers of a benchmark are driven by: it sends prepared bytes and counts
/// those that come back, so that it costs little beside any server.
namespace netaio::bench {

/// What one run is to do.
struct Load {
    std::string_view request;  ///< sent over and over
    std::string_view reply;    ///< expected for each
    std::size_t connections = 1;
    std::size_t active = 1;     ///< those of them that send; the others are idle
    std::size_t in_flight = 1;  ///< requests on each
    Duration duration = {};
};

namespace detail {

// One connection with requests in flight.
class Pipeline {
public:
    Pipeline(std::uint16_t port, int epoll, const Load& load, std::string_view block)
        : socket_(connect_loopback(port)), epoll_(epoll), load_(load), block_(block) {
        set_nonblocking(socket_.get());
        watch(EPOLL_CTL_ADD, EPOLLIN);
    }

    void begin() {
        to_send_ = load_.in_flight * load_.request.size();
        send();
    }

    void send() {
        bool blocked = false;
        sent_at_ = monotonic_seconds();
        while (to_send_ > 0 && !blocked) {
            const std::size_t wanted = std::min(to_send_, block_.size() - at_);
            const std::size_t sent = send_some(socket_.get(), block_.substr(at_, wanted));
            to_send_ -= sent;
            at_ = (at_ + sent) % load_.request.size();
            blocked = sent < wanted;
        }
        if (blocked != blocked_) {
            blocked_ = blocked;
            watch(EPOLL_CTL_MOD, EPOLLIN | (blocked ? EPOLLOUT : 0u));
        }
    }

    /// Returns how many replies became complete; as many requests are then to be sent.
    std::size_t receive(std::span<char> buffer) {
        const std::size_t count = receive_some(socket_.get(), buffer).value_or(0);
        const std::size_t replies = (partial_ + count) / load_.reply.size();
        partial_ = (partial_ + count) % load_.reply.size();
        to_send_ += replies * load_.request.size();
        return replies;
    }
    double sent_at() const noexcept { return sent_at_; }

private:
    void watch(int operation, std::uint32_t events) {
        epoll_event event{.events = events, .data = {.ptr = this}};
        must(epoll_ctl(epoll_, operation, socket_.get(), &event), "epoll_ctl");
    }

    Descriptor socket_;
    int epoll_;
    const Load& load_;
    std::string_view block_;
    std::size_t to_send_ = 0;
    std::size_t at_ = 0;       // in block_, which is requests in a row
    std::size_t partial_ = 0;  // bytes of an incomplete reply
    double sent_at_ = 0;
    bool blocked_ = false;
};

}  // namespace detail

/// Sends one request and sees to it that the reply is the expected one.
inline void check_reply(std::uint16_t port, const Load& load) {
    const Descriptor socket = connect_loopback(port);
    std::string reply(load.reply.size(), '\0');
    send_all(socket.get(), load.request);
    receive_all(socket.get(), reply);
    if (reply != load.reply) {
        throw std::runtime_error("a server's reply is not the one expected");
    }
}

/// Keeps Load::in_flight requests on their way on each active connection. With one on each, the
/// times of the round trips are kept.
inline Stopwatch run_pipelined(std::uint16_t port, const Load& load) {
    std::string block;
    while (block.size() < 256 * 1024) {
        block += load.request;
    }
    const Descriptor epoll(must(epoll_create1(0), "epoll_create1"));
    std::vector<std::unique_ptr<detail::Pipeline>> pipelines;
    for (std::size_t i = 0; i < load.connections; ++i) {
        pipelines.push_back(
            std::make_unique<detail::Pipeline>(port, epoll.get(), load, std::string_view(block)));
    }
    for (std::size_t i = 0; i < std::min(load.active, load.connections); ++i) {
        pipelines[i]->begin();
    }
    std::vector<char> buffer(256 * 1024);
    std::array<epoll_event, 128> events;
    std::uint64_t done = 0;
    Stopwatch watch(load.duration);
    do {
        const int count =
            must(epoll_wait(epoll.get(), events.data(), events.size(), 5000), "epoll_wait");
        if (count == 0) {
            throw std::runtime_error("a server went silent");
        }
        for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
            auto& pipeline = *static_cast<detail::Pipeline*>(event.data.ptr);
            if (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) {
                const std::size_t replies = pipeline.receive(buffer);
                done += replies;
                if (load.in_flight == 1 && replies == 1) {
                    watch.round_trip(monotonic_seconds() - pipeline.sent_at());
                }
            }
            pipeline.send();
        }
    } while (watch.goes_on(done));
    return watch;
}

}  // namespace netaio::bench
