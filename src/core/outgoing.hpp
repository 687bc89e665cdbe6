#pragma once

#include <netaio/connection.hpp>
#include <netaio/frame.hpp>

#include "layers.hpp"
#include "node.hpp"
#include "unsealed.hpp"

/// A message on its way out of a node: both layers, then a frame.
namespace netaio::core {

/// The node's own layer, as far as a message is to go through it.
Plugins outer_plugins(Plugins outer, const SendOptions& options);

/// An automatic reply, about this uri unless that is so long that the reply has no room for it.
inline OwnedMessage about(ByteView uri, OwnedMessage reply) {
    auto made = OwnedMessage::make(reply.type(), uri, reply.content());
    return made ? std::move(*made) : std::move(reply);
}

/// Both layers, where there are any. Where a plugin has to wait, Errc::pending, and the message is
/// left in `unsealed`, if that is not null: else it cannot be sent.
std::error_code protect(const Node& node, OwnedMessage& message, const Plugins& inner,
                        const Plugins& outer, const Recipient& to, std::optional<RequestId> id,
                        std::unique_ptr<Unsealed>* unsealed);

/// Protects a message and appends its frame, with the id of the request that it is or answers; to
/// whom as far as that is known. See protect() about plugins that have to wait.
// A call would take a twelfth more instructions (tests/callgrind: route).
[[gnu::always_inline]] inline std::error_code encode(
    const Node& node, OwnedMessage&& message, const Plugins& inner, const Plugins& outer,
    const Recipient& to, std::string& out, std::optional<RequestId> id = {},
    std::unique_ptr<Unsealed>* unsealed = nullptr) {
    if (!node.types.contains(message.type())) {
        return Errc::unknown_message_type;
    }
    if (!is_bare(inner) || !is_bare(outer)) {
        if (const auto error = protect(node, message, inner, outer, to, id, unsealed)) {
            return error;
        }
    }
    if (to.sealed) {
        message.body().set_checksum(0);  // sealed frames leave their headers behind
    }
    return encode_message(message, out, id);
}

/// The same for a message that goes to many, once for all of them. Returns how many bytes that
/// appended: none where a plugin is peer-specific, so that it is to be done for each, or has to
/// wait, when the message is in `unsealed`.
Result<std::size_t> encode_for_all(const Node& node, const Message& message, const Plugins& inner,
                                   const Plugins& outer, std::string& out,
                                   std::unique_ptr<Unsealed>* unsealed = nullptr);

}  // namespace netaio::core
