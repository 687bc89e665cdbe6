#pragma once

#include <chrono>
#include <deque>
#include <netaio/answer.hpp>
#include <optional>
#include <string>

#include "meaning.hpp"

namespace netaio::core {

/// What was passed on to somebody and waits for the answers, in the order in which it went, which
/// is that of the deadlines, too: so all of it takes constant time. Its ids are apart from those of
/// a RequestTable.
class PassedOn {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    static constexpr std::size_t max = 65536;

    /// `field` is the one that answers are to be without.
    explicit PassedOn(std::string_view field) : field_(field) {}

    static constexpr bool is_one(RequestId id) noexcept { return (id & marked) != 0; }
    const std::string& field() const noexcept { return field_; }
    bool full() const noexcept { return entries_.size() >= max; }
    bool empty() const noexcept { return entries_.empty(); }
    /// What the next one is sent with.
    RequestId next_id() const noexcept { return id_of(begun_ + entries_.size()); }

    void add(const Question& asked, TimePoint deadline, Answer&& answer) {
        entries_.push_back({asked, deadline, std::move(answer)});
    }
    /// Takes out who waits for the answer with this id and of this type.
    std::optional<Answer> take(RequestId id, MessageType type) {
        const std::uint32_t at = (id - id_of(begun_)) & ~marked;
        if (at >= entries_.size() || !entries_[at].answer || !answers(entries_[at].asked, type)) {
            return std::nullopt;
        }
        auto taken = std::exchange(entries_[at].answer, std::nullopt);
        tidy();
        return taken;
    }
    /// The same of the first whose deadline has passed.
    std::optional<Answer> take_expired(TimePoint now) {
        tidy();
        if (entries_.empty() || entries_.front().deadline > now) {
            return std::nullopt;
        }
        auto taken = std::exchange(entries_.front().answer, std::nullopt);
        tidy();
        return taken;
    }
    /// When that is the case next.
    TimePoint next_deadline() const noexcept { return entries_.front().deadline; }

private:
    static constexpr std::uint32_t marked = 1u << 31;

    struct Entry {
        Question asked;
        TimePoint deadline;
        std::optional<Answer> answer;  // none once it was given
    };

    static constexpr RequestId id_of(std::uint64_t number) noexcept {
        return static_cast<RequestId>(number) | marked;
    }
    void tidy() noexcept {
        while (!entries_.empty() && !entries_.front().answer) {
            entries_.pop_front();
            ++begun_;
        }
    }

    const std::string field_;
    std::uint64_t begun_ = 0;  // the number of the first
    std::deque<Entry> entries_;
};

}  // namespace netaio::core
