#pragma once

#include <atomic>
#include <netaio/counters.hpp>

namespace netaio::core {

/// One counter that its thread adds to and any thread may read.
class Tally {
public:
    void add(std::uint64_t n = 1) noexcept {
        // Only one thread writes: a load and a store cost less than an atomic addition.
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    void sub(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
    }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// The counters of one thread; the fields of Counters.
struct Tallies {
    Tally connections, connections_accepted, connections_refused;
    Tally closed_idle, closed_slow_frame, closed_slow_reader, closed_strangers, closed_unserved,
        datagrams_unserved;
    Tally sessions, sessions_refused;
    Tally frames_in, frames_out, bytes_in, bytes_out;
    Tally rejected_malformed, rejected_too_large, rejected_checksum, rejected_auth, rejected_stale,
        rejected_replayed, rejected_unpaid, rejected_decrypt, rejected_rules, dropped_copies,
        seen_shrunk;
    Tally unhandled, late_answers, handler_failures, send_failures, replies_withheld;
    Tally unproven_withheld, subscriptions_refused, subscriptions_lapsed;
    Tally dropped_oldest, dropped_newest;

    void add_to(Counters& sum) const noexcept;
};

}  // namespace netaio::core
