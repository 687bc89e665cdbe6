#include "layers.hpp"

namespace netaio::core {

std::error_code seal(Message& message, const Plugins& inner, const Plugins& outer,
                     PluginContext context, const Vouched* receiver, SealStep& step) {
    for (; step != SealStep::none; step = static_cast<SealStep>(static_cast<int>(step) + 1)) {
        const bool within = step < SealStep::outer_cipher;
        const Plugins& layer = within ? inner : outer;
        const bool encrypts = step == SealStep::inner_cipher || step == SealStep::outer_cipher;
        context.who = !receiver ? nullptr : within ? &receiver->inner : &receiver->outer;
        std::error_code error;
        if (encrypts && layer.cipher) {
            error = layer.cipher->encrypt(message.body(), message.auth(), context);
        } else if (!encrypts && layer.auth) {
            error = layer.auth->make(message.auth(), message.body().encoded(), context);
        }
        if (error) {
            return error;
        }
        if (context.work && *context.work) {
            context.work->reset();  // it was this plugin's
        }
    }
    return {};
}

std::error_code open_layer(Message& message, const Plugins& layer, PluginContext context,
                           Verdict& verdict) {
    context.verdict = &verdict;
    if (layer.auth && !layer.auth->check(message.auth(), message.body().encoded(), context)) {
        verdict.why = is_refusal(verdict.why) ? verdict.why : Errc::auth_failed;
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

std::error_code said_of(std::error_code error, const Message& answer) noexcept {
    return is_refusal(error) && answer.type() == MessageType::auth_error
               ? make_error_code(Errc::auth_failed_unverified)
               : error;
}

bool is_peer_specific(const Plugins& layer) noexcept {
    return (layer.auth && layer.auth->is_peer_specific()) ||
           (layer.cipher && layer.cipher->is_peer_specific());
}

}  // namespace netaio::core
