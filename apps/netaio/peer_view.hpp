#pragma once

#include <netaio/peer.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::app {

/// One JSON object without line end: `event`, `id`, `addresses`, and `data` (`data_base64` when it
/// is no packify).
std::string peer_json(std::string_view event, const Peer& peer);
/// The same for people: the event, the id, where, and what the peer tells of itself.
std::string peer_line(std::string_view event, const Peer& peer);

/// A table of peers with lines no longer than `width`, and no more than `height` of them.
std::string peer_table(const std::vector<Peer>& peers, std::chrono::steady_clock::time_point now,
                       std::size_t width, std::size_t height);

/// An event as it is shown on standard output: in colour on a terminal, unless NO_COLOR is set.
std::string coloured(std::string_view event);

}  // namespace netaio::app
