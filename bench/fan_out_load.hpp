#pragma once

#include "measured.hpp"
#include "protocols.hpp"
#include "session_socket.hpp"

/// One publisher and many subscribers that count the bytes they get.
namespace netaio::bench {

struct FanOutLoad {
    Publication publication;
    std::size_t subscribers = 100;
    std::size_t in_flight = 64;  ///< messages published before all subscribers have them
    bool sessions = false;       ///< of the subscribers
    Duration duration = {};
};

namespace detail {

// NATS greets by a line of unknown length, and answers a ping after all that came before it.
inline Descriptor connect_to(std::uint16_t port, const Publication& publication, bool subscribes,
                             bool within_session) {
    Descriptor socket = connect_loopback(port);
    std::string buffer(4096, '\0');
    if (!publication.hello.empty()) {
        receive_some(socket.get(), buffer);
        send_all(socket.get(), publication.hello);
    }
    if (within_session) {
        core::Session session = begin_session(socket.get());
        send_all(socket.get(), sealed(session, publication.subscribe));
        receive_all(socket.get(),
                    std::span(buffer).first(publication.confirmation + sealed_overhead));
    } else if (subscribes) {
        send_all(socket.get(), publication.subscribe);
        if (publication.confirmation > 0) {
            receive_all(socket.get(), std::span(buffer).first(publication.confirmation));
        } else {
            receive_some(socket.get(), buffer);
        }
    }
    set_nonblocking(socket.get());
    return socket;
}

}  // namespace detail

/// Publishes the next messages when all subscribers have the ones before. Counts deliveries.
inline Stopwatch run_fan_out(std::uint16_t port, const FanOutLoad& load) {
    const Descriptor epoll(must(epoll_create1(0), "epoll_create1"));
    std::vector<Descriptor> sockets;
    for (std::size_t i = 0; i <= load.subscribers; ++i) {
        const bool publishes = i == load.subscribers;
        sockets.push_back(
            detail::connect_to(port, load.publication, !publishes, load.sessions && !publishes));
        epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
        must(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, sockets.back().get(), &event), "epoll_ctl");
    }
    std::string block;
    for (std::size_t i = 0; i < load.in_flight; ++i) {
        block += load.publication.publish;
    }
    const std::size_t delivered =
        load.publication.delivered + (load.sessions ? sealed_overhead : 0);
    const std::uint64_t bytes_each = delivered * load.subscribers;
    std::vector<char> buffer(256 * 1024);
    std::array<epoll_event, 256> events;
    std::uint64_t published = 0;
    std::uint64_t bytes = 0;
    std::string_view pending;
    double sent_at = 0;
    Stopwatch watch(load.duration);
    do {
        if (pending.empty() && bytes == published * bytes_each) {
            if (load.in_flight == 1 && published > 0) {
                watch.round_trip(monotonic_seconds() - sent_at);
            }
            sent_at = monotonic_seconds();
            published += load.in_flight;
            pending = block;
        }
        if (!pending.empty()) {
            pending.remove_prefix(send_some(sockets.back().get(), pending));
        }
        const int count =
            must(epoll_wait(epoll.get(), events.data(), events.size(), pending.empty() ? 5000 : 0),
                 "epoll_wait");
        if (count == 0 && pending.empty()) {
            throw std::runtime_error("subscribers miss " +
                                     std::to_string(published * bytes_each - bytes) + " bytes");
        }
        for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(count))) {
            const auto got = receive_some(sockets[event.data.u64].get(), buffer).value_or(0);
            bytes += event.data.u64 < load.subscribers ? got : 0;  // the publisher is answered
        }
    } while (watch.goes_on(bytes / delivered));
    return watch;
}

}  // namespace netaio::bench
