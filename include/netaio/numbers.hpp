#pragma once

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstdint>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace netaio {

/// The built-in types that count: neither bool nor characters.
template <class T>
concept WholeNumber = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                      !std::same_as<T, wchar_t> && !std::same_as<T, char8_t> &&
                      !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

/// A whole number of any size. Numbers up to 15 bytes take no memory of their own.
class Integer {
public:
    /// Zero.
    Integer() noexcept = default;

    template <WholeNumber T>
    Integer(T value) {
        auto left = static_cast<std::uint64_t>(value);
        if constexpr (std::is_signed_v<T>) {
            negative_ = value < 0;
            left = negative_ ? 0 - left : left;
        }
        for (; left != 0; left >>= 8) {
            magnitude_.push_back(static_cast<char>(left & 0xff));
        }
        std::ranges::reverse(magnitude_);
    }

    /// From the absolute value as big-endian bytes; leading zeros are dropped.
    static Integer from_magnitude(ByteView big_endian, bool negative = false);
    /// From decimal digits with an optional sign in front; nothing when it is not that.
    static std::optional<Integer> parse(std::string_view text);

    bool is_negative() const noexcept { return negative_; }
    /// The absolute value as big-endian bytes without leading zeros; empty for zero.
    ByteView magnitude() const noexcept { return magnitude_; }
    /// The number, if it is in range.
    std::optional<std::int64_t> to_int64() const noexcept;
    /// The number, if it is in range.
    std::optional<std::uint64_t> to_uint64() const noexcept;
    /// Decimal digits.
    std::string to_string() const;

    bool operator==(const Integer&) const = default;
    std::strong_ordering operator<=>(const Integer& other) const noexcept;

private:
    bool negative_ = false;
    std::string magnitude_;
};

/// A decimal number, infinity or NaN, as Python's `decimal.Decimal` reads and writes them. It is
/// kept as text; equality is that of the text, so 1.0 and 1 differ.
class Decimal {
public:
    /// Zero.
    Decimal() : text_("0") {}
    /// Reads a number as parse() does.
    /// @throws std::invalid_argument when `text` is no decimal number.
    explicit Decimal(std::string_view text);

    /// Reads UTF-8 text by Python's grammar: white space around it, underscores, digits of any
    /// script, exponents, `inf`, `nan` and `snan` with digits. Errc::malformed otherwise, and
    /// beyond the exponents Python can hold (about +-10^18).
    static Result<Decimal> parse(ByteView text);

    /// The normalised text: `1E+5` for `1e5`.
    const std::string& text() const noexcept { return text_; }
    bool is_nan() const noexcept { return text_.find('N') != std::string::npos; }
    /// A signaling NaN, which can be neither a member of a set nor a key of a dict.
    bool is_signaling_nan() const noexcept { return text_.find('s') != std::string::npos; }

    bool operator==(const Decimal&) const = default;
    std::strong_ordering operator<=>(const Decimal&) const = default;

private:
    std::string text_;
};

}  // namespace netaio
