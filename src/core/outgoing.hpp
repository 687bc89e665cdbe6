#pragma once

#include <netaio/connection.hpp>
#include <netaio/frame.hpp>

#include "layers.hpp"
#include "node.hpp"

/// A message on its way out of a node: both layers, then a frame.
namespace netaio::core {

/// The node's own layer, as far as a message is to go through it.
Plugins outer_plugins(const Node& node, const SendOptions& options);

/// An automatic reply, about this uri unless that is so long that the reply has no room for it.
inline OwnedMessage about(ByteView uri, OwnedMessage reply) {
    auto made = OwnedMessage::make(reply.type(), uri, reply.content());
    return made ? std::move(*made) : std::move(reply);
}

/// Protects a message and appends its frame, with the id of the request that it is or answers;
/// to
/// whom as far as that is known.
// A call would take a twelfth more instructions (tests/callgrind: route).
[[gnu::always_inline]] inline std::error_code encode(const Node& node, OwnedMessage&& message,
                                                     const Plugins& inner, const Plugins& outer,
                                                     const Recipient& to, std::string& out,
                                                     std::optional<RequestId> id = {}) {
    if (!node.types.contains(message.type())) {
        return Errc::unknown_message_type;
    }
    if (!is_bare(inner) || !is_bare(outer)) {
        if (const auto error = seal(message, inner, outer, node.context(to.peer), to.vouched)) {
            return error;
        }
    }
    return encode_message(message, out, id);
}

/// The same for a message that goes to many, once for all of them. Returns how many bytes that
/// appended: none where a plugin is peer-specific, so that it is to be done for each.
Result<std::size_t> encode_for_all(const Node& node, const Message& message, const Plugins& inner,
                                   const Plugins& outer, std::string& out);

}  // namespace netaio::core
