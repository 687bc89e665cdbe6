#include "notices.hpp"

#include <utility>

namespace netaio::chat_app {

std::string notice_text(const Names& names, const chat::Notice& notice) {
    return (notice.place ? names.of(*notice.place) + ": " : "") + notice.text;
}

std::optional<chat::Notice> NoticeGate::pass(chat::Notice notice, TimePoint now) {
    if (now - since_ >= span) {
        since_ = now;
        for (const auto& [told, times] : std::exchange(told_, {})) left_out_ += times;
    }
    const auto found = told_.find({notice.place, notice.text});
    if (found != told_.end() || told_.size() >= different_max) {
        ++(found != told_.end() ? found->second : left_out_);
        return std::nullopt;
    }
    told_.emplace(About(notice.place, notice.text), 0);
    const std::size_t more = std::exchange(left_out_, 0);
    if (more > 0) {
        notice.text += " (before this, " + std::to_string(more) +
                       " notices were left out, as there were too many)";
    }
    return notice;
}

}  // namespace netaio::chat_app
