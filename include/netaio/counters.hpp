#pragma once

#include <cstdint>

namespace netaio {

/// What a node has done since it was made, summed over its threads; a snapshot. Counters only grow,
/// but for `connections`.
struct Counters {
    std::uint64_t connections = 0;           ///< open now
    std::uint64_t connections_accepted = 0;  ///< accepted or made
    std::uint64_t connections_refused = 0;   ///< closed at once, over the limit
    std::uint64_t closed_idle = 0;           ///< closed after the idle time
    std::uint64_t closed_slow_frame = 0;     ///< closed as a frame took too long to arrive
    std::uint64_t closed_slow_reader = 0;    ///< closed as what was sent was not read in time
    /// Closed before they brought a message that the auth plugin accepted: over a stranger's
    /// limits, or to make room for another.
    std::uint64_t closed_strangers = 0;
    /// Closed as something was thrown while they were served: memory ran out.
    std::uint64_t closed_unserved = 0;
    /// Datagrams dropped, or not sent, as something was thrown: memory ran out.
    std::uint64_t datagrams_unserved = 0;

    std::uint64_t sessions = 0;          ///< sessions that began
    std::uint64_t sessions_refused = 0;  ///< handshakes that led to none

    std::uint64_t frames_in = 0;   ///< whole frames received
    std::uint64_t frames_out = 0;  ///< frames queued for sending
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;  ///< bytes the system took

    std::uint64_t rejected_malformed =
        0;  ///< frames that could not be parsed, or had an unknown type
    std::uint64_t rejected_too_large = 0;  ///< frames over the limit
    std::uint64_t rejected_checksum = 0;   ///< bodies that did not match their checksum
    /// Messages that failed an auth plugin's check for other reasons than the next three.
    std::uint64_t rejected_auth = 0;
    std::uint64_t rejected_stale = 0;     ///< messages too old, or too far ahead of the clock
    std::uint64_t rejected_replayed = 0;  ///< messages that came before
    std::uint64_t rejected_unpaid = 0;    ///< messages without the stamp that was asked for
    std::uint64_t rejected_decrypt = 0;   ///< messages that could not be decrypted
    /// Datagrams that came a second time by another way: of a peer they tell one more address
    /// (HmacOptions::max_age).
    std::uint64_t dropped_copies = 0;
    /// Messages for which others were forgotten that were not too old yet. What is as old as those
    /// is refused from then on (SeenOptions::bytes_max).
    std::uint64_t seen_shrunk = 0;
    std::uint64_t rejected_rules = 0;  ///< messages that AccessRules or a handler's `who` refused
    std::uint64_t unhandled = 0;     ///< messages without a handler, answered NOT_FOUND or dropped
    std::uint64_t late_answers = 0;  ///< answers that no request waits for any more, discarded
    std::uint64_t handler_failures = 0;  ///< handlers that threw
    std::uint64_t send_failures = 0;     ///< messages that could not be protected, encoded or sent

    /// Automatic replies not sent to datagrams that no auth plugin accepted: larger than those, or
    /// too many for one source.
    std::uint64_t replies_withheld = 0;

    /// Datagrams not sent to addresses that never proved that they receive, beyond the budget for
    /// such (UdpNodeOptions::unproven_bytes_per_second).
    std::uint64_t unproven_withheld = 0;
    std::uint64_t subscriptions_refused = 0;  ///< subscriptions beyond a bound
    std::uint64_t subscriptions_lapsed = 0;   ///< subscribers that made room for others
    std::uint64_t peers_refused = 0;          ///< introductions beyond a bound on peers

    std::uint64_t dropped_oldest = 0;  ///< queued frames dropped for a slow receiver
    std::uint64_t dropped_newest = 0;  ///< new frames dropped for a slow receiver
};

}  // namespace netaio
