#include "requests.hpp"

#include <algorithm>
#include <boost/multi_index/key.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index_container.hpp>
#include <cassert>
#include <map>
#include <utility>

#include "callback.hpp"
#include "meaning.hpp"

namespace netaio::core {
namespace {

bool needs_id(const RequestTable::Request& request, MessageType answer) noexcept {
    return request.strictly_by_id || (request.by_id && answer != MessageType::not_found);
}

}  // namespace

// By age, uri and deadline. Those that were given up have no deadline, and come first.
struct RequestTable::Entries {
    struct Entry {
        std::string uri;
        Request request;

        Id id() const noexcept { return request.id; }
        Id added_as() const noexcept { return request.retry ? request.retry->first : request.id; }
        std::pair<std::string_view, Id> uri_and_id() const noexcept { return {uri, request.id}; }
        std::pair<std::optional<TimePoint>, Id> deadline_and_id() const noexcept {
            return {request.completion ? std::optional(request.deadline) : std::nullopt,
                    request.id};
        }
    };
    template <auto Key>
    using By = boost::multi_index::ordered_unique<boost::multi_index::key<Key>>;
    using Container = boost::multi_index::multi_index_container<
        Entry, boost::multi_index::indexed_by<By<&Entry::id>, By<&Entry::uri_and_id>,
                                              By<&Entry::deadline_and_id>>>;
    using Iterator = Container::iterator;

    const auto& by_uri() const noexcept { return all.get<1>(); }
    const auto& by_deadline() const noexcept { return all.get<2>(); }
    auto first_that_waits() const {
        return by_deadline().lower_bound(std::pair(TimePoint::min(), Id()));
    }

    // The newest id that a message with this one can mean.
    Iterator on_wire(RequestId id) const {
        constexpr Id turn = Id(1) << 32;
        if (all.empty()) {
            return all.end();
        }
        const Id newest = all.rbegin()->id();
        const Id oldest = all.begin()->id();
        const RequestId age = RequestTable::on_wire(newest) - id;
        for (Id back = age; back <= newest - oldest; back += turn) {
            if (const auto found = all.find(newest - back); found != all.end()) {
                return found;
            }
        }
        return all.end();
    }

    // By the id it was added with.
    Iterator find(Id id) const {
        const auto found = retried.find(id);
        return all.find(found == retried.end() ? id : found->second);
    }

    // Takes out one that is answered. Answers come in order, or with ids: either way those that
    // were given up before this one need not be remembered.
    Request answered(Iterator entry) {
        while (given_up > 0 && by_deadline().begin()->id() < entry->id()) {
            forget_oldest_given_up();
        }
        return remove(entry);
    }

    void insert(ByteView uri, Request request) {
        assert(request.completion);
        if (request.retry && request.retry->first != request.id) {
            retried.insert_or_assign(request.retry->first, request.id);
        }
        if (spare) {
            spare.value().uri = uri;
            spare.value().request = std::move(request);
            all.insert(std::move(spare));
        } else {
            all.insert({uri.str(), std::move(request)});
        }
    }

    Request remove(Iterator entry) {
        given_up -= entry->request.completion ? 0 : 1;
        spare = all.extract(entry);
        Request request = std::move(spare.value().request);
        if (request.unsent || request.retry) [[unlikely]] {
            ends(request);
        }
        return request;
    }
    [[gnu::cold]] void ends(const Request& request) {
        if (request.retry) {
            retried.erase(request.retry->first);
        }
        if (request.unsent && unsent_ends) {
            unsent_ends(RequestTable::on_wire(request.id));
        }
    }
    void forget_oldest_given_up() { remove(all.project<0>(by_deadline().begin())); }

    Completion give_up(Iterator entry) {
        Completion completion;
        if (entry->request.retry) [[unlikely]] {
            retried.erase(entry->added_as());
        }
        all.modify(entry, [&](Entry& e) {
            completion = std::exchange(e.request.completion, {});
            e.request.retry = nullptr;
        });
        given_up += completion ? 1 : 0;
        return completion;
    }

