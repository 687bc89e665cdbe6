#include "file_progress.hpp"

namespace netaio::chat_app {

std::string file_text(const Names& names, const chat::FileView& file) {
    return (file.own ? "to " : "from ") + names.of(file.with) + ": " + chat::text_of(file);
}

std::optional<std::string> FileProgress::line(const Names& names, const chat::FileView& file) {
    const Key key{file.with, {file.own, file.id}};
    const Seen now{file.state, chat::percent_of(file) / 10};
    const auto before = seen_.find(key);
    if (before != seen_.end() && before->second == now) return std::nullopt;
    if (file.state == chat::FileState::done || file.state == chat::FileState::ended) {
        seen_.erase(key);
    } else {
        seen_.insert_or_assign(key, now);
    }
    return file_text(names, file);
}

}  // namespace netaio::chat_app
