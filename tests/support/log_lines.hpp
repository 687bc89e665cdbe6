#pragma once

#include <algorithm>
#include <mutex>
#include <netaio/environment.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::test {

/// Log lines behind their levels (`info a line`), kept to be asked for. Outlives the logs it makes.
/// Thread-safe.
class LogLines {
public:
    Log log(LogLevel level = LogLevel::debug) {
        return Log(level, [this](LogLevel of, std::string_view line) {
            const std::lock_guard lock(mutex_);
            lines_.push_back(std::string(to_string(of)) + " " + std::string(line));
        });
    }
    bool contains(std::string_view text) const { return count(text) > 0; }
    std::size_t count(std::string_view text) const {
        const std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::ranges::count_if(
            lines_, [&](const std::string& line) { return line.find(text) != std::string::npos; }));
    }
    std::vector<std::string> all() const {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    void clear() {
        const std::lock_guard lock(mutex_);
        lines_.clear();
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace netaio::test
