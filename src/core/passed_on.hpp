#pragma once

#include <chrono>
#include <netaio/answer.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
    bool full() const noexcept { return count_ >= max; }
    bool empty() const noexcept { return count_ == 0; }
    /// What the next one is sent with.
    RequestId next_id() const noexcept { return next_id_; }

    /// Whether its deadline is the next.
    bool add(const Question& asked, TimePoint deadline, Answer&& answer) {
        if (2 * (count_ + 1) > slots_.size()) {
            grow();
        }
        Waiting& added = slot(next_id_);
        added.id = next_id_;
        added.asked = asked;
        added.deadline = deadline;
        added.answer = std::move(answer);
        const bool first = link(index(next_id_));
        ++count_;
        do {
            next_id_ = (next_id_ + 1) | marked;
        } while (slot(next_id_).id != none);
        return first;
    }
    /// Who waits for the answer with this id and of this type; null for nobody.
    Answer* find(RequestId id, MessageType type) noexcept {
        const bool waits = is_one(id) && slot(id).id == id && answers(slot(id).asked, type);
        return waits ? &slot(id).answer : nullptr;
    }
    /// Takes out who waits with this id, whom find() found.
    Answer take(RequestId id) noexcept { return taken(index(id)); }
    /// The same of the first whose deadline has passed.
    std::optional<Answer> take_expired(TimePoint now) {
        return empty() || next_deadline() > now ? std::nullopt : std::optional(taken(first_));
    }
    /// When that is the case next.
    TimePoint next_deadline() const noexcept { return slots_[first_].deadline; }

private:
    static constexpr RequestId marked = 1u << 31;
    static constexpr RequestId none = 0;
    using Index = std::uint32_t;
    static constexpr Index nobody = UINT32_MAX;

    struct Waiting {
        RequestId id = none;
        Question asked = {};
        TimePoint deadline = {};
        Answer answer{nullptr};
        // Those whose deadlines are before and after its own.
        Index before = nobody;
        Index after = nobody;
    };

    Index index(RequestId id) const noexcept { return id & static_cast<Index>(slots_.size() - 1); }
    Waiting& slot(RequestId id) noexcept { return slots_[index(id)]; }

    // Whether it is the first. Almost always it is the last, as times differ only where they were
    // changed.
    bool link(Index at) noexcept {
        Waiting& added = slots_[at];
        added.before = last_;
        added.after = nobody;
        while (added.before != nobody && slots_[added.before].deadline > added.deadline) {
            added.after = std::exchange(added.before, slots_[added.before].before);
        }
        after(added.before) = at;
        before(added.after) = at;
        return first_ == at;
    }
    Index& after(Index at) noexcept { return at == nobody ? first_ : slots_[at].after; }
    Index& before(Index at) noexcept { return at == nobody ? last_ : slots_[at].before; }

    Answer taken(Index at) noexcept {
        Waiting& waited = slots_[at];
        after(waited.before) = waited.after;
        before(waited.after) = waited.before;
        waited.id = none;
        --count_;
        return std::move(waited.answer);
    }
    // Ids that differ by their lower bits still do so when there are more of these.
    void grow() {
        std::vector<Waiting> larger(2 * slots_.size());
        larger.swap(slots_);
        Index at = std::exchange(first_, nobody);
        last_ = nobody;
        while (at != nobody) {
            Waiting& moved = larger[at];
            at = moved.after;
            const Index to = index(moved.id);
            slots_[to] = std::move(moved);
            link(to);
        }
    }

    const std::string field_;
    RequestId next_id_ = marked;
    // By the lower bits of their ids: an id whose place is taken is left out, and half of them are
    // free.
    std::vector<Waiting> slots_ = std::vector<Waiting>(64);
    std::size_t count_ = 0;
    Index first_ = nobody;
    Index last_ = nobody;
};

}  // namespace netaio::core
