#include <netaio/chat/shown_text.hpp>

#include "code_points.hpp"
#include "unicode_tables.hpp"

namespace netaio::chat {
namespace {

constexpr char32_t check_mark_in_colour = 0x2705;
constexpr char32_t equals_sign_in_colour = 0x1f7f0;

// What joins emoji, or says how they look.
bool joins_emoji(char32_t point) noexcept {
    return point == 0x200d || point == 0xfe0f || is_skin(point) || is_flag_letter(point);
}

bool may_end(char32_t point) noexcept {
    if (point == check_mark_in_colour || point == equals_sign_in_colour) return false;
    return point < 0x80 || is_letter(point) || is_combining(point) || joins_emoji(point) ||
           (is_pictographic(point) && is_wide(point));
}

}  // namespace

std::string without_sign_at_end(std::string text) {
    std::string_view last;
    for (ByteView rest = text; !rest.empty();) last = take_cluster(rest).bytes;
    for (ByteView points = last; !points.empty();) {
        const auto point = take_code_point(points);
        if (!point || !may_end(*point))
            return text.replace(text.size() - last.size(), text.npos, "_");
    }
    return text;
}

}  // namespace netaio::chat
