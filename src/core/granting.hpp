#pragma once

#include <netaio/message.hpp>

#include "meaning.hpp"
#include "subscription_words.hpp"

/// What a requester makes of the answer to a subscription (protocol.md §11).
namespace netaio::core {

/// Errc::unsupported where it confirms another subscription than was asked for.
inline std::error_code check_grant(const SubscriptionWords& asked, const Message& reply) {
    return !confirms_subscription(reply.type()) ||
                   SubscriptionGrant::parse(reply.content()).grants(asked)
               ? std::error_code()
               : make_error_code(Errc::unsupported);
}

/// The message that ends it.
inline OwnedMessage ending(const SubscriptionWords& asked, ByteView uri) {
    return OwnedMessage(MessageType::unsubscribe_uri, uri,
                        SubscriptionWords{.prefix = asked.prefix}.str());
}

/// The present value that a confirmation brings, as a notification.
inline std::optional<OwnedMessage> present_value(const Message& reply) {
    const auto grant = SubscriptionGrant::parse(reply.content());
    if (!grant.value) {
        return std::nullopt;
    }
    OwnedMessage value(MessageType::notify_uri, reply.uri(), *grant.value);
    value.set_who(reply.who());
    return value;
}

}  // namespace netaio::core
