#include <bit>
#include <cmath>

#include "operations.hpp"
#include "run.hpp"

namespace netaio::tapescript::machine {
namespace {

constexpr std::size_t float_size = 4;

double decode(std::string_view bytes) noexcept {
    std::uint32_t bits = 0;
    for (const char byte : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(byte);
    }
    return std::bit_cast<float>(bits);
}

// Most operations call an item of another size malformed, by their name.
bool pop_for(Machine& m, std::string_view operation, double& number) {
    std::string_view item;
    if (!m.pop(item)) return false;
    if (item.size() != float_size) {
        return m.fail("TypeError", std::string(operation) + " malformed float");
    }
    number = decode(item);
    return true;
}

bool push_result(Machine& m, std::string_view operation, double result) {
    if (std::isnan(result)) {
        return m.fail("ValueError", std::string(operation) + " nan encountered");
    }
    return m.push_float(result);
}

bool read_float(Machine& m, double& number) {
    std::string_view bytes;
    if (!m.read(float_size, bytes)) return false;
    number = decode(bytes);
    return true;
}

bool divide(Machine& m, std::string_view operation, double dividend, double divisor) {
    if (divisor == 0) return m.fail("ZeroDivisionError", "float division by zero");
    return push_result(m, operation, dividend / divisor);
}

// The remainder has the divisor's sign, a zero's too.
bool modulo(Machine& m, std::string_view operation, double dividend, double divisor) {
    if (divisor == 0) return m.fail("ZeroDivisionError", "float modulo by zero");
    double remainder = std::fmod(dividend, divisor);
    if (remainder == 0) {
        remainder = std::copysign(0.0, divisor);
    } else if (std::signbit(remainder) != std::signbit(divisor)) {
        remainder += divisor;
    }
    return push_result(m, operation, remainder);
}

}  // namespace

bool Machine::pop_float(float& number) {
    std::string_view item;
    if (!pop(item)) return false;
    if (item.size() != float_size) return fail("ValueError", "number must be 4 bytes");
    number = static_cast<float>(decode(item));
    return true;
}

bool Machine::push_float(double number) {
    const auto narrow = static_cast<float>(number);
    if (std::isinf(narrow) && !std::isinf(number)) {
        return fail("OverflowError", "the result is too large for a float");
    }
    const auto bits = std::bit_cast<std::uint32_t>(narrow);
    const std::array<char, float_size> bytes{static_cast<char>(bits >> 24),
                                             static_cast<char>(bits >> 16),
                                             static_cast<char>(bits >> 8), static_cast<char>(bits)};
    return push({bytes.data(), bytes.size()});
}

bool add_floats(Machine& m) {
    constexpr std::string_view name = "OP_ADD_FLOATS";
    std::uint8_t count;
    if (!m.read_byte(count) || !m.charge_operations(count)) return false;
    double total = 0;
    for (unsigned taken = 0; taken < count; ++taken) {
        double number;
        if (!pop_for(m, name, number)) return false;
        total += number;
    }
    return push_result(m, name, total);
}

bool subtract_floats(Machine& m) {
    constexpr std::string_view name = "OP_SUBTRACT_FLOATS";
    std::uint8_t count;
    double total;
    if (!m.read_byte(count) || !m.charge_operations(count) || !pop_for(m, name, total)) {
        return false;
    }
    for (unsigned taken = 1; taken < count; ++taken) {
        double number;
        if (!pop_for(m, name, number)) return false;
        total -= number;
    }
    return push_result(m, name, total);
}

bool div_float(Machine& m) {
    constexpr std::string_view name = "OP_DIV_FLOAT";
    double dividend;
    double divisor;
    return read_float(m, divisor) && pop_for(m, name, dividend) &&
           divide(m, name, dividend, divisor);
}

bool div_floats(Machine& m) {
    constexpr std::string_view name = "OP_DIV_FLOATS";
    double dividend;
    double divisor;
    return pop_for(m, name, dividend) && pop_for(m, name, divisor) &&
           divide(m, name, dividend, divisor);
}

bool mod_float(Machine& m) {
    constexpr std::string_view name = "OP_MOD_FLOAT";
    double dividend;
    double divisor;
    return read_float(m, divisor) && pop_for(m, name, dividend) &&
           modulo(m, name, dividend, divisor);
}

bool mod_floats(Machine& m) {
    constexpr std::string_view name = "OP_MOD_FLOATS";
    double dividend;
    double divisor;
    return pop_for(m, name, divisor) && pop_for(m, name, dividend) &&
           modulo(m, name, dividend, divisor);
}

bool float_less(Machine& m) {
    float first;
    float second;
    return m.pop_float(first) && m.pop_float(second) && m.push_bool(first < second);
}

bool float_less_or_equal(Machine& m) {
    float first;
    float second;
    return m.pop_float(first) && m.pop_float(second) && m.push_bool(first <= second);
}

}  // namespace netaio::tapescript::machine
