#pragma once

#include <cstdint>
#include <netaio/bytes.hpp>

namespace netaio::wire {

/// CRC-32 as in IEEE 802.3 and zlib.
std::uint32_t crc32(ByteView bytes) noexcept;

}  // namespace netaio::wire
