#include "tally.hpp"

namespace netaio::core {

void Tallies::add_to(Counters& sum) const noexcept {
    sum.connections += connections.get();
    sum.connections_accepted += connections_accepted.get();
    sum.connections_refused += connections_refused.get();
    sum.closed_idle += closed_idle.get();
    sum.closed_slow_frame += closed_slow_frame.get();
    sum.closed_slow_reader += closed_slow_reader.get();
    sum.closed_strangers += closed_strangers.get();
    sum.closed_unserved += closed_unserved.get();
    sum.datagrams_unserved += datagrams_unserved.get();
    sum.sessions += sessions.get();
    sum.sessions_refused += sessions_refused.get();
    sum.frames_in += frames_in.get();
    sum.frames_out += frames_out.get();
    sum.bytes_in += bytes_in.get();
    sum.bytes_out += bytes_out.get();
    sum.rejected_malformed += rejected_malformed.get();
    sum.rejected_too_large += rejected_too_large.get();
    sum.rejected_checksum += rejected_checksum.get();
    sum.rejected_auth += rejected_auth.get();
    sum.rejected_stale += rejected_stale.get();
    sum.rejected_replayed += rejected_replayed.get();
    sum.rejected_unpaid += rejected_unpaid.get();
    sum.rejected_decrypt += rejected_decrypt.get();
    sum.dropped_copies += dropped_copies.get();
    sum.seen_shrunk += seen_shrunk.get();
    sum.rejected_rules += rejected_rules.get();
    sum.unhandled += unhandled.get();
    sum.late_answers += late_answers.get();
    sum.handler_failures += handler_failures.get();
    sum.send_failures += send_failures.get();
    sum.replies_withheld += replies_withheld.get();
    sum.unproven_withheld += unproven_withheld.get();
    sum.subscriptions_refused += subscriptions_refused.get();
    sum.subscriptions_lapsed += subscriptions_lapsed.get();
    sum.dropped_oldest += dropped_oldest.get();
    sum.dropped_newest += dropped_newest.get();
}

}  // namespace netaio::core
