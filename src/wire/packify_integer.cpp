#include <netaio/numbers.hpp>

#include <limits>
#include <vector>

namespace netaio {
namespace {

// Nine decimal digits at a time: the most that multiply within 64 bits.
constexpr std::uint64_t chunk = 1'000'000'000;
constexpr std::size_t chunk_digits = 9;

// Base 256, least significant first.
using Octets = std::vector<std::uint8_t>;

void multiply_add(Octets& number, std::uint64_t factor, std::uint64_t carry) {
    for (auto& octet : number) {
        carry += octet * factor;
        octet = static_cast<std::uint8_t>(carry);
        carry >>= 8;
    }
    for (; carry != 0; carry >>= 8) {
        number.push_back(static_cast<std::uint8_t>(carry));
    }
}

std::uint64_t divide_by_chunk(Octets& number) {
    std::uint64_t rest = 0;
    for (auto octet = number.rbegin(); octet != number.rend(); ++octet) {
        rest = rest << 8 | *octet;
        *octet = static_cast<std::uint8_t>(rest / chunk);
        rest %= chunk;
    }
    while (!number.empty() && number.back() == 0) number.pop_back();
    return rest;
}

}  // namespace

Integer Integer::from_magnitude(ByteView big_endian, bool negative) {
    const std::size_t zeros = std::min(big_endian.find_first_not_of('\0'), big_endian.size());
    Integer number;
    number.magnitude_ = big_endian.substr(zeros);
    number.negative_ = negative && !number.magnitude_.empty();
    return number;
}

std::optional<Integer> Integer::parse(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;

    Octets number;
    while (!text.empty()) {
        const std::string_view digits = text.substr(0, chunk_digits);
        std::uint64_t factor = 1;
        std::uint64_t part = 0;
        for (const char digit : digits) {
            factor *= 10;
            part = part * 10 + static_cast<std::uint64_t>(digit - '0');
        }
        multiply_add(number, factor, part);
        text.remove_prefix(digits.size());
    }
    std::ranges::reverse(number);
    return from_magnitude(number, negative);
}

std::optional<std::uint64_t> Integer::to_uint64() const noexcept {
    if (negative_ || magnitude_.size() > 8) return std::nullopt;
    std::uint64_t number = 0;
    for (const char octet : magnitude_) {
        number = number << 8 | static_cast<std::uint8_t>(octet);
    }
    return number;
}

std::optional<std::int64_t> Integer::to_int64() const noexcept {
    if (magnitude_.size() > 8) return std::nullopt;
    std::uint64_t number = 0;
    for (const char octet : magnitude_) {
        number = number << 8 | static_cast<std::uint8_t>(octet);
    }
    constexpr std::uint64_t max = std::numeric_limits<std::int64_t>::max();
    if (number > max + negative_) return std::nullopt;
    return static_cast<std::int64_t>(negative_ ? 0 - number : number);
}

std::string Integer::to_string() const {
    Octets number(magnitude_.rbegin(), magnitude_.rend());
    std::string digits;  // backwards
    do {
        std::uint64_t part = divide_by_chunk(number);
        for (std::size_t i = 0; i < chunk_digits && (part != 0 || !number.empty() || i == 0); ++i) {
            digits.push_back(static_cast<char>('0' + part % 10));
            part /= 10;
        }
    } while (!number.empty());
    if (negative_) digits.push_back('-');
    std::ranges::reverse(digits);
    return digits;
}

std::strong_ordering Integer::operator<=>(const Integer& other) const noexcept {
    if (negative_ != other.negative_) return other.negative_ <=> negative_;
    const auto by_size = magnitude_.size() <=> other.magnitude_.size();
    const auto order = by_size != 0 ? by_size : magnitude_ <=> other.magnitude_;
    return negative_ ? 0 <=> order : order;
}

}  // namespace netaio
