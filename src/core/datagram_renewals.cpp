#include "datagram_node.hpp"
#include "granting.hpp"

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
    subscriptions_.remove_all(address);
    if (introductions_.find(address)) {
        const Backoff& backoff = bounds_.backoff;
        introductions_.hurry(
            address, [&](const Address& to) { return to == address; },
            now() + backoff.pause(0, *node_->environment.random), bounded(backoff.first));
        wake_();
    }
}

// Whoever comes anew knows of no subscription.
void DatagramNode::joined(const Peer& peer) {
    for (const Address& address : peer.addresses) {
        if (hurry_subscriptions({.to = address, .uri = {}},
                                [&](const auto& which) { return which.to == address; })) {
            wake_();
        }
    }
}

template <class Which>
bool DatagramNode::hurry_subscriptions(const SubscriptionThere& from, const Which& which) {
    const auto first = bounded(bounds_.backoff.first);
    const auto spread = static_cast<std::uint32_t>(std::min<std::int64_t>(first.count(), 60'000));
    const auto soon =
        now() + std::chrono::milliseconds(node_->environment.random->between(0, spread));
    return subscribed_there_.hurry(from, which, soon, first);
}

void DatagramNode::renew_all() {
    peer_manager_.advertise();
    introductions_.hurry({}, any, now(), bounded(bounds_.backoff.first));
    hurry_subscriptions({}, any);
    wake_();
}

Result<RequestTable::Id> DatagramNode::subscribe_there(const Address& to, const Message& asked,
                                                       Plugins inner,
                                                       std::chrono::milliseconds timeout,
                                                       RequestTable::Completion completion) {
    const auto words = SubscriptionWords::parse(asked.content());
    const SubscriptionThere which{to, asked.uri().str(), words.prefix};
    const auto begun = begin_subscription(which, words, inner);
    if (!begun) {
        return begun.error();
    }
    Result<RequestTable::Id> id = make_error_code(Errc::queue_full);
    try {
        id =
            request(to, asked, inner, timeout,
                    [this, which, begun = *begun, words, inner, completion = std::move(completion)](
                        std::error_code error, const Message* reply) mutable {
                        attempt(node_->environment.log, "a subscription is not renewed", [&] {
                            if (reply) {
                                error = take_grant(which, begun, words, inner, *reply).error;
                            }
                            stop_asking(which, begun);
                        });
                        completion(error, error ? nullptr : reply);
                    });
    } catch (...) {
        stop_asking(which, *begun);
        throw;
    }
    if (!id) {
        stop_asking(which, *begun);
    }
    return id;
}

// What is asked for several times at once is one subscription.
Result<std::uint64_t> DatagramNode::begin_subscription(const SubscriptionThere& which,
                                                       const SubscriptionWords& words,
                                                       const Plugins& inner) {
    if (bounds_.renew_subscriptions.count() <= 0) {
        return std::uint64_t{0};
    }
    SubscribedThere* subscribed = subscribed_there_.find(which);
    if (!subscribed) {
        if (!subscribed_there_.keep(which, {.begun = ++last_begun_}, subscribed_there_.never)) {
            return Errc::queue_full;
        }
        subscribed = subscribed_there_.find(which);
    }
    subscribed->words = words;
    subscribed->inner = inner;
    ++subscribed->asking;
    return subscribed->begun;
}

DatagramNode::SubscribedThere* DatagramNode::subscribed_there(const SubscriptionThere& which,
                                                              std::uint64_t begun) {
    SubscribedThere* subscribed = subscribed_there_.find(which);
    return subscribed && subscribed->begun == begun ? subscribed : nullptr;
}

// Nothing is renewed that was never granted.
void DatagramNode::stop_asking(const SubscriptionThere& which, std::uint64_t begun) noexcept {
    SubscribedThere* subscribed = subscribed_there(which, begun);
    if (subscribed && --subscribed->asking == 0 && !subscribed->granted) {
        subscribed_there_.drop(which);
    }
}

DatagramNode::Taken DatagramNode::take_grant(const SubscriptionThere& which, std::uint64_t begun,
                                             const SubscriptionWords& words, const Plugins& inner,
                                             const Message& reply) {
    Taken taken{.error = words.any() ? check_grant(words, reply) : std::error_code()};
    taken.granted = !taken.error && confirms_subscription(reply.type());
    SubscribedThere* subscribed = subscribed_there(which, begun);
    if (subscribed && taken.granted) {
        subscribed->granted = true;
        subscribed_there_.answered(which, some_time_after(bounds_.renew_subscriptions));
        wake_();
    } else if (subscribed) {
        subscribed_there_.drop(which);
    }
    if (taken.error) {
        end_there(which, inner);
    } else if (taken.granted && words.present) {
        if (auto value = present_value(reply)) {
            deliver(std::move(*value), which.to);
        }
    }
    return taken;
}

void DatagramNode::end_there(const SubscriptionThere& which, const Plugins& inner) {
    (void)request(which.to, ending({.prefix = which.prefix}, which.uri), inner,
                  bounds_.backoff.first, [](std::error_code, const Message*) {});
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
    const SubscribedThere& subscribed = *subscribed_there_.find(which);
    const OwnedMessage again(MessageType::subscribe_uri, which.uri, subscribed.words.str());
    const Plugins inner = subscribed.inner;
    const auto id = request(which.to, again, inner, wait,
                            [this, which, begun = subscribed.begun, words = subscribed.words,
                             inner](std::error_code, const Message* reply) {
                                if (reply) {
                                    renewed(which, begun, words, inner, *reply);
                                }
                            });
    if (!id) {
        node_->log(LogLevel::debug, "not asked for a subscription: " + id.error().message(),
                   which.to);
    }
}

void DatagramNode::renewed(const SubscriptionThere& which, std::uint64_t begun,
                           const SubscriptionWords& words, const Plugins& inner,
                           const Message& reply) {
    if (!subscribed_there_.find(which)) {
        // It may have overtaken, or been overtaken by, the UNSUBSCRIBE_URI.
        if (confirms_subscription(reply.type())) {
            end_there(which, inner);
        }
        return;
    }
    const bool damaged = reply.type() == MessageType::error && reply.content() == invalid_message;
    if (!damaged && subscribed_there(which, begun) &&
        !take_grant(which, begun, words, inner, reply).granted) {
        lost(which, reply);
    }
}

void DatagramNode::lost(const SubscriptionThere& which, const Message& reply) {
    const auto lasting = node_;  // whoever is told may destroy this
    lasting->log(LogLevel::warning,
                 "no longer subscribed to '" + which.uri + "', as the answer to asking again is " +
                     std::string(lasting->types.name(reply.type())),
                 which.to);
    on_lost_.tell(lasting->environment.log, "the callback of a lost subscription threw", which.to,
                  which.uri, reply);
}

}  // namespace netaio::core
