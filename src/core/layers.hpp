#pragma once

#include <netaio/plugins.hpp>

#include "vouched.hpp"

/// The two layers of protection around a message (protocol.md §3), in the one place that knows
/// their order: sending runs inner cipher, inner auth, outer cipher, outer auth; receiving undoes
/// it.
namespace netaio::core {

/// Whether a layer does nothing, as in most nodes: who asks first saves the call.
inline bool is_bare(const Plugins& layer) noexcept {
    return !layer.auth && !layer.cipher;
}

/// How far a message is sealed: what is done next.
enum class SealStep : std::uint8_t { inner_cipher, inner_auth, outer_cipher, outer_auth, none };

/// Both layers, inner first, for somebody of whom plugins may have said who it is; from a step on,
/// which says afterwards where to go on if an auth plugin has to wait (Errc::pending).
std::error_code seal(Message& message, const Plugins& inner, const Plugins& outer,
                     PluginContext context, const Vouched* receiver, SealStep& step);
inline std::error_code seal(Message& message, const Plugins& inner, const Plugins& outer,
                            const PluginContext& context, const Vouched* receiver = nullptr) {
    SealStep step{};
    return seal(message, inner, outer, context, receiver, step);
}

/// Takes one layer off. What an auth plugin refuses stays as it was; after any other error the
/// message is to be dropped.
std::error_code open_layer(Message& message, const Plugins& layer, PluginContext context,
                           Verdict& verdict);
/// The same for who asks no more than whether it passes.
inline std::error_code open_layer(Message& message, const Plugins& layer,
                                  const PluginContext& context) {
    Verdict verdict;
    return open_layer(message, layer, context, verdict);
}

/// The second half of open_layer(), for what an auth plugin accepted, or refused as a copy.
std::error_code decrypt_layer(Message& message, const Plugins& layer, PluginContext context,
                              const Verdict& verdict);

/// Whether an error of open_layer() says that an auth plugin refused the message.
bool is_refusal(std::error_code error) noexcept;
/// What whoever asked learns of an answer for which it was given: whose word it is, too.
std::error_code said_of(std::error_code error, const Message& answer) noexcept;

/// Whether requests through it may be made anew when they are refused.
inline bool may_retry(const Plugins& layer) noexcept {
    return layer.auth && layer.auth->may_retry();
}

/// Whether a message to many must be sealed for each.
bool is_peer_specific(const Plugins& layer) noexcept;

}  // namespace netaio::core
