#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/error.hpp>
#include <netaio/tapescript/script.hpp>

#include <sodium.h>

#include <array>
#include <stdexcept>

namespace netaio::tapescript {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::optional<unsigned> digit_value(char digit) noexcept {
    if (digit >= 'A' && digit <= 'F') digit = static_cast<char>(digit - 'A' + 'a');
    const std::size_t value = digits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    return static_cast<unsigned>(value);
}

}  // namespace

std::string to_hex(std::string_view bytes) {
    std::string text;
    text.reserve(2 * bytes.size());
    for (const char byte : bytes) {
        const auto octet = static_cast<unsigned char>(byte);
        text += digits[octet >> 4];
        text += digits[octet & 0xf];
    }
    return text;
}

std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t at = 0; at < text.size(); at += 2) {
        const auto high = digit_value(text[at]);
        const auto low = digit_value(text[at + 1]);
        if (!high || !low) return std::nullopt;
        bytes += static_cast<char>(*high << 4 | *low);
    }
    return bytes;
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw std::logic_error("the value of an error was read, test it first: " + error.serialized());
}

std::string Script::commitment() const {
    std::string hash(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                       reinterpret_cast<const unsigned char*>(code.data()), code.size());
    return hash;
}

Script operator+(const Script& first, const Script& second) {
    return {first.source + second.source, first.code + second.code};
}

}  // namespace netaio::tapescript
