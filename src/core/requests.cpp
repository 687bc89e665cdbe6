#include "requests.hpp"

#include <cassert>

namespace netaio::core {

bool RequestTable::answers(MessageType asked, MessageType answer) noexcept {
    switch (answer) {
        case MessageType::auth_error:
        case MessageType::error:
        case MessageType::not_found:
        case MessageType::not_permitted: return true;
        case MessageType::respond_uri: return asked == MessageType::request_uri;
        case MessageType::confirm_subscribe: return asked == MessageType::subscribe_uri;
        case MessageType::confirm_unsubscribe: return asked == MessageType::unsubscribe_uri;
        case MessageType::ok: return asked != MessageType::request_uri;
        default: return false;
    }
}

Result<RequestTable::Id> RequestTable::add(ByteView uri, MessageType asked, Plugins inner,
                                           TimePoint deadline, Completion completion) {
    if (full()) {
        return Errc::queue_full;
    }
    const Id id = next_id_++;
    insert(uri, {id, deadline, asked, std::move(inner), std::move(completion)});
    return id;
}

void RequestTable::insert(ByteView uri, Request request) {
    assert(request.completion);
    if (spare_) {
        spare_.value().uri = uri;
        spare_.value().request = std::move(request);
        entries_.insert(std::move(spare_));
    } else {
        entries_.insert({uri.str(), std::move(request)});
    }
}

std::optional<RequestTable::Request> RequestTable::take(MessageType answer, ByteView uri) {
    for (auto at = by_uri().lower_bound(std::pair(std::string_view(uri), Id()));
         at != by_uri().end() && at->uri == uri; ++at) {
        if (answers(at->request.asked, answer)) {
            const auto entry = entries_.project<0>(at);
            // Answers come in order, so what was given up before this one will never be answered.
            while (given_up_ > 0 && by_deadline().begin()->id() < entry->id()) {
                remove(entries_.project<0>(by_deadline().begin()));
            }
            return remove(entry);
        }
    }
    return std::nullopt;
}

void RequestTable::put_back(ByteView uri, Request request) {
    insert(uri, std::move(request));
}

std::optional<RequestTable::Request> RequestTable::take_oldest() {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (entry->request.completion) {
            return remove(entry);
        }
    }
    return std::nullopt;
}

RequestTable::Request RequestTable::remove(Entries::iterator entry) {
    given_up_ -= entry->request.completion ? 0 : 1;
    spare_ = entries_.extract(entry);
    return std::move(spare_.value().request);
}

RequestTable::Completion RequestTable::give_up(Id id) {
    const auto entry = entries_.find(id);
    return entry == entries_.end() ? Completion() : give_up(entry);
}

RequestTable::Completion RequestTable::forget(Id id) {
    const auto entry = entries_.find(id);
    return entry == entries_.end() ? Completion() : remove(entry).completion;
}

RequestTable::Completion RequestTable::give_up(Entries::iterator entry) {
    if (!entry->request.completion) {
        return {};
    }
    if (late_answers_ == LateAnswers::not_expected) {
        return remove(entry).completion;
    }
    Completion completion;
    entries_.modify(entry, [&](Entry& e) { completion = std::exchange(e.request.completion, {}); });
    if (++given_up_ > in_flight_max_) {
        remove(entries_.project<0>(by_deadline().begin()));
    }
    return completion;
}

std::vector<RequestTable::Completion> RequestTable::give_up_expired(TimePoint now) {
    std::vector<Completion> expired;
    for (auto at = first_that_waits(); at != by_deadline().end() && at->request.deadline <= now;
         at = first_that_waits()) {
        expired.push_back(give_up(entries_.project<0>(at)));
    }
    return expired;
}

std::vector<RequestTable::Completion> RequestTable::take_all() {
    while (given_up_ > 0) {
        remove(entries_.project<0>(by_deadline().begin()));
    }
    std::vector<Completion> all;
    while (auto request = take_oldest()) {
        all.push_back(std::move(request->completion));
    }
    return all;
}

std::optional<RequestTable::TimePoint> RequestTable::next_deadline() const {
    const auto first = first_that_waits();
    return first == by_deadline().end() ? std::nullopt : std::optional(first->request.deadline);
}

}  // namespace netaio::core
