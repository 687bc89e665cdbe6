#pragma once

#include <netaio/completion.hpp>
#include <netaio/message.hpp>

#include "core/subscription_words.hpp"

/// What a requester makes of the answer to a subscription (protocol.md §11).
namespace netaio::net {

/// Whether it is no error.
inline bool confirms_subscription(const Message& reply) noexcept {
    return reply.type() == MessageType::confirm_subscribe || reply.type() == MessageType::ok;
}
inline bool confirms_unsubscription(const Message& reply) noexcept {
    return reply.type() == MessageType::confirm_unsubscribe || reply.type() == MessageType::ok;
}

/// Errc::unsupported where it confirms another subscription than was asked for.
inline std::error_code check_grant(const core::SubscriptionWords& asked, const Message& reply) {
    return !confirms_subscription(reply) ||
                   core::SubscriptionGrant::parse(reply.content()).grants(asked)
               ? std::error_code()
               : make_error_code(Errc::unsupported);
}

/// The message that ends it.
inline OwnedMessage ending(const core::SubscriptionWords& asked, ByteView uri) {
    return OwnedMessage(MessageType::unsubscribe_uri, uri,
                        core::SubscriptionWords{.prefix = asked.prefix}.str());
}

/// The present value that a confirmation brings, as a notification.
inline std::optional<OwnedMessage> present_value(const Message& reply) {
    const auto grant = core::SubscriptionGrant::parse(reply.content());
    return grant.value
               ? std::optional(OwnedMessage(MessageType::notify_uri, reply.uri(), *grant.value))
               : std::nullopt;
}

/// For whom nobody waits.
inline detail::Completion<OwnedMessage> unheard() {
    return detail::Completion<OwnedMessage>([](std::error_code, const OwnedMessage&) {});
}

}  // namespace netaio::net
