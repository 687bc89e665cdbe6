#pragma once

#include <chrono>
#include <netaio/address.hpp>
#include <netaio/bytes.hpp>
#include <set>
#include <string>

namespace netaio {

/// An id that no other node has: 16 bytes that nobody can predict.
std::string random_id();

/// Another node, as far as it is known (protocol.md §9). A plain value.
struct Peer {
    /// What the peer calls itself: bytes, unique among peers, usually random.
    std::string id;
    /// What it tells about itself, in the peer plugin's encoding; a packify dict by default.
    std::string data = std::string("\x4d\x40\x00", 3);
    /// Where it was heard from.
    std::set<Address> addresses = {};
    /// When it was last heard, by the node's steady clock.
    std::chrono::steady_clock::time_point last_heard = {};
    /// Set by the node that knows the peer: another number, never used before in this program,
    /// whenever its data changes, so that plugins can keep what they read there. 0 elsewhere.
    std::uint64_t revision = 0;
};

}  // namespace netaio
