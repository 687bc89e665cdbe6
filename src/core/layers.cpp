#include "layers.hpp"

namespace netaio::core {

std::error_code seal_layer(Message& message, const Plugins& layer, const PluginContext& context) {
    if (layer.cipher) {
        if (const auto error = layer.cipher->encrypt(message.body(), message.auth(), context)) {
            return error;
        }
    }
    if (layer.auth) {
        return layer.auth->make(message.auth(), message.body().encoded(), context);
    }
    return {};
}

std::error_code seal(Message& message, const Plugins& inner, const Plugins& outer,
                     PluginContext context, const Vouched* receiver) {
    context.who = receiver ? &receiver->inner : nullptr;
    if (const auto error = seal_layer(message, inner, context)) {
        return error;
    }
    context.who = receiver ? &receiver->outer : nullptr;
    return seal_layer(message, outer, context);
}

std::error_code open_layer(Message& message, const Plugins& layer, PluginContext context,
                           Verdict& verdict) {
    context.verdict = &verdict;
    if (layer.auth && !layer.auth->check(message.auth(), message.body().encoded(), context)) {
        return verdict.why;
    }
    return decrypt_layer(message, layer, context, verdict);
}

std::error_code decrypt_layer(Message& message, const Plugins& layer, PluginContext context,
                              const Verdict& verdict) {
    context.who = &verdict.who;
    return layer.cipher ? layer.cipher->decrypt(message.body(), message.auth(), context)
                        : std::error_code();
}

bool is_refusal(std::error_code error) noexcept {
    return error == Errc::auth_failed || error == Errc::stale || error == Errc::replayed ||
           error == Errc::unpaid;
}

bool is_peer_specific(const Plugins& layer) noexcept {
    return (layer.auth && layer.auth->is_peer_specific()) ||
           (layer.cipher && layer.cipher->is_peer_specific());
}

}  // namespace netaio::core
