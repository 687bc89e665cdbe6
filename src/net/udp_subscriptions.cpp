#include <boost/asio/dispatch.hpp>
#include <netaio/make.hpp>

#include "udp_impl.hpp"

/// What of a UDP node is about who subscribed to it, and present values.
namespace netaio {

using core::Span;

std::error_code UdpNode::subscribe(ByteView key, const Address& who) {
    return impl().core().subscribe(key, who);
}

bool UdpNode::unsubscribe(ByteView key, const Address& who) {
    return impl().core().unsubscribe(key, who);
}

std::error_code UdpNode::subscribe_prefix(ByteView prefix, const Address& who) {
    return impl().core().subscribe(prefix, who, Span::prefix);
}

bool UdpNode::unsubscribe_prefix(ByteView prefix, const Address& who) {
    return impl().core().unsubscribe(prefix, who, Span::prefix);
}

std::size_t UdpNode::subscriber_count(ByteView key) const {
    return impl().core().subscriber_count(key);
}

Reply UdpNode::grant(const Message& asked, const Address& from) {
    core::DatagramNode& core = impl().core();
    const auto words = core::SubscriptionWords::parse(asked.content());
    if (asked.type() == MessageType::unsubscribe_uri) {
        core.unsubscribe(asked.uri(), from, words.prefix ? Span::prefix : Span::key);
        return {};
    }
    const auto granted = core.grant(asked.uri(), words, from, core::Asker(asked));
    if (!granted) {
        throw Refusal::error(granted.error().message());
    }
    return {granted->str()};
}

void UdpNode::Impl::set_plugins(Plugins plugins) {
    const auto before = node_->outer.get().auth;
    const auto now = plugins.auth;
    node_->set_outer(std::move(plugins));
    if (!executor_) {
        return;
    }
    boost::asio::dispatch(executor_, [weak = weak_from_this(), before, now] {
        if (const auto self = weak.lock()) {
            if (before && now) {
                self->core_->end_unknown(*before, *now);
            }
            self->core_->secrets_changed();
            self->core_->renew_subscriptions();
            self->flush_later();
        }
    });
}

void UdpNode::set_rules(std::shared_ptr<const AccessRules> rules) {
    core::DatagramNode& core = impl().core();
    core.node().set_rules(std::move(rules));
    core.ask_rules();
}

void UdpNode::grant_subscriptions(HandlerOptions options) {
    for (const auto type : {MessageType::subscribe_uri, MessageType::unsubscribe_uri}) {
        on(type, options,
           [this](const Message& asked, const Address& from) { return grant(asked, from); });
    }
}

std::error_code UdpNode::notify(ByteView key, const Message& message, SendOptions options) {
    return impl().send([&](core::DatagramNode& core) {
        return core.notify(key, message, options.plugins, impl_->outer(options));
    });
}

std::error_code UdpNode::publish(ByteView uri, ByteView content, SendOptions options) {
    const auto message = OwnedMessage::make(MessageType::notify_uri, uri, content);
    if (!message) {
        return message.error();
    }
    const auto error = impl_->node().present.set(uri, content, [] {});
    return error || !impl().running() ? error : notify(uri, *message, std::move(options));
}

bool UdpNode::withdraw(ByteView uri, SendOptions options) {
    if (!impl_->node().present.remove(uri, [] {})) {
        return false;
    }
    const auto error = impl().running() ? notify(uri, netaio::notify(uri, {}), std::move(options))
                                        : std::error_code();
    if (error) {
        impl_->node().environment.log(
            LogLevel::error, "subscribers cannot be told that a value ended: " + error.message());
    }
    return true;
}

}  // namespace netaio
