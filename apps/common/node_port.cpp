#include "node_port.hpp"

#include <algorithm>

namespace netaio::app {

// Each family has a port of its own then.
std::string other_port_text(std::uint16_t wanted, const std::vector<Address>& listening) {
    const auto got_it = [&](const Address& place) { return place.port() == wanted; };
    if (wanted == 0 || std::ranges::all_of(listening, got_it)) return "";
    std::string places;
    for (const Address& place : listening) {
        places += (places.empty() ? "" : " and ") + place.str();
    }
    return "port " + std::to_string(wanted) +
           " has another node of this machine; peers learn that this one is at " + places;
}

}  // namespace netaio::app
