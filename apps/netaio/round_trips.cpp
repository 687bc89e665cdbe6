#include "round_trips.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "json.hpp"
#include "output.hpp"
#include "text.hpp"

namespace netaio::app {

double RoundTrips::quantile(double share) {
    std::ranges::sort(times_);
    const auto rank = std::ceil(share * static_cast<double>(times_.size()));
    const auto at = static_cast<std::size_t>(std::max(rank, 1.0)) - 1;
    return std::chrono::duration<double, std::milli>(times_[at]).count();
}

std::string RoundTrips::text(const std::string& server) {
    char line[160];
    std::snprintf(line, sizeof(line), "min %.3f ms, median %.3f ms, p99 %.3f ms, max %.3f ms",
                  quantile(0), quantile(0.5), quantile(0.99), quantile(1));
    return std::to_string(count()) + (count() == 1 ? " answer" : " answers") + " from " +
           printable(server) + "\n" + line;
}

std::string RoundTrips::json(const std::string& server) {
    Json object;
    put_bytes(object, "server", "server_base64", server);
    object.update({{"count", count()},
                   {"min_ms", quantile(0)},
                   {"median_ms", quantile(0.5)},
                   {"p99_ms", quantile(0.99)},
                   {"max_ms", quantile(1)}});
    return json_text(object);
}

}  // namespace netaio::app
