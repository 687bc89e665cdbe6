#include "traffic.hpp"

namespace netaio::app {

std::string traffic(const Counters& counters) {
    const std::uint64_t rejected =
        counters.rejected_malformed + counters.rejected_too_large + counters.rejected_checksum +
        counters.rejected_auth + counters.rejected_stale + counters.rejected_replayed +
        counters.rejected_unpaid + counters.rejected_decrypt + counters.rejected_rules;
    const auto count = [](std::uint64_t n, const char* what) { return std::to_string(n) + what; };
    return count(counters.frames_in, " messages in, ") + count(counters.frames_out, " out, ") +
           count(rejected, " rejected, ") +
           count(counters.dropped_oldest + counters.dropped_newest, " dropped, ") +
           (counters.dropped_copies > 0 ? count(counters.dropped_copies, " copies, ") : "") +
           (counters.send_failures > 0
                ? count(counters.send_failures, " not sent (--log-level debug says why), ")
                : "") +
           count(counters.handler_failures, " failures");
}

}  // namespace netaio::app
