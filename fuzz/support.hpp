#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <netaio/frame.hpp>
#include <source_location>
#include <span>
#include <string>
#include <wire/checksum.hpp>

namespace netaio::fuzz {

/// Ends the fuzzer, and says where, unless that is so.
inline void require(bool condition, std::source_location where = std::source_location::current()) {
    if (!condition) {
        std::fprintf(stderr, "%s:%u: what is required is not so\n", where.file_name(),
                     static_cast<unsigned>(where.line()));
        std::abort();
    }
}

inline MessageTypes types_with_custom() {
    MessageTypes types;
    types.add("LAUNCH", 50);
    types.add("LAUNCH_ERROR", 51);
    return types;
}

/// The same bytes with the checksum that the frame at their start should have: no fuzzer finds it.
inline std::string with_good_checksum(std::string bytes) {
    constexpr std::size_t size = FrameHeader::size;
    if (bytes.size() < size) {
        return bytes;
    }
    const std::span<char, size> at(bytes.data(), size);
    FrameHeader header = FrameHeader::read(at);
    if (bytes.size() - size >= header.auth_size) {
        header.checksum =
            wire::crc32(ByteView(bytes).substr(size + header.auth_size, header.body_size));
        header.write(at);
    }
    return bytes;
}

}  // namespace netaio::fuzz
