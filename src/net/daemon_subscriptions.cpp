#include <boost/asio/bind_cancellation_slot.hpp>
#include <netaio/packify.hpp>

#include "core/granting.hpp"
#include "daemon_impl.hpp"

/// What a program subscribed to beyond the daemon, and is to stay so.
namespace netaio {

using core::SubscriptionWords;

// Has what is granted noted, before whoever asked is told.
detail::Completion<OwnedMessage> DaemonClient::Impl::note_subscription(
    std::string to, const Message& message, const RequestTerms& terms,
    detail::Completion<OwnedMessage> done) {
    const auto type = message.type();
    if (type != MessageType::subscribe_uri && type != MessageType::unsubscribe_uri) {
        return done;
    }
    Where where{std::move(to), message.uri().str(),
                SubscriptionWords::parse(message.content()).prefix};
    if (type == MessageType::unsubscribe_uri) {
        subscribed_.drop(where);
    }
    const auto slot = done.slot();
    return detail::Completion<OwnedMessage>(boost::asio::bind_cancellation_slot(
        slot, [self = shared_from_this(), where = std::move(where), type,
               asked = Subscribed{message.content().str(), terms.inner, terms.must_be_granted},
               done = std::move(done)](std::error_code error, OwnedMessage reply) mutable {
            if (!error) {
                error = std::make_error_code(std::errc::not_enough_memory);
                self->attempt([&] { error = self->answered(where, asked, type, reply); });
            }
            done.dispatch(self->executor_, error, error ? OwnedMessage() : std::move(reply));
        }));
}

// What is granted in part is ended again.
std::error_code DaemonClient::Impl::answered(const Where& where, const Subscribed& asked,
                                             MessageType type, Reply reply) {
    const auto words = SubscriptionWords::parse(asked.content);
    if (type == MessageType::unsubscribe_uri || !core::confirms_subscription(reply.type())) {
        return {};
    }
    auto error = asked.must_be_granted ? core::check_grant(words, reply) : std::error_code();
    if (!error && !subscribed_.keep(where, Subscribed(asked), subscribed_.never)) {
        error = Errc::queue_full;
    }
    if (error) {
        ask(core::ending(words, where.uri), where.to, {{}, asked.inner, {}}, nullptr, where);
        return error;
    }
    auto value = asked.must_be_granted ? core::present_value(reply) : std::nullopt;
    const auto stream = client_.impl_->stream(std::nullopt);
    if (value && stream) {
        net::set_origin(*value, reply, where.to);
        stream->deliver(std::move(*value), asked.inner);
    }
    return {};
}

void DaemonClient::Impl::renew(const Where& where) {
    const auto pause =
        subscribed_.asked(where, now(), options_.renewal_backoff, *options_.environment.random);
    const Subscribed& asked = *subscribed_.find(where);
    RequestTerms terms{std::max(pause, options_.request_timeout), asked.inner, {}};
    ask(OwnedMessage(MessageType::subscribe_uri, where.uri, asked.content), where.to,
        std::move(terms), &Impl::renewed, where);
}

void DaemonClient::Impl::renewed(const Where& where, std::error_code error, Reply reply) {
    const auto keep_alive = shared_from_this();  // the callback may destroy the client
    const Subscribed* known = subscribed_.find(where);
    if (!known || error) {
        return;  // it is asked for again after a pause
    }
    if (core::confirms_subscription(reply.type())) {
        const Subscribed asked = *known;
        if (!answered(where, asked, MessageType::subscribe_uri, reply)) {
            return;
        }
    }
    subscribed_.drop(where);
    log()(LogLevel::warning,
          "a subscription is not granted again: " + core::Node::shown(where.uri));
    const auto from = Address::parse(where.to);
    on_subscription_lost.tell(log(), "the handler of lost subscriptions threw",
                              from ? *from : daemon_, where.uri, reply);
}

// A subscription has ended beyond the daemon: the answer to asking again tells whether for good.
bool DaemonClient::Impl::told_of_lost(ByteView content) {
    const auto said = unpack(content, {.max_depth = 1, .max_values = 16});
    const Value* const who = said ? said->find("who") : nullptr;
    const Value* const uri = said ? said->find("uri") : nullptr;
    const auto from = who ? who->as_bytes() : std::nullopt;
    const auto about = uri ? uri->as_bytes() : std::nullopt;
    if (!from || !about) {
        return false;
    }
    for (const bool prefix : {false, true}) {
        const Where where{from->str(), about->str(), prefix};
        if (const Subscribed* const known = subscribed_.find(where)) {
            subscribed_.keep(where, Subscribed(*known), now());
        }
    }
    look_after_time();
    return true;
}

void DaemonClient::Impl::ask(OwnedMessage message, std::string_view to, RequestTerms terms,
                             void (Impl::*ended)(const Where&, std::error_code, Reply),
                             const Where& where) {
    net::direct(message, to);
    terms.is_relayed = true;
    client_.impl_->request(
        std::move(message), std::move(terms),
        detail::Completion<OwnedMessage>([weak = weak_from_this(), ended, where](
                                             std::error_code error, const OwnedMessage& reply) {
            if (const auto self = weak.lock(); self && ended) {
                self->attempt([&] { (*self.*ended)(where, error, reply); });
            }
        }));
}

}  // namespace netaio
