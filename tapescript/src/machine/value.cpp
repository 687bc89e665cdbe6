#include "number.hpp"

#include <array>
#include <cmath>
#include <iterator>
#include <netaio/tapescript/value.hpp>

namespace netaio::tapescript {
namespace {

namespace mp = boost::multiprecision;

constexpr std::size_t word_size = sizeof(std::uint64_t);

// A positive number as a fraction of a power of two, in double precision.
struct Scaled {
    double fraction;  // above one half, and one at most
    int exponent;

    double value() const { return std::ldexp(fraction, exponent); }
};

Scaled scale(const Integer& number) {
    // Two bits more than a double holds, and one for whatever is below them: rounded as a whole.
    constexpr int kept_bits = 55;
    const int bits = static_cast<int>(mp::msb(number)) + 1;
    if (bits <= kept_bits) {
        return {std::ldexp(static_cast<double>(static_cast<std::uint64_t>(number)), -bits), bits};
    }
    const auto dropped = static_cast<unsigned>(bits - kept_bits);
    const auto top = static_cast<std::uint64_t>(Integer(number >> dropped)) << 1 |
                     (mp::lsb(number) < dropped ? 1U : 0U);
    return {std::ldexp(static_cast<double>(top), -kept_bits - 1), bits};
}

double log2_of(const Integer& number) {
    const Scaled scaled = scale(number);
    const double value = scaled.value();
    if (!std::isinf(value)) return std::log2(value);
    return std::log2(scaled.fraction) + scaled.exponent;
}

// How many bits a magnitude has by its logarithm in double precision; one for zero.
std::size_t counted_bits(const Integer& magnitude) {
    if (magnitude.is_zero()) return 1;
    return static_cast<std::size_t>(std::floor(log2_of(magnitude))) + 1;
}

std::string fixed_size(const Integer& number, std::size_t size) {
    std::string digits;
    mp::export_bits(number, std::back_inserter(digits), 8);
    if (digits.size() >= size) return digits;
    return std::string(size - digits.size(), '\0') + digits;
}

}  // namespace

Integer to_unsigned(std::string_view bytes) {
    Integer number;
    if (!bytes.empty()) {
        const auto* octets = reinterpret_cast<const unsigned char*>(bytes.data());
        mp::import_bits(number, octets, octets + bytes.size(), 8);
    }
    return number;
}

Integer to_integer(std::string_view bytes) {
    if (bytes.size() <= word_size) return machine::to_small(bytes);
    Integer number = to_unsigned(bytes);
    if (static_cast<signed char>(bytes.front()) < 0) number -= Integer(1) << (8 * bytes.size());
    return number;
}

std::string to_bytes(const Integer& number) {
    if (-machine::exactly_counted <= number && number <= machine::exactly_counted) {
        machine::SmallBytes bytes;
        return std::string(machine::small_to_bytes(static_cast<std::int64_t>(number), bytes));
    }
    const Integer magnitude = mp::abs(number);
    const std::size_t bits = counted_bits(magnitude);
    std::size_t size = (bits + 7) / 8;
    const bool whole_bytes = bits % 8 == 0;
    if (number < 0) {
        if (whole_bytes && magnitude > Integer(1) << (8 * size - 1)) ++size;
        return fixed_size((Integer(1) << (8 * size)) - magnitude, size);
    }
    if (whole_bytes) ++size;
    return fixed_size(number, size);
}

namespace machine {

double to_double(const Integer& number) {
    if (number.is_zero()) return 0;
    const double magnitude = scale(mp::abs(number)).value();
    return number < 0 ? -magnitude : magnitude;
}

}  // namespace machine
}  // namespace netaio::tapescript
