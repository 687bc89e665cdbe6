#include "datagram_held.hpp"

#include <algorithm>
#include <utility>

#include "callback.hpp"

/// How datagrams wait for the work of auth plugins: each goes when it is ready.
namespace netaio::core {

std::error_code DatagramNode::hold(Held&& message) {
    message.size = message.unsealed->size() + message.to.size() * sizeof(Address);
    if (held_bytes_ > 0 && held_bytes_ + message.size > bounds_.outbox_max) {
        tallies_.dropped_newest.add();
        return Errc::queue_full;
    }
    const auto held = std::make_shared<Held>(std::move(message));
    held->at = held_.insert(held_.end(), held);
    held_bytes_ += held->size;
    // The node keeps what is held: where that is, it is there, too.
    const auto error =
        Unsealed::begin(held->unsealed, *node_, mailbox_, [this, waiting = std::weak_ptr(held)] {
            if (const auto there = waiting.lock()) {
                work_done(there);
            }
        });
    if (error && held->unsealed) {
        drop(held);
        tallies_.send_failures.add();
    }
    return error;
}

void DatagramNode::work_done(const std::shared_ptr<Held>& held) {
    const Address* const to = held->to.size() == 1 && !held->to_group ? &held->to.front() : nullptr;
    const auto peer = to ? node_->peer_at(*to) : nullptr;
    std::string datagram;
    const auto sealed =
        Unsealed::go_on(held->unsealed, *node_, {peer.get(), nullptr, to}, datagram);
    if (!sealed) {
        return;
    }
    const auto request = held->unsealed->id();
    auto error = *sealed;
    drop(held);
    if (error) {
        tallies_.send_failures.add();
    } else {
        error = send_held(*held, datagram, request);
    }
    if (error) {
        not_sent_late(*held, error);
    }
}

std::error_code DatagramNode::send_held(const Held& held, ByteView datagram,
                                        std::optional<RequestId> request) {
    std::error_code first;
    if (held.link) {
        tallies_.frames_out.add();
        return pack(held.link, datagram, held.asked ? request : std::nullopt);
    }
    for (const Address& to : held.to) {
        tallies_.frames_out.add();
        if (held.free_size && datagram.size() > *held.free_size && !may_send(to, datagram.size())) {
            continue;
        }
        const std::size_t at = outbox_.end();
        outbox_.bytes.append(datagram);
        if (const auto error = add(at, to, held.to_group)) {
            tallies_.frames_out.sub();
            first = first ? first : error;
        } else if (held.asked) {
            sent_late({to}, *request, datagram);
        }
    }
    return first;
}

void DatagramNode::not_sent_late(const Held& held, std::error_code why) {
    const Place place{held.link ? held.link->at : held.to.front(),
                      held.link ? Way::sealed : Way::clear};
    RequestTable* table = held.asked ? requests_of(place) : nullptr;
    if (auto completion = table ? table->forget(*held.asked) : RequestTable::Completion()) {
        tidy_requests(place);
        end(completion, why, node_->environment.log);
    } else {
        node_->log(LogLevel::warning, "a message was not sent: " + why.message(), held.to.front());
    }
}

void DatagramNode::drop(const std::shared_ptr<Held>& held) noexcept {
    if (std::exchange(held->unsealed, nullptr)) {
        held_bytes_ -= held->size;
        held_.erase(held->at);
    }
}

void DatagramNode::drop_held() noexcept {
    while (!held_.empty()) {
        const auto held = held_.front();
        drop(held);
    }
}

// A request ended, perhaps before it was sent.
void DatagramNode::take_out(RequestTable::Id asked) noexcept {
    const auto is_it = [&](const auto& held) { return held->asked == asked; };
    const auto found = std::ranges::find_if(held_, is_it);
    if (found != held_.end()) {
        const auto held = *found;
        drop(held);
    }
}

}  // namespace netaio::core
