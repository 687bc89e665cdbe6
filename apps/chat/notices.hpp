#pragma once

#include <chrono>
#include <map>
#include <netaio/chat/talk.hpp>
#include <optional>
#include <string>
#include <utility>

#include "names.hpp"

namespace netaio::chat_app {

/// What people are told of a notice: whom, or which room, it is about stands before it.
std::string notice_text(const Names& names, const chat::Notice& notice);

/// Keeps notices from burying what people say: strangers can cause as many as they like. The same
/// of the same person is told once in a minute, and so many in all; those that were left out are
/// counted.
class NoticeGate {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    static constexpr std::chrono::seconds span{60};
    /// Different ones in each span.
    static constexpr std::size_t different_max = 30;

    /// The notice as it is to be told now; none when it is only counted.
    std::optional<chat::Notice> pass(chat::Notice notice, TimePoint now);

private:
    using About = std::pair<std::optional<chat::Place>, std::string>;

    std::map<About, std::size_t> told_ = {};  // and how often each was left out
    std::size_t left_out_ = 0;                // of those that had no room
    TimePoint since_ = {};
};

}  // namespace netaio::chat_app
