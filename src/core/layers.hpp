#pragma once

#include <netaio/plugins.hpp>

/// The two layers of protection around a message (protocol.md §3), in the one place that knows
/// their order: sending runs inner cipher, inner auth, outer cipher, outer auth; receiving undoes
/// it.
namespace netaio::core {

/// Whether a layer does nothing, as in most nodes: who asks first saves the call.
inline bool is_bare(const Plugins& layer) noexcept {
    return !layer.auth && !layer.cipher;
}

/// Puts one layer around a message. On error the message must not be sent.
std::error_code seal_layer(Message& message, const Plugins& layer, const PluginContext& context);

/// Both layers, inner first.
std::error_code seal(Message& message, const Plugins& inner, const Plugins& outer,
                     const PluginContext& context);

/// Takes one layer off. Errc::auth_failed leaves the message as it was; after any other error it is
/// to be dropped.
std::error_code open_layer(Message& message, const Plugins& layer, const PluginContext& context);

/// Whether a message to many must be sealed for each.
bool is_peer_specific(const Plugins& layer) noexcept;

}  // namespace netaio::core
