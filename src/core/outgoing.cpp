#include "outgoing.hpp"

namespace netaio::core {

Plugins outer_plugins(Plugins outer, const SendOptions& options) {
    if (!options.use_auth) {
        outer.auth = nullptr;
    }
    if (!options.use_cipher) {
        outer.cipher = nullptr;
    }
    return outer;
}

std::error_code protect(const Node& node, OwnedMessage& message, const Plugins& inner,
                        const Plugins& outer, const Recipient& to, std::optional<RequestId> id,
                        std::unique_ptr<Unsealed>* unsealed) {
    PluginContext context = node.context(to);
    std::shared_ptr<PluginWork> work;
    context.work = unsealed ? &work : nullptr;
    SealStep step{};
    const auto error = seal(message, inner, outer, context, to.vouched, step);
    if (!error || error != Errc::pending) [[likely]] {
        return error;
    }
    if (!work) {
        return Errc::auth_not_possible;
    }
    *unsealed =
        std::make_unique<Unsealed>(std::move(message), inner, outer, step, id, to, std::move(work));
    return error;
}

Result<std::size_t> encode_for_all(const Node& node, const Message& message, const Plugins& inner,
                                   const Plugins& outer, std::string& out,
                                   std::unique_ptr<Unsealed>* unsealed) {
    const std::size_t before = out.size();
    if (!node.types.contains(message.type())) {
        return Errc::unknown_message_type;
    }
    if (is_peer_specific(inner) || is_peer_specific(outer)) {
        return std::size_t(0);
    }
    std::unique_ptr<Unsealed> waits;
    const auto error = is_bare(inner) && is_bare(outer)
                           ? encode_message(message, out)
                           : encode(node, message.own(), inner, outer, nullptr, out, {}, &waits);
    if (waits) {
        if (unsealed) {
            *unsealed = std::move(waits);
        }
        return std::size_t(0);
    }
    if (error) {
        return error;
    }
    return out.size() - before;
}

}  // namespace netaio::core
