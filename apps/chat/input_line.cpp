#include "input_line.hpp"

#include <algorithm>
#include <netaio/chat/shown_text.hpp>
#include <vector>

#include "text.hpp"

namespace netaio::chat_app {
namespace {

constexpr std::string_view line_end_sign = "↵";

bool is_control_character(std::string_view character) {
    const auto first = static_cast<unsigned char>(character[0]);
    const bool is_c1 =
        character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
    return first < 0x20 || first == 0x7f || is_c1;
}

// Character by character, as what is drawn as one may not be whole yet.
std::string insertable(std::string_view text) {
    std::string kept;
    while (!text.empty()) {
        std::size_t size = 1;
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
            ++size;
        const std::string_view character = text.substr(0, size);
        if (character == "\t") {
            kept += ' ';
        } else if (character == "\n" ||
                   (app::is_utf8(character) && !is_control_character(character))) {
            kept += character;
        }
        text.remove_prefix(size);
    }
    return kept;
}

// What is typed stands as it is, also where it is not to be seen; here it is.
struct TypedPiece {
    std::size_t end;  // in bytes of the text
    std::string text;
    std::size_t cells;
};

std::vector<TypedPiece> pieces_of(std::string_view text) {
    std::vector<TypedPiece> pieces;
    for (ByteView rest = text; !rest.empty();) {
        const std::string_view bytes = chat::take_cluster(rest).bytes;
        std::string piece = bytes == "\n" ? std::string(line_end_sign) : chat::shown(bytes);
        const std::size_t width = chat::cells(piece);
        pieces.push_back({text.size() - rest.size(), std::move(piece), width});
    }
    return pieces;
}

}  // namespace

bool InputLine::insert(std::string_view text) {
    const std::string kept = insertable(text);
    if (kept.size() > size_max - text_.size()) return false;
    text_.insert(cursor_, kept);
    cursor_ += kept.size();
    return true;
}

void InputLine::replace(std::string_view text, std::size_t cursor) {
    std::string kept = insertable(text);
    if (kept.size() > size_max) return;
    text_ = std::move(kept);
    cursor_ = std::min(cursor, text_.size());
    if (cursor_ == text_.size()) return;
    right();
    left();
}

std::size_t InputLine::before_cursor() const {
    std::size_t start = 0;
    for (ByteView rest = text_; !rest.empty();) {
        chat::take_cluster(rest);
        const std::size_t end = text_.size() - rest.size();
        if (end >= cursor_) break;
        start = end;
    }
    return start;
}

std::size_t InputLine::after_cursor() const {
    std::size_t end = 0;
    for (ByteView rest = text_; !rest.empty() && end <= cursor_;) {
        chat::take_cluster(rest);
        end = text_.size() - rest.size();
    }
    return end;
}

void InputLine::left() {
    cursor_ = before_cursor();
}

void InputLine::right() {
    cursor_ = after_cursor();
}

void InputLine::home() {
    cursor_ = 0;
}

void InputLine::end() {
    cursor_ = text_.size();
}

void InputLine::backspace() {
    const std::size_t start = before_cursor();
    text_.erase(start, cursor_ - start);
    cursor_ = start;
}

void InputLine::erase() {
    text_.erase(cursor_, after_cursor() - cursor_);
}

void InputLine::erase_to_start() {
    text_.erase(0, cursor_);
    cursor_ = 0;
}

void InputLine::erase_to_end() {
    text_.erase(cursor_);
}

void InputLine::erase_word() {
    constexpr std::string_view blanks = " \n";
    std::size_t start = cursor_;
    while (start > 0 && blanks.find(text_[start - 1]) != blanks.npos) --start;
    while (start > 0 && blanks.find(text_[start - 1]) == blanks.npos) --start;
    text_.erase(start, cursor_ - start);
    cursor_ = start;
}

void InputLine::recall(std::size_t place) {
    if (recalled_ == history_.size()) draft_ = text_;
    recalled_ = place;
    text_ = place == history_.size() ? draft_ : history_[place];
    cursor_ = text_.size();
}

void InputLine::older() {
    if (recalled_ > 0) recall(recalled_ - 1);
}

void InputLine::newer() {
    if (recalled_ < history_.size()) recall(recalled_ + 1);
}

std::string InputLine::take() {
    std::string line = std::move(text_);
    text_.clear();
    draft_.clear();
    cursor_ = 0;
    if (!line.empty() && (history_.empty() || history_.back() != line)) history_.push_back(line);
    if (history_.size() > history_max) history_.pop_front();
    recalled_ = history_.size();
    return line;
}

InputLine::View InputLine::view(std::size_t width) const {
    const std::vector<TypedPiece> pieces = pieces_of(text_);
    std::size_t cursor = 0;
    for (const TypedPiece& piece : pieces) {
        if (piece.end <= cursor_) cursor += piece.cells;
    }
    // It scrolls by half of its width, so that what is seen does not depend on what was seen.
    std::size_t first = 0;
    if (cursor >= width) {
        const std::size_t step = std::max<std::size_t>(width / 2, 1);
        first = (cursor - width + step) / step * step;
    }
    View view{{}, cursor - first};
    std::size_t at = 0;
    for (const TypedPiece& piece : pieces) {
        const std::size_t end = at + piece.cells;
        if (at >= first && end <= first + width) {
            view.text += piece.text;
        } else if (at < first && end > first) {
            view.text.append(std::min(end, first + width) - first, ' ');
        }
        at = end;
    }
    return view;
}

}  // namespace netaio::chat_app
