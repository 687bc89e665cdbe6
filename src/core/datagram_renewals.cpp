#include "datagram_node.hpp"
#include "granting.hpp"
#include "waiting.hpp"

/// What a node asks of others again and again, as they forget, and as datagrams get lost.
namespace netaio::core {
namespace {

constexpr auto any = [](const auto&) { return true; };

}  // namespace

std::error_code DatagramNode::keep_introduced(const Address& to) {
    if (to.is_named()) {
        return Errc::unsupported;
    }
    if (!introductions_.find(to)) {
        if (!introductions_.keep(to, {}, now())) {
            return Errc::queue_full;
        }
        wake_();
    }
    return {};
}

void DatagramNode::introduce_due() {
    const auto every = peer_manager_.advertises_every();
    if (!every) {
        return;
    }
    const auto time = now();
    for (const Address& to : introductions_.due(time)) {
        if (!introductions_.find(to)) {
            continue;  // plugins are users' code
        }
        if (is_own_ && is_own_(to)) {
            introductions_.answered(to, some_time_after(*every));
            continue;
        }
        introductions_.asked(to, time, bounds_.backoff, *node_->environment.random);
        attempt(node_->environment.log, "a node is not introduced", [&] {
            if (const auto error = introduce(to)) {
                node_->log(LogLevel::debug, "not introduced: " + error.message(), to);
            }
        });
    }
}

void DatagramNode::discovered(const Address& from) {
    if (const auto every = peer_manager_.advertises_every()) {
        introductions_.answered(from, some_time_after(*every));
    }
}

void DatagramNode::vacated(const Address& address) {
    permitted_.clear();
    subscriptions_.remove_all(address);
    for (auto& [app_id, exchanging] : exchanging_) {
        exchanging.exchange.vacated(address);
    }
    if (introductions_.find(address)) {
        const Backoff& backoff = bounds_.backoff;
        introductions_.hurry(
            address, [&](const Address& to) { return to == address; },
            now() + pause_of(backoff, 1, *node_->environment.random), bounded(backoff.delay));
        wake_();
    }
}

// Whoever comes anew knows of no subscription.
void DatagramNode::joined(const Peer& peer) {
    for (const Address& address : peer.addresses) {
        if (links_ && wants_session(peer)) {
            links_->introduce_to(address);
        }
        if (hurry_to(address)) {
            wake_();
        }
    }
}

// Whoever is there may have forgotten what this node is subscribed to.
bool DatagramNode::hurry_to(const Address& at) {
    return hurry_subscriptions({.to = at, .uri = {}},
                               [&](const auto& which) { return which.to == at; });
}

void DatagramNode::rename_subscriptions_there(const Address& from, const Address& to) {
    subscribed_there_.rename(
        {.to = from, .uri = {}}, [&](const auto& which) { return which.to == from; },
        [&](auto& which) { which.to = to; });
}

template <class Which>
bool DatagramNode::hurry_subscriptions(const SubscriptionThere& from, const Which& which) {
    const auto first = bounded(bounds_.backoff.delay);
    const auto spread = static_cast<std::uint32_t>(std::min<std::int64_t>(first.count(), 60'000));
    const auto soon =
        now() + std::chrono::milliseconds(node_->environment.random->between(0, spread));
    return subscribed_there_.hurry(from, which, soon, first);
}

void DatagramNode::renew_all() {
    peer_manager_.advertise();
    introductions_.hurry({}, any, now(), bounded(bounds_.backoff.delay));
    hurry_subscriptions({}, any);
    wake_();
}

void DatagramNode::renew_subscriptions() {
    if (hurry_subscriptions({}, any)) {
        wake_();
    }
}

Result<RequestTable::Id> DatagramNode::subscribe_there(const Address& to, const Message& message,
                                                       bool must_be_granted, Plugins inner,
                                                       std::chrono::milliseconds timeout,
                                                       RequestTable::Completion completion) {
    const auto words = SubscriptionWords::parse(message.content());
    const SubscriptionThere which{to, message.uri().str(), words.prefix};
    Asked asked{message.content().str(), must_be_granted, inner};
    if (!begin_subscription(which, asked)) {
        return Errc::queue_full;
    }
    Result<RequestTable::Id> id = make_error_code(Errc::queue_full);
    try {
        auto done = [this, which, asked, completion = std::move(completion)](
                        std::error_code error, const Message* reply) mutable {
            attempt(node_->environment.log, "a subscription is not renewed", [&] {
                if (reply) {
                    error = take_grant(which, asked, *reply).error;
                }
            });
            stop_asking(which, asked);
            completion(error, error ? nullptr : reply);
        };
        id = request(to, message, std::move(inner), timeout, std::move(done));
    } catch (...) {
        stop_asking(which, asked);
        throw;
    }
    if (!id) {
        stop_asking(which, asked);
    }
    return id;
}

// What is asked for several times at once is one subscription. False where there is no room.
bool DatagramNode::begin_subscription(const SubscriptionThere& which, Asked& asked) {
    if (is_never(bounds_.renew_subscriptions)) {
        return true;
    }
    SubscribedThere* subscribed = subscribed_there_.find(which);
    if (!subscribed) {
        if (!subscribed_there_.keep(which, {.asked = {.begun = last_begun_ + 1}},
                                    subscribed_there_.never)) {
            return false;
        }
        ++last_begun_;
        subscribed = subscribed_there_.find(which);
    }
    ++subscribed->asking;
    asked.begun = subscribed->asked.begun;
    return true;
}

DatagramNode::SubscribedThere* DatagramNode::subscribed_there(const SubscriptionThere& which,
                                                              const Asked& asked) {
    SubscribedThere* subscribed = subscribed_there_.find(which);
    return subscribed && subscribed->asked.begun == asked.begun ? subscribed : nullptr;
}

// Nothing is renewed that was never granted.
void DatagramNode::stop_asking(const SubscriptionThere& which, const Asked& asked) noexcept {
    SubscribedThere* subscribed = subscribed_there(which, asked);
    if (subscribed && --subscribed->asking == 0 && !subscribed->granted) {
        subscribed_there_.drop(which);
    }
}

DatagramNode::Taken DatagramNode::take_grant(const SubscriptionThere& which, const Asked& asked,
                                             const Message& reply) {
    const auto words = SubscriptionWords::parse(asked.content);
    Taken taken{.error = asked.must_be_granted ? check_grant(words, reply) : std::error_code()};
    taken.granted = !taken.error && confirms_subscription(reply.type());
    SubscribedThere* subscribed = subscribed_there(which, asked);
    // Who asked for more than is granted must not end what others were granted.
    const bool others =
        subscribed && subscribed->asking > 0 && (subscribed->granted || subscribed->asking > 1);
    if (subscribed && taken.granted) {
        subscribed->asked = asked;
        subscribed->granted = true;
        subscribed_there_.answered(which, some_time_after(bounds_.renew_subscriptions));
        wake_();
    } else if (subscribed && !others) {
        subscribed_there_.drop(which);
    }
    if (taken.error && !others) {
        end_there(which, asked.inner);
    } else if (taken.granted && asked.must_be_granted && words.present) {
        if (auto value = present_value(reply)) {
            deliver(std::move(*value), asked.inner, which.to);
        }
    }
    return taken;
}

void DatagramNode::end_there(const SubscriptionThere& which, const Plugins& inner) {
    (void)request(which.to, ending({.prefix = which.prefix}, which.uri), inner,
                  bounds_.backoff.delay, [](std::error_code, const Message*) {});
}

void DatagramNode::renew_due() {
    const auto time = now();
    for (const SubscriptionThere& which : subscribed_there_.due(time)) {
        if (subscribed_there_.find(which)) {
            const auto wait =
                subscribed_there_.asked(which, time, bounds_.backoff, *node_->environment.random);
            attempt(node_->environment.log, "a subscription is not renewed",
                    [&] { renew(which, wait); });
        }
    }
}

// Asked again when no answer comes in that time.
void DatagramNode::renew(const SubscriptionThere& which, std::chrono::milliseconds wait) {
    const Asked asked = subscribed_there_.find(which)->asked;
    const OwnedMessage again(MessageType::subscribe_uri, which.uri, asked.content);
    const auto id = request(which.to, again, asked.inner, wait,
                            [this, which, asked](std::error_code, const Message* reply) {
                                if (reply) {
                                    renewed(which, asked, *reply);
                                }
                            });
    if (!id) {
        node_->log(LogLevel::debug, "not asked for a subscription: " + id.error().message(),
                   which.to);
    }
}

void DatagramNode::renewed(const SubscriptionThere& which, const Asked& asked,
                           const Message& reply) {
    if (!subscribed_there_.find(which)) {
        // The UNSUBSCRIBE_URI may have been overtaken.
        if (confirms_subscription(reply.type())) {
            end_there(which, asked.inner);
        }
        return;
    }
    const bool damaged = reply.type() == MessageType::error && reply.content() == invalid_message;
    if (!damaged && subscribed_there(which, asked) && !take_grant(which, asked, reply).granted) {
        lost(which, asked, reply);
    }
}

void DatagramNode::lost(const SubscriptionThere& which, const Asked& asked, const Message& reply) {
    const auto lasting = node_;  // whoever is told may destroy this
    lasting->log(LogLevel::warning,
                 "no longer subscribed to '" + which.uri + "', as the answer to asking again is " +
                     std::string(lasting->types.name(reply.type())),
                 which.to);
    // As of what a server sends by itself.
    if (reply.type() == MessageType::not_permitted || reply.type() == MessageType::error) {
        deliver(reply.own(), asked.inner, which.to, true);
    }
    on_lost_.tell(lasting->environment.log, "the callback of a lost subscription threw", which.to,
                  which.uri, reply);
}

}  // namespace netaio::core
