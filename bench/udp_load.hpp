#pragma once

#include <netinet/udp.h>

#include "measured.hpp"
#include "protocols.hpp"
#include "raw_udp_server.hpp"

/// The UDP client: keeps requests in flight, or floods and asks how much arrived.
namespace netaio::bench {

namespace detail {

inline Descriptor connect_udp(std::uint16_t port, std::chrono::milliseconds patience) {
    auto [socket, own] = bind_udp_loopback();
    const sockaddr_in to = loopback(port);
    must(connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to), "connect");
    const timeval limit{0, static_cast<suseconds_t>(patience.count() * 1000)};
    must(setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "RCVTIMEO");
    return std::move(socket);
}

// How many notifications a server has counted: the last eight bytes of its answer.
inline std::uint64_t arrived(int fd) {
    const std::string question = frame_of(request("count", std::string(8, '\0')));
    std::array<char, 4096> answer;
    for (int i = 0; i < 200; ++i) {
        must(::send(fd, question.data(), question.size(), 0), "send");
        const ssize_t size = recv(fd, answer.data(), answer.size(), 0);
        if (size >= 8) {
            std::uint64_t count = 0;
            std::memcpy(&count, answer.data() + size - sizeof count, sizeof count);
            return count;
        }
    }
    throw std::runtime_error("a server does not say how much arrived");
}

}  // namespace detail

/// Keeps requests in flight; what is lost is replaced after 50 ms of silence.
inline Stopwatch run_udp_echo(std::uint16_t port, std::size_t payload, std::size_t in_flight,
                              const Duration& duration) {
    const Descriptor socket = detail::connect_udp(port, std::chrono::milliseconds(50));
    const std::string frame = frame_of(request("echo", std::string(payload, 'c')));
    DatagramBatch out;
    DatagramBatch in;
    for (std::size_t i = 0; i < DatagramBatch::count; ++i) {
        out.put(i, frame);
    }
    std::size_t to_send = in_flight;
    std::uint64_t done = 0;
    Stopwatch watch(duration);
    do {
        const double sent_at = monotonic_seconds();
        while (to_send > 0) {
            const std::size_t sent =
                out.send(socket.get(), std::min(to_send, DatagramBatch::count));
            if (sent == 0) {
                break;
            }
            to_send -= sent;
        }
        const std::size_t count = in.receive(socket.get(), false);
        done += count;
        to_send += count > 0 ? count : in_flight;
        if (in_flight == 1 && count == 1) {
            watch.round_trip(monotonic_seconds() - sent_at);
        }
    } while (watch.goes_on(done));
    return watch;
}

/// Sends notifications as fast as it can, segmented by the system (GSO), and counts those that
/// arrived.
inline Stopwatch run_udp_flood(std::uint16_t port, std::size_t payload, const Duration& duration) {
    const Descriptor asking = detail::connect_udp(port, std::chrono::milliseconds(20));
    const Descriptor socket = detail::connect_udp(port, std::chrono::milliseconds(20));
    const std::string frame = frame_of(notify("flood", std::string(payload, 'c')));
    const int segment = static_cast<int>(frame.size());
    must(setsockopt(socket.get(), SOL_UDP, UDP_SEGMENT, &segment, sizeof segment), "UDP_SEGMENT");
    std::string segments;
    while (segments.size() + frame.size() <= 65000 && segments.size() < 64 * frame.size()) {
        segments += frame;
    }
    Stopwatch watch(duration);
    std::uint64_t count = 0;
    double now = monotonic_seconds();
    double asked_at = now;
    do {
        if (::send(socket.get(), segments.data(), segments.size(), 0) < 0 && errno != ENOBUFS) {
            must(-1, "send");
        }
        now = monotonic_seconds();
        // Only to know what arrived until the warm-up and the run end.
        if (now - asked_at < duration.warm_up_seconds) {
            continue;
        }
        asked_at = now;
        count = detail::arrived(asking.get());
        now = monotonic_seconds();
    } while (watch.goes_on(count, now));
    return watch;
}

}  // namespace netaio::bench
