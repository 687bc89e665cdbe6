#include "log_brake.hpp"

#include <algorithm>

namespace netaio::app {

LogBrake::Verdict LogBrake::next(std::chrono::steady_clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (now - second_began_ >= std::chrono::seconds(1)) {
        second_began_ = now;
        lines_ = 0;
    }
    if (lines_ >= lines_per_second_) {
        ++left_out_;
        return {false, 0};
    }
    ++lines_;
    return {true, std::exchange(left_out_, 0)};
}

std::uint64_t LogBrakes::cause_of(std::string_view line) noexcept {
    std::uint64_t hash = 14695981039346656037u;  // FNV-1a
    const auto is_about_somebody = [](std::string_view word) {
        return std::ranges::any_of(word, [](char c) { return (c >= '0' && c <= '9') || c == ':'; });
    };
    while (!line.empty()) {
        if (line.front() == '\'') {
            line.remove_prefix(std::min(line.find('\'', 1), line.size() - 1) + 1);
            continue;
        }
        const std::string_view word = line.substr(0, line.find_first_of(" '", 1));
        line.remove_prefix(word.size());
        // `id:` only leads to what follows.
        if (is_about_somebody(word.substr(0, word.size() - (word.ends_with(':') ? 1 : 0))))
            continue;
        for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    }
    return hash;
}

}  // namespace netaio::app
