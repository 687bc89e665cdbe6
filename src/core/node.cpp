#include "node.hpp"

#include <mutex>
#include <set>

namespace netaio::core {

namespace {

// The numbers of nodes that there are.
struct Numbers {
    std::mutex mutex;
    std::set<std::uint64_t> taken;
};
Numbers& numbers() {
    static auto& all = *new Numbers;  // nodes may outlive what goes at the end
    return all;
}

}  // namespace

Node::Number::Number() : value(1) {
    const std::lock_guard lock(numbers().mutex);
    while (!numbers().taken.insert(value).second) {
        ++value;
    }
}

Node::Number::~Number() {
    const std::lock_guard lock(numbers().mutex);
    numbers().taken.erase(value);
}

Node::Node(Role node_role) : role(node_role) {}

void Node::log(LogLevel level, std::string_view what, const Address& from) const {
    if (environment.log.enabled(level)) {
        environment.log(level, from.str() + ": " + std::string(what));
    }
}

// Cold, as every message passes by its calls.
[[gnu::cold]] void Node::trace(std::string_view what, ByteView key, const Address& from) const {
    constexpr std::size_t shown_max = 200;
    if (environment.log.enabled(LogLevel::debug)) {
        log(LogLevel::debug,
            std::string(what) + " '" + std::string(key.substr(0, shown_max)) +
                (key.size() > shown_max ? "'..." : "'"),
            from);
    }
}

[[gnu::cold]] void Node::trace(std::string_view what, const Message& message,
                               const Address& from) const {
    if (environment.log.enabled(LogLevel::debug)) {
        trace(std::string(what) + " " + std::string(types.name(message.type())) +
                  (message.who().empty() ? "" : " from " + message.who().str()),
              message.uri(), from);
    }
}

void Node::tell_of_peer(PeerEvent event, const Peer& peer) const {
    const auto& tell = event == PeerEvent::joined    ? on_peer.joined
                       : event == PeerEvent::changed ? on_peer.changed
                                                     : on_peer.left;
    tell.tell(environment.log, "a peer callback threw", peer);
}

}  // namespace netaio::core
