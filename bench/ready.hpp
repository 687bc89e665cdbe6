#pragma once

#include <cstdint>
#include <cstdio>

namespace netaio::bench {

/// Tells who started this server where it listens.
inline void ready(std::uint16_t port) {
    std::printf("port %u\n", static_cast<unsigned>(port));
    std::fflush(stdout);
}

}  // namespace netaio::bench
