#include "text.hpp"

namespace netaio::app {
namespace {

bool is_continuation(unsigned char byte) noexcept {
    return (byte & 0xc0) == 0x80;
}

// The length of the UTF-8 character at the start, 0 when there is none.
std::size_t character_size(ByteView bytes) noexcept {
    const auto at = [&](std::size_t i) {
        return static_cast<unsigned char>(i < bytes.size() ? bytes[i] : 0);
    };
    const unsigned first = at(0);
    const unsigned second = at(1);
    if (first < 0x80) return 1;
    if (first < 0xc2 || first > 0xf4 || !is_continuation(at(1))) return 0;
    if (first < 0xe0) return 2;
    if (first < 0xf0) {
        const bool overlong = first == 0xe0 && second < 0xa0;
        const bool surrogate = first == 0xed && second > 0x9f;
        return !overlong && !surrogate && is_continuation(at(2)) ? 3 : 0;
    }
    const bool overlong = first == 0xf0 && second < 0x90;
    const bool beyond = first == 0xf4 && second > 0x8f;
    return !overlong && !beyond && is_continuation(at(2)) && is_continuation(at(3)) ? 4 : 0;
}

bool is_control(ByteView character) noexcept {
    const auto first = static_cast<unsigned char>(character[0]);
    if (character.size() == 2) {
        return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
    }
    return character.size() == 1 && (first < 0x20 || first == 0x7f);
}

void append_hex(std::string& out, ByteView bytes) {
    constexpr char digits[] = "0123456789abcdef";
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += "\\x";
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
}

bool append_short_escape(std::string& out, char c) {
    switch (c) {
        case '\n': out += "\\n"; return true;
        case '\r': out += "\\r"; return true;
        case '\t': out += "\\t"; return true;
        case '\\': out += "\\\\"; return true;
        default: return false;
    }
}

}  // namespace

bool is_utf8(ByteView bytes) noexcept {
    while (!bytes.empty()) {
        const std::size_t size = character_size(bytes);
        if (size == 0) return false;
        bytes.remove_prefix(size);
    }
    return true;
}

std::string base64(ByteView bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            const bool there = i + k < bytes.size();
            group = group << 8 | (there ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        }
        out += digits[group >> 18];
        out += digits[group >> 12 & 63];
        out += i + 1 < bytes.size() ? digits[group >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? digits[group & 63] : '=';
    }
    return out;
}

std::string printable(ByteView bytes, Lines lines) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const std::size_t size = character_size(bytes);
        const ByteView character = bytes.substr(0, size == 0 ? 1 : size);
        const char c = character[0];
        const bool kept = lines == Lines::keep && (c == '\n' || c == '\t' || c == '\\');
        if (kept || (size > 0 && !is_control(character) && c != '\\')) {
            out += character;
        } else if (!append_short_escape(out, c)) {
            append_hex(out, character);
        }
        bytes.remove_prefix(character.size());
    }
    return out;
}

std::string shortened(ByteView bytes, std::size_t size_max) {
    if (bytes.size() <= size_max) return bytes.str();
    const std::size_t half = size_max / 2;
    return std::string(bytes.data(), half) + "..." +
           std::string(bytes.data() + bytes.size() - half, half);
}

std::string sentence(ByteView text) {
    constexpr std::size_t readable = 2000;
    return printable(shortened(text, readable), Lines::keep);
}

}  // namespace netaio::app
