#pragma once

#include <array>
#include <compare>
#include <string>
#include <string_view>

namespace netaio::tapescript {

/// The 32 bytes of an Ed25519 point: a public key, or the public half of a tweak. Whether they are
/// on the curve shows only when something is computed with them.
class Point {
public:
    static constexpr std::size_t size = 32;

    /// Throws std::invalid_argument unless there are 32 bytes.
    explicit Point(std::string_view bytes);

    /// The bytes; valid as long as this object.
    std::string_view bytes() const noexcept { return {bytes_.data(), bytes_.size()}; }

    friend auto operator<=>(const Point&, const Point&) = default;

private:
    std::array<char, size> bytes_;
};

/// A public key is a point.
using PublicKey = Point;

/// The sum of two points. Throws std::invalid_argument when libsodium takes one for invalid.
Point operator+(const Point& a, const Point& b);

/// A 32-byte Ed25519 scalar: the secret behind a point. Wiped when it goes; never compare it with
/// anything but the point it gives.
class Scalar {
public:
    static constexpr std::size_t size = 32;

    /// Throws std::invalid_argument unless there are 32 bytes.
    explicit Scalar(std::string_view bytes);
    Scalar(const Scalar&) = default;
    Scalar& operator=(const Scalar&) = default;
    ~Scalar();

    /// The first 32 bytes with the highest bit cleared, as locks read a tweak. Throws
    /// std::invalid_argument when there are fewer.
    static Scalar clamped(std::string_view bytes);
    /// A scalar nobody can guess.
    static Scalar random();

    /// The bytes; valid as long as this object.
    std::string_view reveal() const noexcept { return {bytes_.data(), bytes_.size()}; }
    /// The base point times this. Throws std::invalid_argument for a multiple of the group's order.
    Point point() const;

private:
    std::array<char, size> bytes_;
};

/// Sum, difference and product modulo the group's order.
Scalar operator+(const Scalar& a, const Scalar& b);
Scalar operator-(const Scalar& a, const Scalar& b);
Scalar operator*(const Scalar& a, const Scalar& b);

/// An Ed25519 private key, made from its 32-byte seed. Wiped when it goes.
class SigningKey {
public:
    static constexpr std::size_t seed_size = 32;

    /// Throws std::invalid_argument unless there are 32 bytes.
    explicit SigningKey(std::string_view seed);
    SigningKey(const SigningKey&) = default;
    SigningKey& operator=(const SigningKey&) = default;
    ~SigningKey();

    /// A new key from libsodium's generator.
    static SigningKey generate();

    const PublicKey& public_key() const noexcept { return public_key_; }
    /// The seed; valid as long as this object. Secret: neither log nor compare it.
    std::string_view reveal_seed() const noexcept { return {pair_.data(), seed_size}; }
    /// The scalar whose point is the public key.
    Scalar scalar() const;

    /// The 64-byte signature of a message.
    std::string sign(std::string_view message) const;

private:
    std::array<char, 64> pair_;  // seed and public key, as libsodium keeps them
    PublicKey public_key_;
};

/// A 64-byte signature that checks against the scalar's point, for keys that are sums and so have
/// no seed. Deterministic. Throws std::invalid_argument for a multiple of the group's order.
std::string sign_with_scalar(const Scalar& scalar, std::string_view message);

}  // namespace netaio::tapescript
