#include "open_network.hpp"

#include "session_node.hpp"

namespace netaio::sim {

void OpenNetwork::put(SessionNode& node, const Address& at) {
    if (const auto found = nodes_.find(node.at());
        found != nodes_.end() && found->second == &node) {
        nodes_.erase(found);
    }
    nodes_[at] = &node;
    tenants_[at].insert(&node);
    node.moved_to(at);
}

void OpenNetwork::swap(SessionNode& one, SessionNode& other) {
    const Address at = one.at();
    const Address there = other.at();
    put(one, there);
    put(other, at);
}

SessionNode* OpenNetwork::at(const Address& address) const {
    const auto found = nodes_.find(address);
    return found == nodes_.end() ? nullptr : found->second;
}

std::size_t OpenNetwork::tenants(const Address& address) const {
    const auto found = tenants_.find(address);
    return found == tenants_.end() ? 0 : found->second.size();
}

bool OpenNetwork::send(const SessionNode& from, const core::Outbox::Item& item, ByteView bytes) {
    if (item.whole && bytes.size() > weather.interface) {
        return false;
    }
    ++sent;
    Datagram datagram{from.at(), item.to, bytes.str(), item.to_group};
    if (hears) {
        overheard.push_back(datagram);
        if (overheard.size() > 64) {
            overheard.pop_front();
        }
    }
    if (item.to_group) {
        for (const auto& [at, node] : nodes_) {
            if (node != &from) {
                datagram.to = at;
                carry(datagram);
            }
        }
    } else if (!item.whole || bytes.size() <= weather.carried) {
        carry(datagram);
    }
    return true;
}

void OpenNetwork::carry(const Datagram& datagram) {
    auto& dice = world_.dice();
    if (dice.chance(weather.loss)) {
        return;
    }
    for (int copies = dice.chance(weather.duplicate) ? 2 : 1; copies > 0; --copies) {
        auto delay = dice.between(Duration(0), weather.delay_max);
        if (dice.chance(weather.straggle)) {
            delay += dice.between(Duration(0), Duration(5000));
        }
        world_.after(delay, [this, datagram] { bring(datagram); });
    }
}

void OpenNetwork::bring(const Datagram& datagram) {
    if (SessionNode* const node = at(datagram.to)) {
        node->receive(datagram.bytes, datagram.from, datagram.to_group);
    }
}

}  // namespace netaio::sim
