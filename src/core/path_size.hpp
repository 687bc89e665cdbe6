#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace netaio::core {

/// How large the datagrams may be that a path carries whole, found out by some that are larger and
/// asked to be answered, from what every path carries on (RFC 8899 calls that packetization layer
/// path MTU discovery). Says what to try; whoever owns it sends. Not thread-safe.
class PathSize {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// How long an answer is waited for, and how often a size is tried.
    static constexpr std::chrono::milliseconds answer_within{500};
    static constexpr unsigned tries_max = 2;
    /// How long what did not fit is not tried again.
    static constexpr std::chrono::minutes settled_for{10};

    /// From one size up to another, in bytes.
    PathSize(std::size_t base, std::size_t most) noexcept
        : base_(static_cast<std::uint16_t>(base)),
          most_(static_cast<std::uint16_t>(most)),
          proven_(base_) {}

    /// What is known to fit.
    std::size_t proven() const noexcept { return proven_; }
    /// Whether more may be known soon.
    bool looks() const noexcept { return looks_; }
    /// When due() has something to say; nothing before begin().
    TimePoint next() const noexcept { return due_; }
    /// Begins to look, from what is known.
    void begin(TimePoint now) noexcept {
        tries_ = 0;
        looks_ = proven_ < most_;
        due_ = looks_ ? now : TimePoint::max();
    }
    /// The same from what every path carries, as the path may be another.
    void begin_anew(TimePoint now) noexcept {
        proven_ = base_;
        begin(now);
    }

    /// The size to try now, when next() has come; nothing where all is known.
    std::optional<std::size_t> due(TimePoint now) noexcept {
        const std::size_t size = above(proven_);
        if (size <= proven_ || tries_ >= tries_max) {
            settle(now);
            return std::nullopt;
        }
        ++tries_;
        due_ = now + answer_within;
        return size;
    }
    /// One of this size arrived.
    void arrived(std::size_t size, TimePoint now) noexcept {
        if (size > proven_ && size == above(proven_)) {
            proven_ = static_cast<std::uint16_t>(size);
            begin(now);
        }
    }
    /// The system does not send one of this size, or not whole.
    void refused(std::size_t size, TimePoint now) noexcept {
        if (size > proven_) {
            tries_ = tries_max;  // nothing is left to be tried
            due_ = now;
        } else if (size > base_) {
            begin_anew(now);
        }
    }

private:
    // What networks are usually made for: Ethernet, with larger frames, and one machine; over IPv6
    // and IPv4.
    static constexpr std::array<std::uint16_t, 6> steps{1452, 1472, 8952, 8972, 65487, 65507};

    std::size_t above(std::size_t size) const noexcept {
        const auto step = std::ranges::upper_bound(steps, size);
        return step == steps.end() ? most_ : std::min<std::size_t>(*step, most_);
    }
    void settle(TimePoint now) noexcept {
        tries_ = 0;
        looks_ = false;
        due_ = proven_ < most_ ? now + settled_for : TimePoint::max();
    }

    std::uint16_t base_;
    std::uint16_t most_;
    std::uint16_t proven_;
    std::uint8_t tries_ = 0;
    bool looks_ = false;
    TimePoint due_ = TimePoint::max();
};

}  // namespace netaio::core
