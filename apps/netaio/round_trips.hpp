#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace netaio::app {

/// Round-trip times and what they come to.
class RoundTrips {
public:
    using Duration = std::chrono::steady_clock::duration;

    void add(Duration time) { times_.push_back(time); }
    bool empty() const noexcept { return times_.empty(); }
    std::size_t count() const noexcept { return times_.size(); }

    /// Three lines for people.
    std::string text(const std::string& server);
    /// One JSON object, times in milliseconds.
    std::string json(const std::string& server);
    /// The smallest time that at least `share` (0 to 1) of all do not exceed, in milliseconds.
    /// There must be one.
    double quantile(double share);

private:
    std::vector<Duration> times_;
};

}  // namespace netaio::app
