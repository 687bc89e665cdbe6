#include "utf8.hpp"

namespace netaio::tapescript::machine {
namespace {

unsigned char octet(std::string_view text, std::size_t at) noexcept {
    return static_cast<unsigned char>(text[at]);
}

struct Lead {
    std::size_t size;         // bytes of the character; 0 for no lead byte
    unsigned char next_from;  // bounds of the second byte, without overlong forms and surrogates
    unsigned char next_to;
};

Lead lead_of(unsigned char byte) noexcept {
    constexpr unsigned char from = 0x80;
    constexpr unsigned char to = 0xbf;
    if (byte < 0x80) return {1, from, to};
    if (byte < 0xc2) return {0, from, to};
    if (byte < 0xe0) return {2, from, to};
    if (byte == 0xe0) return {3, 0xa0, to};
    if (byte == 0xed) return {3, from, 0x9f};
    if (byte < 0xf0) return {3, from, to};
    if (byte == 0xf0) return {4, 0x90, to};
    if (byte < 0xf4) return {4, from, to};
    if (byte == 0xf4) return {4, from, 0x8f};
    return {0, from, to};
}

bool continues(unsigned char byte) noexcept {
    return (byte & 0xc0) == 0x80;
}

}  // namespace

std::optional<std::size_t> count_characters(std::string_view text) noexcept {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        const Lead lead = lead_of(octet(text, at));
        if (lead.size == 0 || lead.size > text.size() - at) return std::nullopt;
        if (lead.size > 1) {
            const unsigned char next = octet(text, at + 1);
            if (next < lead.next_from || next > lead.next_to) return std::nullopt;
        }
        for (std::size_t more = 2; more < lead.size; ++more) {
            if (!continues(octet(text, at + more))) return std::nullopt;
        }
        at += lead.size;
    }
    return count;
}

std::size_t start_of_character(std::string_view text, std::size_t index) noexcept {
    std::size_t at = 0;
    for (; index > 0 && at < text.size(); --index) {
        at += lead_of(octet(text, at)).size;
    }
    return at;
}

}  // namespace netaio::tapescript::machine
