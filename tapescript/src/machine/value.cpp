#include <cmath>
#include <iterator>
#include <limits>
#include <netaio/tapescript/value.hpp>

namespace netaio::tapescript {
namespace {

namespace mp = boost::multiprecision;

constexpr std::size_t word_size = sizeof(std::uint64_t);

double log2_of(const Integer& number) {
    if (number <= std::numeric_limits<std::uint64_t>::max()) {
        return std::log2(static_cast<double>(static_cast<std::uint64_t>(number)));
    }
    // Two bits more than a double holds, and one for whatever is below them: rounded as a whole.
    constexpr unsigned kept_bits = 55;
    const auto bits = mp::msb(number) + 1;
    const auto dropped = bits - kept_bits;
    const auto top = static_cast<std::uint64_t>(Integer(number >> dropped)) << 1 |
                     (mp::lsb(number) < dropped ? 1U : 0U);
    const double fraction = std::ldexp(static_cast<double>(top), -static_cast<int>(kept_bits) - 1);
    const double rounded = std::ldexp(fraction, static_cast<int>(bits));
    if (!std::isinf(rounded)) return std::log2(rounded);
    return std::log2(fraction) + static_cast<double>(bits);
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
    if (bytes.size() <= word_size) {
        if (bytes.empty()) return 0;
        auto word = static_cast<std::uint64_t>(
            static_cast<std::int64_t>(static_cast<signed char>(bytes.front())));
        for (const char byte : bytes.substr(1)) {
            word = word << 8 | static_cast<unsigned char>(byte);
        }
        return static_cast<std::int64_t>(word);
    }
    Integer number = to_unsigned(bytes);
    if (static_cast<signed char>(bytes.front()) < 0) number -= Integer(1) << (8 * bytes.size());
    return number;
}

std::string to_bytes(const Integer& number) {
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

}  // namespace netaio::tapescript
