#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

namespace netaio::tapescript::machine {

class Machine;

inline constexpr std::size_t curve_size = 32;

/// A point or scalar of Ed25519, wiped when it goes.
class CurveBytes {
public:
    CurveBytes() noexcept = default;
    CurveBytes(const CurveBytes&) noexcept = default;
    CurveBytes& operator=(const CurveBytes&) noexcept = default;
    ~CurveBytes();

    unsigned char* data() noexcept { return bytes_.data(); }
    const unsigned char* data() const noexcept { return bytes_.data(); }
    std::string_view view() const noexcept {
        return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
    }

private:
    std::array<unsigned char, curve_size> bytes_{};
};

inline const unsigned char* octets(std::string_view bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

// What follows fails in the machine with the language's errors, and takes from its budget.

/// Whether a point is valid as libsodium sees it.
bool check_point(Machine& m, std::string_view point);
/// The sum of two points after checking both.
bool add_checked(Machine& m, std::string_view a, std::string_view b, CurveBytes& sum);
/// The base point times a scalar.
bool point_of(Machine& m, std::string_view scalar, CurveBytes& point);
/// The first 32 bytes as a scalar; with all of a private key's bits set and cleared, or only the
/// highest.
bool clamp(Machine& m, std::string_view bytes, bool as_key, CurveBytes& scalar);
/// The scalar of a private key's seed.
CurveBytes scalar_of_seed(std::string_view seed);
/// SHA-512 of the parts, reduced to a scalar and clamped.
CurveBytes hash_to_scalar(std::initializer_list<std::string_view> parts);

}  // namespace netaio::tapescript::machine
