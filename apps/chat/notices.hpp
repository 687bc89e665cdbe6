#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace netaio::chat_app {

/// Keeps notices from burying what people say: strangers can cause as many as they like. The same
/// is told once in a minute, and so many in all; those that were left out are counted.
class NoticeGate {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::seconds span{60};
    /// Different ones in each span.
    static constexpr std::size_t different_max = 30;

    /// What is to be told now of that notice; none when it is only counted.
    std::optional<std::string> pass(const std::string& text, TimePoint now);

private:
    std::map<std::string, std::size_t> told_ = {};  // and how often each was left out
    std::size_t left_out_ = 0;                      // of those that had no room
    TimePoint since_ = {};
};

}  // namespace netaio::chat_app
