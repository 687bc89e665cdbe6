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
    const auto error = begin_work(held);
    if (error && held->unsealed) {
        drop(held);
        tallies_.send_failures.add();
    }
    return error;
}

// The node keeps what is held: where that is, it is there, too.
std::error_code DatagramNode::begin_work(const std::shared_ptr<Held>& held) {
    const auto unsealed = held->unsealed;
    const auto error =
        unsealed->start(*node_, [this, mailbox = mailbox_, waiting = std::weak_ptr(held)] {
            mailbox->post([this, waiting] {
                if (const auto there = waiting.lock()) {
                    work_done(there);
                }
            });
        });
    return error || held->unsealed ? error : make_error_code(Errc::closed);
}

void DatagramNode::work_done(const std::shared_ptr<Held>& held) {
    const auto unsealed = held->unsealed;
    if (!unsealed) {
        return;
    }
    const Address* const to = held->to.size() == 1 && !held->to_group ? &held->to.front() : nullptr;
    const auto peer = to ? node_->peer_at(*to) : nullptr;
    std::string datagram;
    auto error = unsealed->go_on(*node_, {peer.get(), nullptr, to}, datagram);
    if (!held->unsealed) {
        return;  // a plugin ended the request, or the node
    }
    if (error && error == Errc::pending) {
        error = begin_work(held);
        if (!error || !held->unsealed) {
            return;
        }
    }
    drop(held);
    if (error) {
        tallies_.send_failures.add();
    } else {
        error = send_held(*held, datagram, unsealed->id());
    }
    if (error) {
        not_sent_late(*held, error);
    }
}

std::error_code DatagramNode::send_held(const Held& held, ByteView datagram,
                                        std::optional<RequestId> request) {
    std::error_code first;
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
            sent_late(to, *request, datagram);
        }
    }
    return first;
}

void DatagramNode::not_sent_late(const Held& held, std::error_code why) {
    RequestTable* table = held.asked ? requests_of(held.to.front()) : nullptr;
    if (auto completion = table ? table->forget(*held.asked) : RequestTable::Completion()) {
        tidy_requests(held.to.front());
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
