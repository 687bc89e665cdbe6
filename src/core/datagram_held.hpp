#pragma once

#include "datagram_node.hpp"

namespace netaio::core {

// A message that waits for the work of an auth plugin, and where it goes then.
struct DatagramNode::Held {
    std::shared_ptr<Unsealed> unsealed;  // shared, as plugins may end what they work on
    std::vector<Address> to = {};
    bool to_group = false;
    std::shared_ptr<Link> link = nullptr;                 // whose session it goes in
    std::optional<std::size_t> free_size = std::nullopt;  // more only within the budget
    std::optional<RequestTable::Id> asked = std::nullopt;
    std::size_t size = 0;
    HeldOnes::iterator at = {};
};

}  // namespace netaio::core
