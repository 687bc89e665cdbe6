#include "operand.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <netaio/tapescript/bytes.hpp>
#include <optional>

namespace netaio::tapescript::compiler {
namespace {

// More digits make neither a useful number nor a quick one.
constexpr std::size_t digits_max = 4300;

// The parts of a number, none of them checked for digits.
struct Parts {
    std::string_view sign;
    std::string_view whole;
    std::string_view fraction;  // with its point
};

Parts parts_of(std::string_view number) {
    Parts parts;
    parts.sign = number.substr(0, number.starts_with('-') || number.starts_with('+') ? 1 : 0);
    number.remove_prefix(parts.sign.size());
    const std::size_t point = std::min(number.find('.'), number.size());
    parts.whole = number.substr(0, point);
    parts.fraction = number.substr(point);
    return parts;
}

bool fits(const Parts& parts, Form form) {
    if (!is_digits(parts.whole) || parts.whole.size() > digits_max) return false;
    if (form == Form::digits && !parts.sign.empty()) return false;
    if (form == Form::negatable && parts.sign == "+") return false;
    if (form != Form::truncated) return parts.fraction.empty();
    return std::all_of(parts.fraction.begin(), parts.fraction.end(),
                       [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

std::string expectation(Form form) {
    const std::string sign =
        form == Form::digits ? "a whole number without sign" : "a whole number";
    return sign + " of at most " + std::to_string(digits_max) + " digits after d";
}

// A number too large or small for a double is infinite or zero, as there.
double to_double(std::string_view digits, const Parts& parts) {
    double number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc::result_out_of_range) {
        const bool large = parts.whole.find_first_not_of('0') != std::string_view::npos;
        number = large ? std::numeric_limits<double>::infinity() : 0.0;
        return parts.sign == "-" ? -number : number;
    }
    return number;
}

std::string big_endian(std::uint32_t number, std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = size; i > 0; --i, number >>= 8) bytes[i - 1] = static_cast<char>(number);
    return bytes;
}

}  // namespace

char prefix_of(const Symbol& value, std::string_view allowed) {
    const char prefix = value.text.empty() ? '\0' : lower(value.text.substr(0, 1)).front();
    if (prefix != '\0' && allowed.find(prefix) != std::string_view::npos) return prefix;
    std::string letters;
    for (const char letter : allowed) {
        if (!letters.empty()) letters += letter == allowed.back() ? " or " : ", ";
        letters += letter;
    }
    syntax_fault(value, "a value that begins with " + letters);
}

Integer whole_number(const Symbol& value, Form form) {
    const Parts parts = parts_of(std::string_view(value.text).substr(1));
    if (!fits(parts, form)) value_fault(value, expectation(form));
    std::string_view digits = parts.whole;
    digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size() - 1));
    const Integer number{std::string(digits)};
    return parts.sign == "-" ? Integer(-number) : number;
}

std::uint8_t small_number(const Symbol& value, std::size_t from) {
    const std::string_view digits = std::string_view(value.text).substr(from);
    std::uint8_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool all_read = end == digits.data() + digits.size();
    if (error != std::errc() || !all_read) value_fault(value, "a number from 0 to 255");
    return number;
}

std::string float_bytes(const Symbol& value, bool whole) {
    std::string_view text = std::string_view(value.text).substr(1);
    const Parts parts = parts_of(text);
    const std::string_view decimals =
        parts.fraction.substr(std::min<std::size_t>(1, parts.fraction.size()));
    const bool number = (is_digits(parts.whole) || (parts.whole.empty() && is_digits(decimals))) &&
                        (decimals.empty() || is_digits(decimals));
    if (!number || (whole && !parts.fraction.empty())) {
        value_fault(value, whole ? "a whole number after f" : "a decimal number after f");
    }
    if (parts.sign == "+") text.remove_prefix(1);
    const double wide = to_double(text, parts);
    const auto narrow = static_cast<float>(wide);
    if (std::isinf(narrow) && !std::isinf(wide))
        value_fault(value, "a number that a float can hold");
    return big_endian(std::bit_cast<std::uint32_t>(narrow), sizeof narrow);
}

std::string hex_bytes(const Symbol& value) {
    auto bytes = from_hex(std::string_view(value.text).substr(1));
    if (!bytes) value_fault(value, "an even count of hexadecimal digits after x");
    return *std::move(bytes);
}

std::string text_bytes(const Symbol& value) {
    const std::string_view text = std::string_view(value.text).substr(1);
    if (text.empty()) syntax_fault(value, "a text after s");
    for (const char quote : {'"', '\''}) {
        const std::size_t end =
            text.front() == quote ? text.find(quote, 1) : std::string_view::npos;
        if (end != std::string_view::npos) return std::string(text.substr(1, end - 1));
    }
    return std::string(text);
}

std::string sized(std::size_t length_size, std::string_view bytes, const Symbol& value) {
    const std::size_t largest = (std::size_t{1} << (8 * length_size)) - 1;
    if (bytes.size() > largest) {
        value_fault(value, "at most " + std::to_string(largest) + " bytes");
    }
    return big_endian(static_cast<std::uint32_t>(bytes.size()), length_size).append(bytes);
}

}  // namespace netaio::tapescript::compiler
