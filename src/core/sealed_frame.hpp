#pragma once

#include <netaio/frame.hpp>

#include "../wire/checksum.hpp"
#include "../wire/packify_write.hpp"

/// What stands around what is sealed, in a frame of type sealed_frame: a header, no auth fields,
/// and no uri.
namespace netaio::core {

/// Where what is sealed begins.
inline constexpr std::size_t sealed_at = FrameHeader::size + wire::no_fields.size() + 2;

/// Writes what stands before what was sealed at sealed_at, over zeros.
inline void wrap_sealed(std::span<char> frame) {
    wire::put_bytes(frame.data() + FrameHeader::size, wire::no_fields);
    const auto rest = frame.subspan(FrameHeader::size + wire::no_fields.size());
    const ByteView body(rest.data(), rest.size());
    FrameHeader{sealed_frame, static_cast<std::uint16_t>(wire::no_fields.size()),
                static_cast<std::uint16_t>(body.size()), wire::crc32(body)}
        .write(frame.first<FrameHeader::size>());
}

/// Whether a frame is such a one, with as many bytes sealed at least.
inline bool is_sealed(const Frame& frame, std::size_t size_min) noexcept {
    const auto& body = frame.body;
    return frame.header.type == sealed_frame && frame.auth == wire::no_fields &&
           body.size() >= 2 + size_min && body[0] == 0 && body[1] == 0;
}
/// Then, what is sealed.
inline std::span<char> sealed_in(const Frame& frame) noexcept {
    return frame.body.subspan(2);
}

}  // namespace netaio::core
