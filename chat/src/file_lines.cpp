#include "file_lines.hpp"

#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

// The number of a file's line, until the file has ended.
constexpr std::string_view file_line_kind = "file line";

std::string file_line_name(const FileView& file) {
    return ((file.own ? "o" : "t") + file.with.bytes().str()).append(ByteView(file.id));
}

bool is_over(const FileView& file) noexcept {
    return file.state == FileState::done || file.state == FileState::ended;
}

}  // namespace

Line FileLines::put(const FileView& file, const PublicKey& me, std::uint64_t now) {
    const std::string name = file_line_name(file);
    Line line{.from = file.own ? me : file.with, .id = file.id, .text = text_of(file), .at = now};
    if (file.state == FileState::done) line.mark = Mark::delivered;
    const auto kept = vault_.get(file_line_kind, name);
    if (kept) {
        line.number = SecretReader(*kept).take_number<std::uint64_t>();
        line = talks_.rewrite(file.with, line);
    } else {
        line = talks_.add(file.with, line, file.own);
    }
    if (is_over(file)) {
        vault_.erase(file_line_kind, name);
    } else if (!kept) {
        SecretWriter writer;
        vault_.put(file_line_kind, name, writer.add_number(line.number).bytes());
    }
    return line;
}

}  // namespace netaio::chat
