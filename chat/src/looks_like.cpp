#include <netaio/chat/shown_text.hpp>

#include "code_points.hpp"
#include "unicode_tables.hpp"

namespace netaio::chat {
namespace {

// Capitals of one letter may look like another: `I` like `l`. They are either taken as they look or
// as the small letter.
enum class Capitals { as_they_look, small };

// Two letters that look like one.
void replace_all(std::string& text, std::string_view pair, char one) {
    for (auto at = text.find(pair); at != std::string::npos; at = text.find(pair, at + 1)) {
        text.replace(at, pair.size(), 1, one);
    }
}

std::string look_of(ByteView name, Capitals capitals) {
    std::string look;
    while (!name.empty()) {
        const ByteView at = name;
        const auto point = take_code_point(name);
        if (!point) {
            look += at.front();
        } else if (is_space(*point) || *point == U'\t') {
            if (!look.empty() && look.back() != ' ') look += ' ';
        } else if (!is_hidden(*point) && !is_combining(*point)) {
            const bool small = capitals == Capitals::small;
            append_code_point(look, shape_of(small ? small_letter(*point) : *point));
        }
    }
    if (look.ends_with(' ')) look.pop_back();
    replace_all(look, "rn", 'm');
    replace_all(look, "vv", 'w');
    return look;
}

}  // namespace

NameLooks looks_of(ByteView name) {
    return {look_of(name, Capitals::as_they_look), look_of(name, Capitals::small)};
}

bool looks_like(ByteView one, ByteView other) {
    const NameLooks looks = looks_of(one);
    const NameLooks others = looks_of(other);
    return looks[0] == others[0] || looks[1] == others[1];
}

}  // namespace netaio::chat
