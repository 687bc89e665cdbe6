#include "requests.hpp"

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
    const auto entry = entries_.emplace_hint(
        entries_.end(), id,
        Entry{uri.str(), deadline, {id, deadline, asked, std::move(inner), std::move(completion)}});
    by_uri_.emplace(entry->second.uri, id);
    deadlines_.emplace(deadline, id);
    return id;
}

std::optional<RequestTable::Request> RequestTable::take(MessageType answer, ByteView uri) {
    for (auto at = by_uri_.lower_bound({uri, 0}); at != by_uri_.end() && at->first == uri; ++at) {
        const auto entry = entries_.find(at->second);
        if (answers(entry->second.request.asked, answer)) {
            // Answers come in order, so what was given up before this one will never be answered.
            while (!given_up_.empty() && *given_up_.begin() < entry->first) {
                remove(entries_.find(*given_up_.begin()));
            }
            return remove(entry);
        }
    }
    return std::nullopt;
}

void RequestTable::put_back(ByteView uri, Request request) {
    const Id id = request.id;
    const TimePoint deadline = request.deadline;
    const auto entry = entries_.emplace(id, Entry{uri.str(), deadline, std::move(request)}).first;
    by_uri_.emplace(entry->second.uri, id);
    deadlines_.emplace(deadline, id);
}

std::optional<RequestTable::Request> RequestTable::take_oldest() {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (entry->second.request.completion) {
            return remove(entry);
        }
    }
    return std::nullopt;
}

RequestTable::Request RequestTable::remove(Entries::iterator entry) {
    by_uri_.erase({entry->second.uri, entry->first});
    deadlines_.erase({entry->second.deadline, entry->first});
    given_up_.erase(entry->first);
    Request request = std::move(entry->second.request);
    entries_.erase(entry);
    return request;
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
    if (late_answers_ == LateAnswers::not_expected) {
        return remove(entry).completion;
    }
    deadlines_.erase({entry->second.deadline, entry->first});
    given_up_.insert(entry->first);
    Completion completion = std::move(entry->second.request.completion);
    if (given_up_.size() > in_flight_max_) {
        remove(entries_.find(*given_up_.begin()));
    }
    return completion;
}

std::vector<RequestTable::Completion> RequestTable::give_up_expired(TimePoint now) {
    std::vector<Completion> expired;
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        expired.push_back(give_up(entries_.find(deadlines_.begin()->second)));
    }
    return expired;
}

std::vector<RequestTable::Completion> RequestTable::take_all() {
    std::vector<Completion> all;
    for (auto& [id, entry] : entries_) {
        if (entry.request.completion) {
            all.push_back(std::move(entry.request.completion));
        }
    }
    by_uri_.clear();
    deadlines_.clear();
    given_up_.clear();
    entries_.clear();
    return all;
}

std::optional<RequestTable::TimePoint> RequestTable::next_deadline() const {
    return deadlines_.empty() ? std::nullopt : std::optional(deadlines_.begin()->first);
}

}  // namespace netaio::core
