#include "node.hpp"

#include <algorithm>
#include <mutex>

namespace netaio::core {

namespace {

struct Numbers {
    std::mutex mutex;
    std::uint64_t highest = 0;     // that was ever given
    std::set<std::uint64_t> free;  // of the others
};
Numbers& numbers() {
    static auto& all = *new Numbers;  // nodes may outlive what goes at the end
    return all;
}

}  // namespace

Node::Number::Number() {
    Numbers& all = numbers();
    const std::lock_guard lock(all.mutex);
    // All that may throw is done first, as nothing may when it is given back.
    kept_ = all.free.empty() ? all.free.extract(all.free.insert(all.highest + 1).first)
                             : all.free.extract(all.free.begin());
    value = kept_.value();
    all.highest = std::max(all.highest, value);
}

Node::Number::~Number() {
    Numbers& all = numbers();
    const std::lock_guard lock(all.mutex);
    all.free.insert(std::move(kept_));
}

Node::Node(Role node_role) : role(node_role) {}

void Node::log(LogLevel level, std::string_view what, const Address& from) const {
    if (environment.log.enabled(level)) {
        environment.log(level, from.str() + ": " + std::string(what));
    }
}

[[gnu::cold]] std::string Node::described(const Message& message) const {
    return std::string(types.name(message.type())) +
           (message.who().empty() ? "" : " from " + message.who().str());
}

[[gnu::cold]] std::string Node::shown(ByteView key) {
    constexpr std::size_t shown_max = 200;
    return "'" + std::string(key.substr(0, shown_max)) + (key.size() > shown_max ? "'..." : "'");
}

// Cold, as every message passes by its calls.
[[gnu::cold]] void Node::write_trace(std::string_view what, ByteView key,
                                     const Address& from) const {
    log(LogLevel::debug, std::string(what) + " " + shown(key), from);
}

[[gnu::cold]] void Node::write_trace(std::string_view what, const Message& message,
                                     const Address& from) const {
    write_trace(std::string(what) + " " + described(message), message.uri(), from);
}

void Node::tell_of_peer(PeerEvent event, const Peer& peer) const {
    const auto& tell = event == PeerEvent::joined    ? on_peer.joined
                       : event == PeerEvent::changed ? on_peer.changed
                                                     : on_peer.left;
    tell.tell(environment.log, "a peer callback threw", peer);
}

}  // namespace netaio::core
