#include "checksum.hpp"

#include <libdeflate.h>

namespace netaio::wire {

std::uint32_t crc32(ByteView bytes) noexcept {
    return libdeflate_crc32(0, bytes.data(), bytes.size());
}

}  // namespace netaio::wire
