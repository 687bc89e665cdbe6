#include <algorithm>
#include <array>
#include <netaio/frame.hpp>
#include <new>
#include <utility>

#include "callback.hpp"
#include "datagram_node.hpp"
#include "waiting.hpp"

/// Requests over datagrams, and what a node does in time.
namespace netaio::core {
namespace {

// Deadlines this close to each other are looked after together.
constexpr std::chrono::milliseconds deadline_grain(5);

std::uint32_t checksum_of(ByteView datagram) {
    const auto header = std::span(datagram.data(), datagram.size()).first<FrameHeader::size>();
    return FrameHeader::read(header).checksum;
}

}  // namespace

Result<RequestTable::Id> DatagramNode::request(const Address& to, const Message& message,
                                               Plugins inner, std::chrono::milliseconds timeout,
                                               RequestTable::Completion completion,
                                               MessageType answer) {
    if (message.type() == MessageType::unsubscribe_uri) {
        subscribed_there_.drop(
            {to, message.uri().str(), SubscriptionWords::parse(message.content()).prefix});
    }
    if (in_flight_ >= bounds_.requests_max) {
        return Errc::queue_full;
    }
    return request_by(way_to(to, true), to, message, std::move(inner), timeout,
                      std::move(completion), answer);
}

Result<RequestTable::Id> DatagramNode::request_by(const Links::Found& way, const Address& to,
                                                  const Message& message, Plugins inner,
                                                  std::chrono::milliseconds timeout,
                                                  RequestTable::Completion completion,
                                                  MessageType answer, const Question* handshake) {
    const Place place{to, way.way};
    const RequestTable* const others = requests_of(place);
    const RequestTable::Id id = take_id(others);
    Target target{to, node_->peer_at(to)};
    if (handshake && !handshake->as.empty()) {
        target.as = Vouched{.outer = handshake->as};
    }
    const auto sent = send_to(target, way, message, inner, *dispatcher_.outer(), Ids{id, id});
    const bool waits = sent && sent == Errc::pending;
    if (sent && !waits) {
        return sent;
    }
    const auto deadline = now() + bounded(timeout);
    auto done = [this, to, id, completion = std::move(completion)](std::error_code error,
                                                                   const Message* reply) mutable {
        --in_flight_;
        take_out(id);
        try {
            if (reply) {
                unproven_.proved(to, now());
            }
            if (reply && links_ && reply->type() == MessageType::auth_error) {
                links_->forget_decline(to);  // perhaps a session is required
            }
        } catch (const std::bad_alloc&) {
            // Who asked learns of the answer all the same.
        }
        completion(error, reply);
    };
    const bool may_be_retried = may_retry(inner) || may_retry(*dispatcher_.outer());
    RequestTable::Request request{
        id, deadline, core::Question(message.type(), answer), std::move(inner), std::move(done),
        0,  waits};
    request.by_id = handshake != nullptr;
    request.strictly_by_id = handshake && handshake->strict;
    RequestTable& table = keep_request(place, message.uri(), std::move(request));
    ++in_flight_;
    if (may_be_retried) {
        table.keep(RequestTable::on_wire(id), message.own());
    }
    if (place.way == Way::undecided) {
        const auto refused =
            hold_for(*way.link, message.uri().size() + message.content().size(), deadline,
                     Asks::yes, [this, to, id, waiting = message.own()](std::error_code why) {
                         request_decided(to, id, waiting, why);
                     });
        if (refused) {
            --in_flight_;
            (void)table.forget(id);
            tidy_requests(place);
            return refused;
        }
    }
    if (deadline < expire_at_) {
        const auto before = std::exchange(expire_at_, deadline);
        try {
            wake_();
        } catch (...) {
            // Whoever asked learns that from the call.
            expire_at_ = before;
            --in_flight_;
            (void)table.forget(id);
            take_out(id);
            tidy_requests(place);
            throw;
        }
    }
    return id;
}

// Datagrams get lost: an answer that is missing may never come, so nothing is kept of a request
// that was given up. One that was sent in clear is known by the last datagram.
RequestTable& DatagramNode::keep_request(const Place& place, ByteView uri,
                                         RequestTable::Request request) {
    if (!request.unsent && place.way == Way::clear) {
        request.checksum = checksum_of(outbox_.view(outbox_.items.back()));
    }
    RequestTable& table =
        requests_.try_emplace(place, bounds_.requests_max, LateAnswers::not_expected).first->second;
    table.insert(uri, std::move(request));
    return table;
}

// Who does not see what is asked cannot tell where they begin.
RequestTable::Id DatagramNode::take_id(const RequestTable* others) {
    if (next_id_ == 0) [[unlikely]] {
        next_id_ = node_->environment.random->between(1, UINT32_MAX);
    }
    const RequestTable::Id id = others ? others->free_from(next_id_) : next_id_;
    next_id_ = id + 1;
    return id;
}

bool DatagramNode::retry(const Place& place, RequestId request) {
    const Address& to = place.at;
    RequestTable* const table = requests_of(place);
    const auto* const asked = table ? table->retry(request, take_id(table)) : nullptr;
    if (!asked) {
        return false;
    }
    const Ids ids{asked->retry->first, asked->id};
    const OwnedMessage message = asked->retry->message.own();
    const Plugins inner = asked->inner;
    std::error_code error = Errc::auth_not_possible;
    attempt(node_->environment.log, "a request is not made anew", [&] {
        const auto way = links_ && place.way == Way::sealed ? links_->way_now(to) : Links::Found();
        error = way.way == place.way ? send_to({to, node_->peer_at(to)}, way, message, inner,
                                               *dispatcher_.outer(), ids)
                                     : make_error_code(Errc::closed);
    });
    RequestTable* const there = requests_of(place);  // plugins are users' code
    if (!there) {
        return true;
    }
    if (!error) {
        if (place.way == Way::clear) {
            sent_late(place, RequestTable::on_wire(ids.now), outbox_.view(outbox_.items.back()));
        }
    } else if (error == Errc::pending) {
        there->set_unsent(RequestTable::on_wire(ids.now), true);
    } else if (auto completion = there->forget(ids.asked)) {
        end(completion, error, node_->environment.log);
    }
    return true;
}

void DatagramNode::sent_late(const Place& to, RequestId request, ByteView datagram) {
    if (RequestTable* const table = requests_of(to)) {
        table->set_unsent(request, false, checksum_of(datagram));
    }
}

bool DatagramNode::cancel(const Address& to, RequestTable::Id id) {
    const auto cancelled = [&](const Place& place) {
        RequestTable* const table = requests_of(place);
        auto completion = table ? table->give_up(id) : RequestTable::Completion();
        if (!completion) {
            return false;
        }
        tidy_requests(Place(place));
        completion(Errc::cancelled, nullptr);
        return true;
    };
    constexpr std::array ways{Way::clear, Way::sealed, Way::undecided};
    // Whoever was asked may have moved since.
    return std::ranges::any_of(ways, [&](Way way) { return cancelled({to, way}); }) ||
           (links_ && std::ranges::any_of(requests_, [&](const auto& entry) {
                return entry.first.at != to && cancelled(entry.first);
            }));
}

void DatagramNode::not_sent(ByteView datagram, const Address& to, std::error_code why) {
    if (datagram.size() < FrameHeader::size) {
        return;
    }
    const bool sealed = links_ && static_cast<MessageType>(datagram[0]) == sealed_frame;
    if (sealed) {
        links_->not_sent(to, datagram.size(), why == std::errc::message_size);
    }
    const Place place{to, sealed ? Way::sealed : Way::clear};
    // A sealed one may carry several.
    for (;;) {
        RequestTable* const table = requests_of(place);
        const auto id = table ? table->carried_by(checksum_of(datagram)) : std::nullopt;
        auto completion = id ? table->forget(*id) : RequestTable::Completion();
        if (!completion) {
            return;
        }
        tidy_requests(place);
        completion(why, nullptr);
    }
}

void DatagramNode::end_requests(std::error_code why) noexcept {
    for (auto& [to, table] : std::exchange(requests_, {})) {
        table.end_all(why, node_->environment.log);
    }
}

RequestTable* DatagramNode::requests_of(const Place& from) {
    if (requests_.empty()) {
        return nullptr;
    }
    const auto found = requests_.find(from);
    return found == requests_.end() ? nullptr : &found->second;
}

// Drops the table of a place where nothing is asked any more.
void DatagramNode::tidy_requests(const Place& from) {
    const auto found = requests_.find(from);
    if (found != requests_.end() && found->second.in_flight() == 0) {
        requests_.erase(found);
    }
}

void DatagramNode::expire_requests() {
    const auto time = now();
    if (expire_at_ > time) {
        return;
    }
    // Room first: a completion that was taken out must not get lost.
    std::vector<RequestTable::Expired> expired;
    expired.reserve(in_flight_);
    expire_at_ = RequestTable::TimePoint::max();
    for (auto at = requests_.begin(); at != requests_.end();) {
        at->second.give_up_expired(time, expired);
        if (const auto next = at->second.next_deadline()) {
            expire_at_ = std::min(expire_at_, std::max(*next, time + deadline_grain));
            ++at;
        } else {
            at = requests_.erase(at);
        }
    }
    for (auto& [completion, why] : expired) {
        end(completion, why, node_->environment.log);
    }
}

void DatagramNode::tick() {
    has_answers_ = false;
    expire_requests();
    peer_manager_.tick();
    introduce_due();
    exchange_due();
    renew_due();
    if (links_) {
        links_->tick();
    }
}

std::optional<RequestTable::TimePoint> DatagramNode::next() const {
    if (has_answers_) {
        return now();
    }
    auto soonest = peer_manager_.next();
    const auto consider = [&](std::optional<RequestTable::TimePoint> time) {
        if (time && *time != RequestTable::TimePoint::max() && (!soonest || *time < *soonest)) {
            soonest = time;
        }
    };
    consider(expire_at_);
    consider(subscribed_there_.next());
    if (links_) {
        consider(links_->next());
    }
    for (const auto& [app_id, exchanging] : exchanging_) {
        consider(exchanging.exchange.next());
    }
    if (peer_manager_.advertises_every()) {
        consider(introductions_.next());
    }
    return soonest;
}

}  // namespace netaio::core
