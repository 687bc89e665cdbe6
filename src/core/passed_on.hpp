#pragma once

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <deque>
#include <netaio/answer.hpp>
#include <optional>
#include <string>

#include "../wire/fixed_fields.hpp"
#include "meaning.hpp"

namespace netaio::core {

/// What was passed on to somebody and waits for the answers. Its ids are apart from those of a
/// RequestTable.
class PassedOn {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    static constexpr std::size_t max = 65536;

    /// `field` is the one that is passed on with each, and that answers are to be without.
    explicit PassedOn(std::string_view field) : field_(field) {}

    static constexpr bool is_one(RequestId id) noexcept { return (id & marked) != 0; }
    const std::string& field() const noexcept { return field_; }
    bool full() const noexcept { return waiting_.size() >= max; }
    bool empty() const noexcept { return waiting_.empty(); }
    /// What the next one is sent with.
    RequestId next_id() const noexcept { return next_id_; }
    /// The fields of one that has no others than ours, with this value: most often that of the one
    /// before.
    Result<const wire::FixedFields*> fields(ByteView value) {
        if (!fixed_ || ByteView(value_) != value) {
            AuthFields alone;
            alone.set(field_, value);
            auto fixed = wire::FixedFields::make(alone);
            if (!fixed) {
                return fixed.error();
            }
            fixed_ = std::move(*fixed);
            value_ = value.str();
        }
        return &*fixed_;
    }

    /// Whether its deadline is the next.
    bool add(const Question& asked, TimePoint deadline, Answer&& answer) {
        if (order_.size() > 2 * waiting_.size() + 64) {
            std::erase_if(order_, [this](const Due& due) { return !waiting_.contains(due.id); });
        }
        // Almost always it is the last, as times differ only where they were changed.
        const auto at = order_.empty() || order_.back().when <= deadline
                            ? order_.end()
                            : std::ranges::upper_bound(order_, deadline, {}, &Due::when);
        const bool first = at == order_.begin();
        order_.insert(at, {deadline, next_id_});
        waiting_.try_emplace(next_id_, asked, std::move(answer));
        do {
            next_id_ = (next_id_ + 1) | marked;
        } while (waiting_.contains(next_id_));
        return first;
    }
    /// Takes out who waits for the answer with this id and of this type.
    std::optional<Answer> take(RequestId id, MessageType type) {
        const auto found = waiting_.find(id);
        if (found == waiting_.end() || !answers(found->second.asked, type)) {
            return std::nullopt;
        }
        return taken(found);
    }
    /// The same of the first whose deadline has passed.
    std::optional<Answer> take_expired(TimePoint now) {
        while (!order_.empty() && order_.front().when <= now) {
            const auto found = waiting_.find(order_.front().id);
            order_.pop_front();
            if (found != waiting_.end()) {
                return taken(found);
            }
        }
        return std::nullopt;
    }
    /// When that is the case next, or earlier.
    TimePoint next_deadline() const noexcept { return order_.front().when; }

private:
    static constexpr RequestId marked = 1u << 31;

    struct Waiting {
        Waiting(const Question& question, Answer&& who) : asked(question), answer(std::move(who)) {}

        Question asked;
        Answer answer;
    };
    using Table = boost::unordered_flat_map<RequestId, Waiting>;
    struct Due {
        TimePoint when;
        RequestId id;
    };

    std::optional<Answer> taken(Table::iterator at) {
        std::optional answer(std::move(at->second.answer));
        waiting_.erase(at);
        if (waiting_.empty()) {
            order_.clear();
        }
        return answer;
    }

    const std::string field_;
    std::string value_;
    std::optional<wire::FixedFields> fixed_;
    RequestId next_id_ = marked;
    Table waiting_;
    std::deque<Due> order_;  // of the deadlines, also of those that were answered meanwhile
};

}  // namespace netaio::core
