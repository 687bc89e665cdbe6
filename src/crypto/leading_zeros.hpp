#pragma once

#include <cstdint>
#include <initializer_list>
#include <netaio/bytes.hpp>
#include <optional>

/// Proofs of work: bytes whose SHA-256 begins with zero bits.
namespace netaio::crypto {

/// How many zero bits the bytes begin with.
unsigned leading_zero_bits(ByteView bytes) noexcept;

/// Of the first `count` counters, one for which the SHA-256 of prefix || u32 counter begins with
/// that many zero bits.
std::optional<std::uint32_t> find_leading_zeros(std::initializer_list<ByteView> prefix,
                                                unsigned bits, std::uint32_t count) noexcept;

}  // namespace netaio::crypto
