#include "outgoing.hpp"

namespace netaio::core {

Plugins outer_plugins(const Node& node, const SendOptions& options) {
    Plugins outer = node.outer.get();
    if (!options.use_auth) {
        outer.auth = nullptr;
    }
    if (!options.use_cipher) {
        outer.cipher = nullptr;
    }
    return outer;
}

Result<std::size_t> encode_for_all(const Node& node, const Message& message, const Plugins& inner,
                                   const Plugins& outer, std::string& out) {
    const std::size_t before = out.size();
    if (!node.types.contains(message.type())) {
        return Errc::unknown_message_type;
    }
    if (is_peer_specific(inner) || is_peer_specific(outer)) {
        return std::size_t(0);
    }
    if (const auto error = encode(node, message.own(), inner, outer, nullptr, out)) {
        return error;
    }
    return out.size() - before;
}

}  // namespace netaio::core
