#include <cmath>

#include "number.hpp"
#include "operations.hpp"
#include "run.hpp"

namespace netaio::tapescript::machine {
namespace {

namespace mp = boost::multiprecision;

std::uint64_t digits_of(const Integer& number) {
    constexpr unsigned digit_bits = 32;
    return number.backend().size() * (sizeof(mp::limb_type) * 8 / digit_bits);
}

// A product takes as many steps as its digits multiplied.
bool charge_product(Machine& m, const Integer& a, const Integer& b) {
    constexpr std::uint64_t products_per_unit = 256;
    return m.charge_work(digits_of(a) * digits_of(b) / products_per_unit);
}

// A sum or product in 64 bits for as long as it fits.
class Total {
public:
    explicit Total(std::int64_t start) : small_(start) {}

    using Small = bool (*)(std::int64_t, std::int64_t, std::int64_t*);
    using Large = bool (*)(Machine&, Integer&, const Integer&);

    /// Combines with the top item.
    bool combine(Machine& m, Small small, Large large) {
        std::string_view item;
        if (!m.pop(item)) return false;
        if (item.empty()) return m.fail("ValueError", "number must not be empty");
        if (is_small_ && item.size() <= sizeof(std::int64_t)) {
            std::int64_t result;
            if (!small(small_, to_small(item), &result)) {
                small_ = result;
                return true;
            }
        }
        if (is_small_) large_ = small_;
        is_small_ = false;
        return large(m, large_, to_integer(item));
    }

    bool push(Machine& m) const {
        return is_small_ ? m.push_integer(small_) : m.push_integer(large_);
    }

private:
    bool is_small_ = true;
    std::int64_t small_;
    Integer large_;
};

bool add_small(std::int64_t a, std::int64_t b, std::int64_t* sum) {
    return __builtin_add_overflow(a, b, sum);
}

bool subtract_small(std::int64_t a, std::int64_t b, std::int64_t* difference) {
    return __builtin_sub_overflow(a, b, difference);
}

bool multiply_small(std::int64_t a, std::int64_t b, std::int64_t* product) {
    return __builtin_mul_overflow(a, b, product);
}

bool add_large(Machine&, Integer& total, const Integer& number) {
    total += number;
    return true;
}

bool subtract_large(Machine&, Integer& total, const Integer& number) {
    total -= number;
    return true;
}

bool multiply_large(Machine& m, Integer& total, const Integer& number) {
    if (!charge_product(m, total, number)) return false;
    total *= number;
    return true;
}

// Applies an operation to the top item and so many after it as the tape says.
bool combine(Machine& m, Total::Small small, Total::Large large) {
    std::uint8_t count;
    if (!m.read_byte(count) || !m.charge_operations(count)) return false;
    Total total(0);
    if (!total.combine(m, add_small, add_large)) return false;
    for (unsigned taken = 1; taken < count; ++taken) {
        if (!total.combine(m, small, large)) return false;
    }
    return total.push(m);
}

bool read_integer(Machine& m, Integer& number) {
    std::string_view bytes;
    if (!m.read_sized(bytes)) return false;
    if (bytes.empty()) return m.fail("ValueError", "number must not be empty");
    number = to_integer(bytes);
    return true;
}

// Quotient rounded down and remainder with the divisor's sign.
struct Division {
    Integer quotient;
    Integer remainder;
};

bool divide(Machine& m, const Integer& dividend, const Integer& divisor, Division& result) {
    if (divisor.is_zero()) return m.fail("ZeroDivisionError", "division by zero");
    // Each digit of the quotient takes a walk over the whole dividend.
    if (!charge_product(m, dividend, dividend)) return false;
    mp::divide_qr(dividend, divisor, result.quotient, result.remainder);
    if (!result.remainder.is_zero() && (result.remainder < 0) != (divisor < 0)) {
        --result.quotient;
        result.remainder += divisor;
    }
    return true;
}

bool divide_by_operand(Machine& m, Division& result) {
    Integer dividend;
    Integer divisor;
    return read_integer(m, divisor) && m.pop_integer(dividend) &&
           divide(m, dividend, divisor, result);
}

bool divide_by_second(Machine& m, Division& result) {
    Integer dividend;
    Integer divisor;
    return m.pop_integer(dividend) && m.pop_integer(divisor) &&
           divide(m, dividend, divisor, result);
}

}  // namespace

bool add_ints(Machine& m) {
    std::uint8_t count;
    if (!m.read_byte(count) || !m.charge_operations(count)) return false;
    Total total(0);
    for (unsigned taken = 0; taken < count; ++taken) {
        if (!total.combine(m, add_small, add_large)) return false;
    }
    return total.push(m);
}

bool subtract_ints(Machine& m) {
    return combine(m, subtract_small, subtract_large);
}

bool mult_ints(Machine& m) {
    return combine(m, multiply_small, multiply_large);
}

bool div_int(Machine& m) {
    Division division;
    return divide_by_operand(m, division) && m.push_integer(division.quotient);
}

bool div_ints(Machine& m) {
    Division division;
    return divide_by_second(m, division) && m.push_integer(division.quotient);
}

bool mod_int(Machine& m) {
    Division division;
    return divide_by_operand(m, division) && m.push_integer(division.remainder);
}

bool mod_ints(Machine& m) {
    Division division;
    return divide_by_second(m, division) && m.push_integer(division.remainder);
}

bool less(Machine& m) {
    Integer first;
    Integer second;
    return m.pop_integer(first) && m.pop_integer(second) && m.push_bool(first < second);
}

bool less_or_equal(Machine& m) {
    Integer first;
    Integer second;
    return m.pop_integer(first) && m.pop_integer(second) && m.push_bool(first <= second);
}

bool int_to_float(Machine& m) {
    Integer number;
    if (!m.pop_integer(number)) return false;
    const double value = to_double(number);
    if (std::isinf(value)) return m.fail("OverflowError", "the number is too large for a float");
    return m.push_float(value);
}

bool float_to_int(Machine& m) {
    float value;
    if (!m.pop_float(value)) return false;
    if (std::isnan(value)) return m.fail("ValueError", "not a number");
    if (std::isinf(value)) return m.fail("OverflowError", "an infinite float is no whole number");
    return m.push_integer(Integer(std::trunc(static_cast<double>(value))));
}

}  // namespace netaio::tapescript::machine
