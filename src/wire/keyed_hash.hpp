#pragma once

#include <array>
#include <netaio/bytes.hpp>

/// Hashes for tables whose keys come from the network: nobody outside can make them collide.
namespace netaio::wire {

using HashKey = std::array<unsigned char, 16>;

/// SipHash-2-4 (Aumasson and Bernstein, 2012) of the bytes under a key.
std::uint64_t sip_hash(ByteView bytes, const HashKey& key) noexcept;
/// The same under the key of this process, which is drawn when it is first used.
std::uint64_t keyed_hash(ByteView bytes) noexcept;

/// Hashes bytes for a table, see keyed_hash().
struct KeyedHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view bytes) const noexcept { return keyed_hash(bytes); }
};

}  // namespace netaio::wire
