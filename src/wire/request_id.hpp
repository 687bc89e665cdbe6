#pragma once

#include <cstring>
#include <netaio/auth_fields.hpp>

#include "endian.hpp"

namespace netaio {
struct Frame;
}

/// The request id as one of the auth fields (protocol.md §4), and as the only one, which it is of
/// most messages: then its dict is a fixed head and the id.
namespace netaio::wire {

inline constexpr std::string_view request_id_name = "#";
inline constexpr std::size_t request_id_size = 4;

inline constexpr ByteView lone_request_id_head(
    "\x4d\x40\x01\x0e\x4c\x40\x02\x03\x06\x43\x01#\x41\x04", 14);
inline constexpr std::size_t lone_request_id_size = lone_request_id_head.size() + request_id_size;

inline bool is_lone_request_id(ByteView encoded) noexcept {
    // Of a known size, that is no call.
    return encoded.size() == lone_request_id_size &&
           std::memcmp(encoded.data(), lone_request_id_head.data(), lone_request_id_head.size()) ==
               0;
}

inline RequestId lone_request_id(ByteView encoded) noexcept {
    return get_u32(encoded.data() + lone_request_id_head.size());
}

/// Appends a frame as it came, but that an id is all that its auth fields hold.
void append_frame_with_id(const Frame& frame, RequestId id, std::string& out);

/// The id among other fields; nothing where it has another size or type.
inline std::optional<RequestId> request_id_in(const AuthFields& fields) noexcept {
    const auto value = fields.bytes(request_id_name);
    return value && value->size() == request_id_size ? std::optional(get_u32(value->data()))
                                                     : std::nullopt;
}

}  // namespace netaio::wire
