#pragma once

#include <sodium.h>

#include <stdexcept>

namespace netaio::crypto {

/// Has libsodium pick the fastest code for this machine, once. Throws std::runtime_error where the
/// system gives it no random bytes.
inline void start_sodium() {
    static const bool started = sodium_init() >= 0;
    if (!started) {
        throw std::runtime_error("libsodium cannot start: the system gave it no random bytes");
    }
}

}  // namespace netaio::crypto
