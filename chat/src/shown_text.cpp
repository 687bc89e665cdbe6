#include <cstdio>
#include <netaio/chat/shown_text.hpp>
#include <optional>

#include "code_points.hpp"
#include "unicode_tables.hpp"

namespace netaio::chat {
namespace {

constexpr unsigned marks_max = 8;
constexpr char32_t emoji_joiner = 0x200d;
constexpr char32_t emoji_style = 0xfe0f;
constexpr char32_t keycap = 0x20e3;
constexpr char32_t wide_space = 0x3000;
constexpr std::string_view ellipsis = "…";

std::optional<char32_t> next_point(ByteView text) noexcept {
    return text.empty() ? std::nullopt : take_code_point(text);
}

bool is_keycap_key(char32_t point) noexcept {
    return (point >= U'0' && point <= U'9') || point == U'#' || point == U'*';
}

// Text as shown() makes it of one character after the other.
class Showing {
public:
    // `bytes` are the character, `rest` is what follows it.
    void take(std::optional<char32_t> character, ByteView bytes, ByteView rest) {
        if (!character) {
            spell("<0x%02X>", static_cast<unsigned char>(bytes.front()));
            return;
        }
        const char32_t point = *character;
        if (point == U'\t') {
            text_ += "    ";
            begin(U' ');
        } else if (is_part_of_emoji(point, rest)) {
            text_ += bytes;
            last_ = point;
        } else if (is_hidden(point) || (is_combining(point) && !may_combine())) {
            spell("<U+%04X>", static_cast<unsigned>(point));
        } else if (is_combining(point)) {
            text_ += bytes;
            ++marks_;
            last_ = point;
        } else if (is_space(point) && point != wide_space) {
            text_ += ' ';
            begin(U' ');
        } else {
            text_ += bytes;
            begin(point);
        }
    }

    std::string text() && { return std::move(text_); }

private:
    bool is_part_of_emoji(char32_t point, ByteView rest) const noexcept {
        if (!last_) return false;
        if (point == emoji_joiner) {
            const auto next = next_point(rest);
            return emoji_ && *last_ != emoji_joiner && next && is_pictographic(*next);
        }
        return point == emoji_style &&
               (is_pictographic(*last_) || (is_keycap_key(*last_) && next_point(rest) == keycap));
    }

    bool may_combine() const noexcept { return last_ && marks_ < marks_max; }

    void begin(char32_t point) noexcept {
        emoji_ = is_pictographic(point) || (emoji_ && is_skin(point));
        marks_ = 0;
        last_ = point;
    }

    template <class Number>
    void spell(const char* format, Number number) {
        char spelled[16];
        std::snprintf(spelled, sizeof spelled, format, number);
        text_ += spelled;
        emoji_ = false;
        last_.reset();
    }

    std::string text_;
    // The last character that stands as it is; none where nothing may be combined with.
    std::optional<char32_t> last_;
    bool emoji_ = false;
    unsigned marks_ = 0;
};

std::size_t point_width(char32_t point) noexcept {
    if (point == emoji_joiner || point == emoji_style || is_combining(point)) return 0;
    return is_wide(point) ? 2 : 1;
}

// Whether a character goes on with what the one before it began.
bool goes_on(char32_t before, char32_t point, bool half_a_flag) noexcept {
    return point == emoji_joiner || before == emoji_joiner || point == emoji_style ||
           is_combining(point) || (is_skin(point) && is_pictographic(before)) ||
           (half_a_flag && is_flag_letter(point));
}

}  // namespace

std::string shown(ByteView text) {
    Showing showing;
    while (!text.empty()) {
        const ByteView at = text;
        const auto character = take_code_point(text);
        showing.take(character, at.substr(0, at.size() - text.size()), text);
    }
    return std::move(showing).text();
}

std::vector<std::string> shown_lines(ByteView text) {
    std::vector<std::string> lines;
    std::string_view rest = text;
    for (bool more = true; more;) {
        const std::size_t end = rest.find('\n');
        more = end != std::string_view::npos;
        std::string_view line = rest.substr(0, end);
        if (more && line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(shown(line));
        if (more) rest.remove_prefix(end + 1);
    }
    return lines;
}

Cluster take_cluster(ByteView& text) noexcept {
    const ByteView all = text;
    const auto first = take_code_point(text);
    if (!first) return {all.substr(0, 1), 1};
    char32_t before = *first;
    std::size_t width = point_width(before);
    bool half_a_flag = is_flag_letter(before);
    for (auto next = next_point(text); next && goes_on(before, *next, half_a_flag);
         next = next_point(text)) {
        // A narrow character becomes wide as an emoji.
        width += *next == emoji_style ? point_width(before) == 1 : point_width(*next);
        half_a_flag = false;
        before = *next;
        take_code_point(text);
    }
    return {all.substr(0, all.size() - text.size()), width};
}

std::size_t cells(std::string_view text) {
    std::size_t sum = 0;
    for (ByteView rest = text; !rest.empty();) sum += take_cluster(rest).cells;
    return sum;
}

std::string cut(std::string_view text, std::size_t width) {
    if (width == 0) return {};
    std::size_t taken = 0;
    std::size_t kept = 0;  // bytes that leave a cell for the ellipsis
    for (ByteView rest = text; !rest.empty();) {
        taken += take_cluster(rest).cells;
        if (taken > width) return std::string(text.substr(0, kept)).append(ellipsis);
        if (taken < width) kept = text.size() - rest.size();
    }
    return std::string(text);
}

}  // namespace netaio::chat
