#include "packify_decimal.hpp"

#include <array>
#include <stdexcept>

#include "utf8.hpp"

namespace netaio {
namespace {

// What Python's decimal can hold on 64-bit machines: the exponent of the first digit, and of the
// last.
constexpr std::int64_t first_exponent_max = 999'999'999'999'999'999;
constexpr std::int64_t last_exponent_min = -1'999'999'999'999'999'997;

// The zeros of all scripts that have digits 0-9 (Unicode 14, general category Nd).
constexpr std::array<char32_t, 65> digit_zeros = {
    0x660,   0x6f0,   0x7c0,   0x966,   0x9e6,   0xa66,   0xae6,   0xb66,   0xbe6,   0xc66,
    0xce6,   0xd66,   0xde6,   0xe50,   0xed0,   0xf20,   0x1040,  0x1090,  0x17e0,  0x1810,
    0x1946,  0x19d0,  0x1a80,  0x1a90,  0x1b50,  0x1bb0,  0x1c40,  0x1c50,  0xa620,  0xa8d0,
    0xa900,  0xa9d0,  0xa9f0,  0xaa50,  0xabf0,  0xff10,  0x104a0, 0x10d30, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950,
    0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec,
    0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0};

constexpr bool is_space(char32_t point) noexcept {
    return (point >= 0x9 && point <= 0xd) || (point >= 0x1c && point <= 0x20) || point == 0x85 ||
           point == 0xa0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200a) ||
           point == 0x2028 || point == 0x2029 || point == 0x202f || point == 0x205f ||
           point == 0x3000;
}

// The digit of any script as an ASCII one; NUL, which no number contains, for anything else.
char ascii_digit(char32_t point) noexcept {
    const auto* after = std::ranges::upper_bound(digit_zeros, point);
    if (after == digit_zeros.begin()) return '\0';
    const char32_t digit = point - after[-1];
    return digit < 10 ? static_cast<char>('0' + digit) : '\0';
}

// Without white space around it and underscores anywhere, all digits ASCII.
std::string simplified(ByteView text) {
    std::string out;
    std::size_t trailing_spaces = 0;
    bool begun = false;
    while (!text.empty()) {
        const char32_t point = wire::next_code_point(text);
        const bool space = is_space(point);
        begun = begun || !space;
        if (!begun) continue;
        trailing_spaces = space ? trailing_spaces + 1 : 0;
        if (point == '_') continue;
        out.push_back(space ? ' ' : point < 0x80 ? static_cast<char>(point) : ascii_digit(point));
    }
    out.resize(out.size() - trailing_spaces);
    return out;
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool all_digits(std::string_view text) noexcept {
    return std::ranges::all_of(text, is_digit);
}

// Takes a word, given in lower case, off the front, whatever its case.
bool take_word(std::string_view& text, std::string_view word) noexcept {
    if (text.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const char c = text[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != word[i]) return false;
    }
    text.remove_prefix(word.size());
    return true;
}

std::string_view without_leading_zeros(std::string_view digits) noexcept {
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

// digits * 10^exponent
struct Finite {
    std::string digits;  // at least one, no leading zeros
    std::int64_t exponent = 0;
};

// What follows the `e`.
std::optional<std::int64_t> parse_exponent(std::string_view text) noexcept {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty() || !all_digits(text)) return std::nullopt;
    // Far above what can count, even after all digits of a text are reckoned with.
    constexpr std::int64_t cut_off = 4'000'000'000'000'000'000;
    std::int64_t exponent = 0;
    for (const char digit : text) {
        exponent = exponent > cut_off / 10 ? cut_off : exponent * 10 + (digit - '0');
    }
    return negative ? -exponent : exponent;
}

std::optional<Finite> parse_finite(std::string_view text) {
    Finite number;
    const std::size_t e = text.find_first_of("eE");
    if (e != text.npos) {
        const auto exponent = parse_exponent(text.substr(e + 1));
        if (!exponent) return std::nullopt;
        number.exponent = *exponent;
        text = text.substr(0, e);
    }
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view whole = text.substr(0, point);
    const std::string_view fraction = text.substr(std::min(point + 1, text.size()));
    if (!all_digits(whole) || !all_digits(fraction) || whole.size() + fraction.size() == 0) {
        return std::nullopt;
    }
    number.exponent -= static_cast<std::int64_t>(fraction.size());
    number.digits = without_leading_zeros(std::string(whole).append(fraction));
    if (number.digits.empty()) number.digits = "0";

    const auto first_exponent =
        number.exponent + static_cast<std::int64_t>(number.digits.size()) - 1;
    if (first_exponent > first_exponent_max || number.exponent < last_exponent_min) {
        return std::nullopt;
    }
    return number;
}

// As Python's str(): plain if the exponent is not positive and there are few zeros after the point.
std::string to_text(const Finite& number) {
    const std::string& digits = number.digits;
    const auto point = number.exponent + static_cast<std::int64_t>(digits.size());
    if (number.exponent > 0 || point <= -6) {
        std::string out = digits.substr(0, 1);
        if (digits.size() > 1) out.append(".").append(digits, 1);
        return out.append(point > 0 ? "E+" : "E").append(std::to_string(point - 1));
    }
    if (number.exponent == 0) return digits;
    if (point <= 0) return "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    return std::string(digits).insert(static_cast<std::size_t>(point), ".");
}

std::optional<std::string> normalised(std::string_view text) {
    std::string out;
    if (text.starts_with('-')) out = "-";
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);

    if (take_word(text, "inf")) {
        take_word(text, "inity");
        return text.empty() ? std::optional(out + "Infinity") : std::nullopt;
    }
    const bool signaling = take_word(text, "s");
    if (take_word(text, "nan")) {
        if (!all_digits(text)) return std::nullopt;
        return out.append(signaling ? "sNaN" : "NaN").append(without_leading_zeros(text));
    }
    if (signaling) return std::nullopt;
    const auto number = parse_finite(text);
    return number ? std::optional(out + to_text(*number)) : std::nullopt;
}

}  // namespace

Decimal::Decimal(std::string_view text) {
    auto parsed = parse(text);
    if (!parsed) {
        throw std::invalid_argument("'" + std::string(text) +
                                    "' is no decimal number; write one like -1.50 or 2E+8");
    }
    *this = std::move(*parsed);
}

Result<Decimal> Decimal::parse(ByteView text) {
    if (!wire::is_utf8(text)) return Errc::malformed;
    auto normal = normalised(simplified(text));
    if (!normal) return Errc::malformed;
    Decimal number;
    number.text_ = std::move(*normal);
    return number;
}

namespace wire {

std::string numeric_identity(const Decimal& number) {
    std::string_view text = number.text();
    const std::string_view sign = text.starts_with('-') ? "-" : "";
    text.remove_prefix(sign.size());
    auto finite = parse_finite(text);
    if (!finite) return number.text();  // an infinity
    if (finite->digits == "0") return "0";
    while (finite->digits.back() == '0') {
        finite->digits.pop_back();
        ++finite->exponent;
    }
    return std::string(sign) + finite->digits + "E" + std::to_string(finite->exponent);
}

}  // namespace wire
}  // namespace netaio