    Container all;
    Container::node_type spare;  // memory for the next
    std::size_t given_up = 0;
    std::map<Id, Id> retried;  // the present ids of those that were made anew
    UnsentEnds unsent_ends;
};

RequestTable::RequestTable(std::size_t in_flight_max, LateAnswers late_answers, Id first_id)
    : entries_(std::make_unique<Entries>()),
      in_flight_max_(in_flight_max),
      late_answers_(late_answers),
      next_id_(first_id) {}

RequestTable::~RequestTable() = default;

std::size_t RequestTable::in_flight() const noexcept {
    return entries_->all.size() - entries_->given_up;
}

Result<RequestTable::Id> RequestTable::add(ByteView uri, const Question& asked, Plugins inner,
                                           TimePoint deadline, Completion completion) {
    if (full()) {
        return Errc::queue_full;
    }
    const Id id = free_from(next_id_);
    next_id_ = id + 1;
    entries_->insert(uri, {id, deadline, asked, std::move(inner), std::move(completion)});
    return id;
}

void RequestTable::insert(ByteView uri, Request request) {
    entries_->insert(uri, std::move(request));
}

RequestTable::Id RequestTable::free_from(Id id) const {
    while (entries_->on_wire(on_wire(id)) != entries_->all.end()) {
        ++id;
    }
    return id;
}

std::optional<RequestTable::Request> RequestTable::take(MessageType answer, ByteView uri,
                                                        std::optional<RequestId> id) {
    if (id) {
        const auto at = entries_->on_wire(*id);
        const bool answered =
            at != entries_->all.end() && at->uri == uri && answers(at->request.asked, answer);
        return answered ? std::optional(entries_->answered(at)) : std::nullopt;
    }
    const auto& by_uri = entries_->by_uri();
    for (auto at = by_uri.lower_bound(std::pair(std::string_view(uri), Id()));
         at != by_uri.end() && at->uri == uri; ++at) {
        if (answers(at->request.asked, answer) && !needs_id(at->request, answer)) {
            return entries_->answered(entries_->all.project<0>(at));
        }
    }
    return std::nullopt;
}

bool RequestTable::is_answer(MessageType answer, std::optional<ByteView> uri,
                             std::optional<RequestId> id) const {
    if (id) {
        const auto at = entries_->on_wire(*id);
        return at != entries_->all.end() && answers(at->request.asked, answer);
    }
    if (!uri) {
        return std::ranges::any_of(entries_->all, [&](const auto& entry) {
            return answers(entry.request.asked, answer) && !needs_id(entry.request, answer);
        });
    }
    const auto& by_uri = entries_->by_uri();
    for (auto at = by_uri.lower_bound(std::pair(std::string_view(*uri), Id()));
         at != by_uri.end() && at->uri == *uri; ++at) {
        if (answers(at->request.asked, answer) && !needs_id(at->request, answer)) {
            return true;
        }
    }
    return false;
}

void RequestTable::keep(RequestId id, OwnedMessage message) {
    const auto at = entries_->on_wire(id);
    if (at != entries_->all.end() && !at->request.retry) {
        entries_->all.modify(at, [&](auto& entry) {
            entry.request.retry =
                std::make_unique<Retry>(Retry{std::move(message), retries_max, at->id()});
        });
    }
}

const RequestTable::Request* RequestTable::that_may_be_retried(RequestId id) const {
    const auto at = entries_->on_wire(id);
    if (at == entries_->all.end()) {
        return nullptr;
    }
    const Request& request = at->request;
    const bool may =
        request.completion && !request.unsent && request.retry && request.retry->left > 0;
    return may ? &request : nullptr;
}

const RequestTable::Request* RequestTable::retry(RequestId id, std::optional<Id> next) {
    if (!that_may_be_retried(id)) {
        return nullptr;
    }
    if (!next) {
        next = free_from(next_id_);
        next_id_ = *next + 1;
    }
    const auto at = entries_->on_wire(id);
    entries_->retried.insert_or_assign(at->request.retry->first, *next);
    auto node = entries_->all.extract(at);
    Request& request = node.value().request;
    request.id = *next;
    --request.retry->left;
    return &entries_->all.insert(std::move(node)).position->request;
}

void RequestTable::set_unsent(RequestId id, bool unsent, std::uint32_t checksum) {
    const auto at = entries_->on_wire(id);
    if (at != entries_->all.end()) {
        entries_->all.modify(at, [&](auto& entry) {
            entry.request.unsent = unsent;
            entry.request.checksum = checksum;
        });
    }
}

void RequestTable::when_unsent_ends(UnsentEnds told) {
    entries_->unsent_ends = std::move(told);
}

std::optional<std::string> RequestTable::meant_uri(std::optional<RequestId> id) const {
    const auto meant = id                 ? entries_->on_wire(*id)
                       : in_flight() == 1 ? entries_->all.begin()
                                          : entries_->all.end();
    return meant == entries_->all.end() ? std::nullopt : std::optional(meant->uri);
}

std::optional<RequestTable::Request> RequestTable::take_oldest() {
    for (auto entry = entries_->all.begin(); entry != entries_->all.end(); ++entry) {
        if (entry->request.completion) {
            return entries_->remove(entry);
        }
    }
    return std::nullopt;
}

RequestTable::Completion RequestTable::give_up(Id id) {
    const auto entry = entries_->find(id);
    if (entry == entries_->all.end()) {
        return {};
    }
    if (late_answers_ == LateAnswers::not_expected || entry->request.unsent) {
        return entries_->remove(entry).completion;
    }
    auto completion = entries_->give_up(entry);
    if (entries_->given_up > in_flight_max_) {
        entries_->forget_oldest_given_up();
    }
    return completion;
}

RequestTable::Completion RequestTable::forget(Id id) {
    const auto entry = entries_->find(id);
    return entry == entries_->all.end() ? Completion() : entries_->remove(entry).completion;
}

bool RequestTable::has(RequestId id) const {
    return entries_->on_wire(id) != entries_->all.end();
}

std::optional<RequestTable::Request> RequestTable::take_out(Id id) {
    const auto entry = entries_->find(id);
    return entry == entries_->all.end() ? std::nullopt : std::optional(entries_->remove(entry));
}

RequestTable::Completion RequestTable::forget_unsent(RequestId id) {
    const auto entry = entries_->on_wire(id);
    return entry == entries_->all.end() ? Completion() : entries_->remove(entry).completion;
}

std::optional<RequestTable::Id> RequestTable::carried_by(std::uint32_t checksum) const {
    for (const auto& entry : entries_->all) {
        if (entry.request.completion && entry.request.checksum == checksum) {
            return entry.id();
        }
    }
    return std::nullopt;
}

bool RequestTable::not_believed(std::optional<RequestId> id, std::error_code why) {
    auto& all = entries_->all;
    const auto at = id ? entries_->on_wire(*id) : all.size() == 1 ? all.begin() : all.end();
    return at != all.end() &&
           all.modify(at, [&](Entries::Entry& entry) { entry.request.expires_as = why; });
}

void RequestTable::none_believed(std::error_code why) {
    auto& all = entries_->all;
    // Once for those there are: it may come again and again.
    for (auto at = all.rbegin(); at != all.rend() && at->request.expires_as != why; ++at) {
        all.modify(std::prev(at.base()),
                   [&](Entries::Entry& entry) { entry.request.expires_as = why; });
    }
}

void RequestTable::give_up_expired(TimePoint now, std::vector<Expired>& expired) {
    // Room first: a completion that was taken out must not get lost.
    const auto end = entries_->by_deadline().end();
    std::size_t count = 0;
    for (auto at = entries_->first_that_waits(); at != end && at->request.deadline <= now; ++at) {
        ++count;
    }
    expired.reserve(expired.size() + count);
    for (auto at = entries_->first_that_waits(); at != end && at->request.deadline <= now;
         at = entries_->first_that_waits()) {
        const std::error_code why = at->request.by_id ? Errc::timeout : at->request.expires_as;
        expired.push_back({give_up(at->added_as()), why});
    }
}

void RequestTable::end_all(std::error_code why, const Log& log) noexcept {
    while (entries_->given_up > 0) {
        entries_->forget_oldest_given_up();
    }
    // Not those that are begun meanwhile.
    for (auto left = in_flight(); left > 0; --left) {
        if (auto request = take_oldest()) {
            end(request->completion, why, log);
        }
    }
}

std::optional<RequestTable::TimePoint> RequestTable::next_deadline() const {
    const auto first = entries_->first_that_waits();
    return first == entries_->by_deadline().end() ? std::nullopt
                                                  : std::optional(first->request.deadline);
}

void end(RequestTable::Completion& completion, std::error_code why, const Log& log) noexcept {
    attempt(log, "a request ends all the same", [&] { completion(why, nullptr); });
}

}  // namespace netaio::core
