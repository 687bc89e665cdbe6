#pragma once

#include <netaio/bytes.hpp>

namespace netaio::chat {

/// Has libsodium pick the fastest code for this machine, once. To be called before any of it is.
void start_sodium();

/// The bytes as libsodium wants them, which must not be null though there are none.
inline const unsigned char* sodium_bytes(ByteView bytes) noexcept {
    return bytes.data() ? bytes.octets() : ByteView("").octets();
}

}  // namespace netaio::chat
