#pragma once

#include <array>
#include <cstdint>
#include <memory>

namespace netaio::core {

/// Which numbers have come, of those that may still come: each counts once, and those far behind
/// the highest not at all (RFC 6479). Not thread-safe.
class ReplayWindow {
public:
    /// How far behind the highest a number may be.
    static constexpr std::uint64_t size = 2048;

    /// Whether it did not come yet, as far as is known.
    bool is_new(std::uint64_t number) const noexcept {
        return number >= next_
                   ? number != UINT64_MAX  // none comes after that
                   : number >= from_ && next_ - number <= size && (word(number) & bit(number)) == 0;
    }
    /// Whether it is above all that came.
    bool is_highest(std::uint64_t number) const noexcept { return number >= next_; }

    /// Notes one that is new.
    void note(std::uint64_t number) {
        if (!seen_) {
            seen_ = std::make_unique<Seen>();
        }
        if (number >= next_) {
            const std::uint64_t before = next_ == 0 ? 0 : (next_ - 1) / bits + 1;
            const std::uint64_t last = number / bits;
            // Whole words are emptied as the window comes to them, however far it moves.
            for (std::uint64_t at = before; at <= last && at < before + words; ++at) {
                (*seen_)[at % words] = 0;
            }
            next_ = number + 1;
        }
        word(number) |= bit(number);
    }

    /// Gives up the memory of which came: none counts any more that is below the highest.
    void rest() noexcept {
        seen_.reset();
        from_ = next_;
    }

private:
    static constexpr std::uint64_t bits = 64;
    static constexpr std::uint64_t words = size / bits + 1;  // one more, which is being emptied

    static std::uint64_t bit(std::uint64_t number) noexcept {
        return std::uint64_t{1} << (number % bits);
    }
    std::uint64_t& word(std::uint64_t number) const noexcept {
        return (*seen_)[number / bits % words];
    }

    using Seen = std::array<std::uint64_t, words>;

    std::unique_ptr<Seen> seen_ = nullptr;  // there if there are any from from_ to next_
    std::uint64_t next_ = 0;                // above all that came
    std::uint64_t from_ = 0;                // below it none counts
};

}  // namespace netaio::core
