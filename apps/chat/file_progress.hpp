#pragma once

#include <map>
#include <netaio/chat/files.hpp>
#include <optional>
#include <string>
#include <utility>

#include "names.hpp"

namespace netaio::chat_app {

/// A file, whom it goes to or comes from, and how far it is, in a line.
std::string file_text(const Names& names, const chat::FileView& file);

/// Which of what happens to files is worth a line, where each stays: other states, and each tenth
/// of a file.
class FileProgress {
public:
    /// The line of it, if it is.
    std::optional<std::string> line(const Names& names, const chat::FileView& file);

private:
    using Key = std::pair<chat::PublicKey, std::pair<bool, chat::FileId>>;
    using Seen = std::pair<chat::FileState, unsigned>;

    std::map<Key, Seen> seen_;  // of those that have not ended
};

}  // namespace netaio::chat_app
