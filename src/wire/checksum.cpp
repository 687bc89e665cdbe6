#include "checksum.hpp"

#include <isa-l/crc.h>
#include <libdeflate.h>

namespace netaio::wire {

// Each where it is the faster (bench: Checksum).
std::uint32_t crc32(ByteView bytes) noexcept {
    constexpr std::size_t short_max = 255;
    if (bytes.size() <= short_max) {
        return libdeflate_crc32(0, bytes.data(), bytes.size());
    }
    return crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

}  // namespace netaio::wire
