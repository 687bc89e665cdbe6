#include "datagram_node.hpp"

#include <algorithm>
#include <unordered_set>

#include "datagram_held.hpp"
#include "datagram_origin.hpp"
#include "outgoing.hpp"

namespace netaio::core {

using Kind = Outcome::Kind;

namespace {

// What layers and header may take of a datagram beside uri and content.
constexpr std::size_t room_around = 256;

// What waits for a plugin goes when that is done.
std::error_code taken(std::error_code error) noexcept {
    return error && error == Errc::pending ? std::error_code() : error;
}

}  // namespace

DatagramNode::DatagramNode(std::shared_ptr<Node> node, const DatagramBounds& bounds, Start start,
                           Wake wake)
    : node_(std::move(node)),
      bounds_(bounds),
      start_(std::move(start)),
      wake_(std::move(wake)),
      dispatcher_(*node_, tallies_),
      limiter_(bounds.replies_per_second, bounds.sources_max),
      unproven_(bounds.unproven_bytes_per_second, bounds.unproven_bytes_per_second_total,
                bounds.sources_max),
      vouched_(bounds.sources_max),
      subscriptions_(bounds.subscriptions_max, bounds.subscribers_max, node_->subscription_bytes),
      introductions_(bounds.introductions_max),
      subscribed_there_(bounds.renewals_max),
      peer_manager_(*node_, [this](OwnedMessage message, const Plugins& inner) {
          if (message.type() == MessageType::disconnect) {
              // Peers the group does not reach have to be told, too.
              (void)send_to_all(everybody(), message, inner, *dispatcher_.outer());
          }
          if (const auto error = multicast(message, inner, *dispatcher_.outer())) {
              node_->environment.log(LogLevel::error, "peers cannot be told: " + error.message());
          }
      }) {
    subscriptions_.bound_hosts(bounds.subscribers_per_host_max, host_of);
    subscriptions_.when_lapsed([this](const Address& who) {
        tallies_.subscriptions_lapsed.add();
        permitted_.clear();
        node_->log(LogLevel::debug, "its subscriptions lapsed to make room for others", who);
    });
    peer_manager_.when_discovered([this](const Address& from) { discovered(from); });
    peer_manager_.when_exchanging(
        {.named =
             [this](const std::string& app_id, const Address& at) {
                 PeerExchange* const exchange = exchange_of(app_id);
                 if (exchange && exchange->heard(at, now(), *node_->environment.random)) {
                     wake_();
                 }
             },
         .tell =
             [this](const std::string& app_id, const Address& to, std::size_t room) {
                 PeerExchange* const exchange = exchange_of(app_id);
                 return exchange ? exchange->tell(to, room, *node_->environment.random) : "";
             }});
    dispatcher_.set_reply_max(bounds_.datagram_max);
    node_->peers.set_observer(
        [this](PeerEvent event, const Peer& peer) {
            if (event == PeerEvent::joined) {
                attempt(node_->environment.log, "subscriptions are renewed later",
                        [&] { joined(peer); });
            }
            node_->tell_of_peer(event, peer);
        },
        [this](const Address& address) { vacated(address); });
    if (node_->session) {
        LinkOwner& self = *this;
        links_ = std::make_unique<Links>(*node_, tallies_, self, bounds_.links);
        peer_manager_.guard(
            [this](const Peer& known, const Source& source) {
                return links_->may_speak_for(known.addresses, source);
            },
            [this](const Address& at) { links_->introduce_to(at); });
    }
}

DatagramNode::~DatagramNode() {
    drop_held();
    node_->peers.set_observer({});
}

void DatagramNode::receive(std::span<char> datagram, const Address& from, bool to_group) {
    tallies_.bytes_in.add(datagram.size());
    const auto frame =
        datagram_frame(datagram, node_->types, {node_->limits.frame_max, links_ && !to_group});
    if (!frame) {
        (frame.error() == Errc::too_large ? tallies_.rejected_too_large
                                          : tallies_.rejected_malformed)
            .add();
        node_->log(LogLevel::debug, "dropped a datagram: " + frame.error().message(), from);
        return;
    }
    if (frame->header.type == sealed_frame) {
        receive_sealed(*frame, from, datagram.size());
        return;
    }
    if (draining_ && !requests_of({from})) {
        tallies_.unhandled.add();
        return;
    }
    if (to_group && frame->header.type == MessageType::disconnect && links_ &&
        links_->has_somebody_at(from)) {
        return;  // who has a session says in it that it goes, too
    }
    const Sender sender{from, datagram.size()};
    Origin origin(*this, sender, to_group);
    settle(dispatcher_.receive(*frame, origin, outbox_.bytes), sender);
    tidy_requests({from});
}

void DatagramNode::settle(Outcome outcome, const Sender& sender) {
    const Address& from = sender.at;
    if (outcome.kind == Kind::fatal) {
        node_->log(LogLevel::debug, "dropped a datagram: " + outcome.error->message(), from);
        return;
    }
    post_reply(sender);
    if (outcome.kind != Kind::suspended) {
        return;
    }
    if (running_.size() >= bounds_.handlers_max) {
        tallies_.dropped_newest.add();
        node_->log(LogLevel::warning, "dropped a message: handlers_max handlers are busy", from);
        return;
    }
    const auto handling = std::make_shared<Handling>(
        sender, std::move(*outcome.route), OwnedMessage::from(std::move(*outcome.message)));
    running_.insert(handling.get());
    try {
        start_(handling);
    } catch (...) {
        handler_ended(*handling, std::nullopt, std::current_exception());
    }
}

// Something that came within a message of theirs.
void DatagramNode::deliver(OwnedMessage message, const Plugins& inner, const Address& from,
                           bool needs_handler) {
    const std::size_t size = message.uri().size() + message.content().size();
    const auto way = links_ ? links_->way_now(from) : Links::Found();
    const Sender sender{from, size, way.way == Way::sealed ? way.link : nullptr};
    Origin origin(*this, sender);
    settle(
        dispatcher_.receive_within(std::move(message), inner, origin, outbox_.bytes, needs_handler),
        sender);
}

// What the dispatcher wrote behind the last item is a reply. A handler may have sent before that.
void DatagramNode::post_reply(const Sender& to) {
    const std::size_t size = outbox_.bytes.size() - outbox_.end();
    if (size == 0) {
        return;
    }
    std::error_code error;
    if (to.link) {
        Packing packing{frame_memory_};
        packing.frame.assign(outbox_.bytes, outbox_.end());
        outbox_.bytes.resize(outbox_.end());
        error = pack(to.link, packing.frame, std::nullopt);
    } else if (size > amplification_max * to.received && !may_send(to.at, size)) {
        // Nobody may make a node send much to a forged source (protocol.md §10.8).
        outbox_.bytes.resize(outbox_.end());
    } else {
        error = add(outbox_.end(), to.at, false);
    }
    if (error) {
        node_->log(LogLevel::warning, "dropped a reply: " + error.message(), to.at);
    }
}

// Whether so much may go where perhaps nobody asked for it; if not, that is counted and logged, and
// it was no frame sent.
bool DatagramNode::may_send(const Address& to, std::size_t bytes) {
    if (node_->peers.keeps(to) || unproven_.allow(to, bytes, now())) {
        return true;
    }
    tallies_.frames_out.sub();
    tallies_.unproven_withheld.add();
    node_->log(unproven_.warn(now()) ? LogLevel::warning : LogLevel::debug,
               "not sent: beyond the budget for addresses that never answered a request", to);
    return false;
}

bool DatagramNode::outbox_full() const noexcept {
    const std::size_t packed = links_ ? links_->packed_bytes() : 0;
    return outbox_.bytes.size() + outbox_.items.size() * sizeof(Outbox::Item) + held_bytes_ +
               packed >
           bounds_.outbox_max;
}

// Makes what was written from `at` on a datagram, or takes it back.
std::error_code DatagramNode::add(std::size_t at, const Address& to, bool to_group, bool whole) {
    const std::size_t size = outbox_.bytes.size() - at;
    std::error_code error;
    if (size > bounds_.datagram_max) {
        node_->log(LogLevel::warning,
                   "not sent: a datagram of " + std::to_string(size) +
                       " bytes is above datagram_max, " + std::to_string(bounds_.datagram_max),
                   to);
        tallies_.send_failures.add();
        error = Errc::too_large;
    } else if (at > 0 && outbox_full()) {
        tallies_.dropped_newest.add();
        error = Errc::queue_full;
    }
    if (error) {
        outbox_.bytes.resize(at);
        return error;
    }
    outbox_.items.push_back({at, size, to, to_group, whole});
    return {};
}

// The last item again, whose bytes stay.
Outbox::Item DatagramNode::take_last() {
    const Outbox::Item item = outbox_.items.back();
    outbox_.items.pop_back();
    return item;
}

const Vouched* DatagramNode::whom(const Target& target) const {
    return target.as ? &*target.as : vouched_.empty() ? nullptr : vouched_.find(target.to);
}

std::error_code DatagramNode::send_to(const Target& target, const Links::Found& way,
                                      const Message& message, const Plugins& inner,
                                      const Plugins& outer, std::optional<Ids> request,
                                      std::optional<std::size_t> free_size) {
    switch (way.way) {
        case Way::clear: break;
        case Way::sealed: return send_in_session(target, way.link, message, inner, outer, request);
        case Way::undecided:
            return request ? make_error_code(Errc::pending)
                           : send_later(target, *way.link, message, inner, outer, free_size);
        case Way::none: return way.why;
    }
    return send_clear(target, false, message, inner, outer, request, free_size);
}

std::error_code DatagramNode::send_clear(const Target& target, bool to_group,
                                         const Message& message, const Plugins& inner,
                                         const Plugins& outer, std::optional<Ids> request,
                                         std::optional<std::size_t> free_size) {
    if (target.to.is_named()) {
        return Errc::unsupported;
    }
    const std::size_t at = outbox_.end();
    const Recipient to(target.peer.get(), whom(target), to_group ? nullptr : &target.to);
    const auto id = request ? std::optional(RequestTable::on_wire(request->now)) : std::nullopt;
    std::unique_ptr<Unsealed> waits;
    const auto error = dispatcher_.send(message.own(), inner, outer, to, outbox_.bytes, id,
                                        mailbox_ ? &waits : nullptr);
    if (waits) {
        const auto refused =
            hold({.unsealed = std::move(waits),
                  .to = {target.to},
                  .to_group = to_group,
                  .free_size = free_size,
                  .asked = request ? std::optional(request->asked) : std::nullopt});
        return refused ? refused : error;
    }
    return error ? error : add(at, target.to, to_group);
}

std::error_code DatagramNode::send(const Address& to, const Message& message, const Plugins& inner,
                                   const Plugins& outer) {
    return taken(send_to({to, node_->peer_at(to)}, way_to(to, true), message, inner, outer));
}

std::error_code DatagramNode::multicast(const Message& message, const Plugins& inner,
                                        const Plugins& outer) {
    return taken(send_clear({}, true, message, inner, outer));
}

std::error_code DatagramNode::introduce(const Address& to) {
    std::error_code first;
    for (const auto& [message, inner] : peer_manager_.messages(MessageType::advertise_peer)) {
        const auto error = taken(send_to({to, node_->peer_at(to)}, way_of_discovery(to), message,
                                         inner, *dispatcher_.outer()));
        first = first ? first : error;
    }
    return first;
}

// Each address once, however many peers say that they are there.
std::vector<DatagramNode::Target> DatagramNode::everybody() const {
    std::vector<Target> targets;
    std::unordered_set<Address> seen;
    for (const auto& [peer, address] : node_->peers.reachable()) {
        if (seen.insert(address).second) {
            targets.push_back({address, node_->peer_at(address)});
        }
    }
    return targets;
}

std::error_code DatagramNode::broadcast(const Message& message, const Plugins& inner,
                                        const Plugins& outer) {
    return send_to_all(everybody(), message, inner, outer);
}

std::error_code DatagramNode::notify(ByteView key, const Message& message, const Plugins& inner,
                                     const Plugins& outer) {
    std::vector<Target> targets;
    std::set<std::string_view> told;  // a peer that subscribed from two addresses is told once
    const auto notified = subscribers(key);
    targets.reserve(notified->size());
    const bool for_each = is_peer_specific(inner) || is_peer_specific(outer);
    for (const Address& address : *notified) {
        auto peer = node_->peer_at(address);
        if (!peer || told.insert(peer->id).second) {
            targets.push_back(
                {address, std::move(peer), for_each ? subscribed_as(key, address) : std::nullopt});
        }
    }
    return send_to_all(std::move(targets), message, inner, outer);
}

// Those whom the rules let know of it.
LapsingSubscriptions<Address>::List DatagramNode::subscribers(ByteView key) {
    RuleReader& rules = dispatcher_.rules();
    if (!node_->may_refuse.load(std::memory_order_relaxed) || !rules.any()) {
        return subscriptions_.of(key);
    }
    return permitted_.get(key, rules.version(), [&] {
        return subscriptions_.permitted(
            key, [&](const Identities& who) { return may_know(rules, who, key); });
    });
}

// As whom one of these subscribed to it; nothing where the program did that.
std::optional<Vouched> DatagramNode::subscribed_as(ByteView key, const Address& subscriber) {
    RuleReader& rules = dispatcher_.rules();
    const bool asks = rules.any();
    const Asker* const as = subscriptions_.notified(
        key, subscriber, [&](const Identities& who) { return !asks || may_know(rules, who, key); });
    const Vouched* const told = as ? as->told() : nullptr;
    return told ? std::optional(*told) : std::nullopt;
}

template <class Ends>
void DatagramNode::end_subscriptions(std::string_view why, Ends&& ends) {
    std::vector<SubscriptionThere> ended;
    for (const Span span : {Span::key, Span::prefix}) {
        subscriptions_.each(span, [&](const Address& to, const std::string& key, const Asker& as) {
            if (ends(key, as)) {
                ended.push_back({to, key, span == Span::prefix});
            }
        });
    }
    for (const auto& [to, key, prefix] : ended) {
        node_->log(LogLevel::info, std::string(why) + " its subscription to '" + key + "'", to);
        unsubscribe(key, to, prefix ? Span::prefix : Span::key);
    }
}

void DatagramNode::ask_rules() {
    end_subscriptions("the rules end", [&](const std::string& key, const Asker& as) {
        return !may_know(dispatcher_.rules(), as.who, key);
    });
}

void DatagramNode::end_unknown(const AuthPlugin& before, const AuthPlugin& now) {
    end_subscriptions("other plugins end", [&](const std::string&, const Asker& as) {
        return forgets(before, now, as.vouched.outer);
    });
}

Asker DatagramNode::asks_for(ByteView key, const Address& from) const {
    return dispatcher_.asks_for(
        key, running_, [&](const Source& source) { return source.remote() == from; },
        [&](const Suspended& handling) { return handling.from == from; });
}

std::error_code DatagramNode::subscribe(ByteView key, const Address& to, Span span,
                                        const Asker& as) {
    permitted_.clear();
    const auto error = to.is_named() ? make_error_code(Errc::unsupported)
                       : span == Span::prefix && key.size() > prefix_size_max
                           ? make_error_code(Errc::too_large)
                           : subscriptions_.add(key, to, span, as);
    if (error) {
        tallies_.subscriptions_refused.add();
    } else {
        node_->trace(span == Span::prefix ? "subscribed to all that begins with" : "subscribed to",
                     key, to);
    }
    return error;
}

bool DatagramNode::unsubscribe(ByteView key, const Address& who, Span span) {
    permitted_.clear();
    const bool removed = subscriptions_.remove(key, who, span);
    if (removed) {
        node_->trace(
            span == Span::prefix ? "unsubscribed from what begins with" : "unsubscribed from", key,
            who);
    }
    return removed;
}

// The values of a prefix are more than should go where nobody asked for so much.
Result<SubscriptionGrant> DatagramNode::grant(ByteView uri, const SubscriptionWords& asked,
                                              const Address& to, const Asker& as) {
    SubscriptionGrant granted{{asked.prefix, asked.present && !asked.prefix}};
    if (granted.words.present) {
        const auto lock = node_->present.lock();
        if (const auto value = node_->present.at(uri)) {
            granted.value = value->content;
        }
    }
    if (granted.value && uri.size() + granted.str().size() + room_around >
                             std::min(Body::payload_max + room_around, bounds_.datagram_max)) {
        granted = {};  // too long to stand in the confirmation
    }
    const auto error = subscribe(uri, to, asked.prefix ? Span::prefix : Span::key, as);
    if (error) {
        return error;
    }
    return granted;
}

// Protects a message once for all, unless a plugin is peer-specific; a plugin works for it once,
// too. Those that may be forged get it within the budget.
std::error_code DatagramNode::send_to_all(std::vector<Target> targets, const Message& message,
                                          const Plugins& inner, const Plugins& outer) {
    std::error_code first;
    if (links_) {
        send_in_sessions(targets, message, inner, outer, first);
    }
    if (targets.empty()) {
        return first;
    }
    const std::size_t at = outbox_.end();
    std::unique_ptr<Unsealed> waits;
    const auto once = encode_for_all(*node_, message, inner, outer, outbox_.bytes, &waits);
    if (!once) {
        tallies_.send_failures.add();
        return once.error();
    }
    if (waits) {
        Held held{.unsealed = std::move(waits), .free_size = 0};
        for (const Target& target : targets) {
            held.to.push_back(target.to);
        }
        return hold(std::move(held));
    }
    Outbox::Item item;
    if (*once > 0) {
        if (const auto error = add(at, targets.front().to, false)) {
            return error;
        }
        item = take_last();
    }
    for (const Target& target : targets) {
        std::error_code error;
        if (*once == 0) {
            error = send_clear(target, false, message, inner, outer, {}, 0);
            if (error && error == Errc::pending) {
                continue;
            }
            item = error ? item : take_last();
        } else if (!outbox_.items.empty() && outbox_full()) {
            tallies_.dropped_newest.add();
            error = Errc::queue_full;
        } else {
            tallies_.frames_out.add();
        }
        if (!error && may_send(target.to, item.size)) {
            item.to = target.to;
            outbox_.items.push_back(item);
        } else if (*once == 0) {
            outbox_.bytes.resize(outbox_.end());
        }
        first = first ? first : error;
    }
    outbox_.bytes.resize(outbox_.end());  // perhaps nobody may have it
    return first;
}

}  // namespace netaio::core
