#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sockets.hpp"

/// The client that all servers of a benchmark are driven by: it sends prepared bytes and counts
/// those that come back, so that it costs little beside any server.
namespace netaio::bench {

/// What one run is to do.
struct Load {
    std::string_view frame;  ///< sent over and over
    std::string_view reply;  ///< expected for each frame
    std::size_t connections = 1;
    std::size_t in_flight = 1;  ///< frames on each connection
    double warm_up_seconds = 0;
    double seconds = 0;
};

/// What a run measured.
struct Measured {
    double messages = 0;
    double seconds = 0;
    double server_cpu_seconds = 0;
    std::vector<double> round_trips_us = {};  ///< only of runs with one message in flight
};

namespace detail {

// Starts counting when the warm-up is over.
class Stopwatch {
public:
    Stopwatch(const Load& load, pid_t server)
        : server_(server),
          warm_at_(monotonic_seconds() + load.warm_up_seconds),
          end_at_(warm_at_ + load.seconds) {}

    /// Whether to go on, `done` messages after the start.
    bool goes_on(std::uint64_t done, double now = monotonic_seconds()) {
        if (!counting_ && now >= warm_at_) {
            counting_ = true;
            began_at_ = now;
            before_ = done;
            cpu_before_ = process_cpu_seconds(server_);
        }
        if (now < end_at_) {
            return true;
        }
        result_.messages = static_cast<double>(done - before_);
        result_.seconds = now - began_at_;
        result_.server_cpu_seconds = process_cpu_seconds(server_) - cpu_before_;
        return false;
    }
    bool counting() const noexcept { return counting_; }
    Measured& result() noexcept { return result_; }

private:
    pid_t server_;
    double warm_at_;
    double end_at_;
    double began_at_ = 0;
    double cpu_before_ = 0;
    std::uint64_t before_ = 0;
    bool counting_ = false;
    Measured result_;
};

// One connection with many frames in flight.
class Pipeline {
public:
    Pipeline(std::uint16_t port, int epoll, const Load& load, std::string_view block)
        : socket_(connect_loopback(port)), epoll_(epoll), load_(load), block_(block) {
        set_nonblocking(socket_.get());
        watch(EPOLL_CTL_ADD, EPOLLIN);
        to_send_ = load.in_flight * load.frame.size();
        send();
    }

    void send() {
        bool blocked = false;
        while (to_send_ > 0 && !blocked) {
            const std::size_t wanted = std::min(to_send_, block_.size() - at_);
            const std::size_t sent = send_some(socket_.get(), block_.substr(at_, wanted));
            to_send_ -= sent;
            at_ = (at_ + sent) % load_.frame.size();
            blocked = sent < wanted;
        }
        if (blocked != blocked_) {
            blocked_ = blocked;
            watch(EPOLL_CTL_MOD, EPOLLIN | (blocked ? EPOLLOUT : 0u));
        }
    }

    /// Returns how many replies became complete; as many frames are then to be sent.
    std::size_t receive(std::span<char> buffer) {
        const std::size_t count = receive_some(socket_.get(), buffer).value_or(0);
        const std::size_t replies = (partial_ + count) / load_.reply.size();
        partial_ = (partial_ + count) % load_.reply.size();
        to_send_ += replies * load_.frame.size();
        return replies;
    }

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
    std::size_t at_ = 0;       // in block_, which is frames in a row
    std::size_t partial_ = 0;  // bytes of an incomplete reply
    bool blocked_ = false;
};

}  // namespace detail

/// Sends one frame and sees to it that the reply is the expected one.
inline void check_reply(std::uint16_t port, const Load& load) {
    const Descriptor socket = connect_loopback(port);
    std::string reply(load.reply.size(), '\0');
    send_all(socket.get(), load.frame);
    receive_all(socket.get(), reply);
    if (reply != load.reply) {
        throw std::runtime_error("a server's reply is not the one expected");
    }
}

/// Keeps Load::in_flight frames on their way on each connection.
inline Measured run_pipelined(std::uint16_t port, pid_t server, const Load& load) {
    std::string block;
    while (block.size() < 256 * 1024) {
        block += load.frame;
    }
    const Descriptor epoll(must(epoll_create1(0), "epoll_create1"));
    std::vector<std::unique_ptr<detail::Pipeline>> pipelines;
    for (std::size_t i = 0; i < load.connections; ++i) {
        pipelines.push_back(
            std::make_unique<detail::Pipeline>(port, epoll.get(), load, std::string_view(block)));
    }
    std::vector<char> buffer(256 * 1024);
    std::array<epoll_event, 128> events;
    std::uint64_t done = 0;
    detail::Stopwatch watch(load, server);
    do {
        const int count =
            must(epoll_wait(epoll.get(), events.data(), events.size(), 5000), "epoll_wait");
        if (count == 0) {
            throw std::runtime_error("a server went silent");
        }
        for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
            auto& pipeline = *static_cast<detail::Pipeline*>(event.data.ptr);
            if (event.events & ~static_cast<std::uint32_t>(EPOLLOUT)) {
                done += pipeline.receive(buffer);
            }
            pipeline.send();
        }
    } while (watch.goes_on(done));
    return std::move(watch.result());
}

/// One frame at a time, on one blocking connection.
inline Measured run_one_in_flight(std::uint16_t port, pid_t server, const Load& load) {
    const Descriptor socket = connect_loopback(port);
    std::string reply(load.reply.size(), '\0');
    std::uint64_t done = 0;
    detail::Stopwatch watch(load, server);
    double now = monotonic_seconds();
    do {
        const double began = now;
        send_all(socket.get(), load.frame);
        receive_all(socket.get(), reply);
        ++done;
        now = monotonic_seconds();
        if (watch.counting()) {
            watch.result().round_trips_us.push_back((now - began) * 1e6);
        }
    } while (watch.goes_on(done, now));
    return std::move(watch.result());
}

}  // namespace netaio::bench
