#include "notices.hpp"

#include <utility>

namespace netaio::chat_app {

std::optional<std::string> NoticeGate::pass(const std::string& text, TimePoint now) {
    if (now - since_ >= span) {
        since_ = now;
        for (const auto& [told, times] : std::exchange(told_, {})) left_out_ += times;
    }
    const auto found = told_.find(text);
    if (found != told_.end() || told_.size() >= different_max) {
        ++(found != told_.end() ? found->second : left_out_);
        return std::nullopt;
    }
    told_.emplace(text, 0);
    const std::size_t more = std::exchange(left_out_, 0);
    return more == 0 ? text
                     : text + " (before this, " + std::to_string(more) +
                           " notices were left out, as there were too many)";
}

}  // namespace netaio::chat_app
