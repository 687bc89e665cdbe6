#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <netaio/bytes.hpp>
#include <string>

namespace netaio::daemon {

/// Where a message goes, as its app sees it.
enum class Direction {
    in,   ///< to the app
    out,  ///< from the app
};

/// Why a message went nowhere.
enum class Drop {
    rules,      ///< rules refused it
    unowned,    ///< nobody serves it
    not_owner,  ///< the app does not serve what came to its own port
    queue,      ///< too much waited already
    unreached,  ///< there was no way to the far end, or it was lost
    malformed,  ///< it was no message of this protocol
};
inline constexpr std::size_t drop_causes = 6;

/// A cause as it is shown, e.g. `not_owner`.
const char* drop_name(Drop cause) noexcept;

/// How much went where.
struct Amounts {
    std::uint64_t messages_in = 0;
    std::uint64_t bytes_in = 0;
    std::uint64_t messages_out = 0;
    std::uint64_t bytes_out = 0;

    void count(Direction direction, std::size_t bytes) noexcept {
        (direction == Direction::in ? messages_in : messages_out) += 1;
        (direction == Direction::in ? bytes_in : bytes_out) += bytes;
    }
    Amounts& operator+=(const Amounts& more) noexcept;
    friend bool operator==(const Amounts&, const Amounts&) = default;
};

/// The beginning of a uri by which traffic is counted: to its first slash, and with that; all of a
/// uri without.
ByteView counted_prefix(ByteView uri) noexcept;

/// What went through the daemon for one app, or for nobody. Not thread-safe.
class Traffic {
public:
    /// Prefixes that are counted apart; uris are chosen by strangers.
    static constexpr std::size_t prefixes_max = 64;
    /// The most bytes of one.
    static constexpr std::size_t prefix_size_max = 64;

    Traffic() = default;
    Traffic(Traffic&&) = default;
    Traffic& operator=(Traffic&&) = default;

    void count(Direction direction, ByteView uri, std::size_t bytes) {
        (is_of_last(uri) ? last_->second : place_for(uri)).count(direction, bytes);
    }
    void drop(Drop cause) noexcept { ++drops_[static_cast<std::size_t>(cause)]; }

    Amounts total() const noexcept;
    /// By prefix (counted_prefix()).
    const std::map<std::string, Amounts, std::less<>>& by_prefix() const noexcept {
        return by_prefix_;
    }
    /// Of what found no room among the prefixes, or is too long for one.
    const Amounts& others() const noexcept { return others_; }
    std::uint64_t dropped(Drop cause) const noexcept {
        return drops_[static_cast<std::size_t>(cause)];
    }

    /// Counts what another counted, as of an app that is gone, but not by prefix.
    void add(const Traffic& gone) noexcept;

private:
    using ByPrefix = std::map<std::string, Amounts, std::less<>>;

    // Whether that counted_prefix() is the last one.
    bool is_of_last(ByteView uri) const noexcept {
        return last_ && (last_->first.ends_with('/') ? uri.starts_with(last_->first)
                                                     : uri == ByteView(last_->first));
    }
    // Where it is counted: among the others if there is no room.
    Amounts& place_for(ByteView uri);

    Amounts others_;
    ByPrefix by_prefix_;
    ByPrefix::value_type* last_ = nullptr;  // of those: most often it is the next, too
    std::array<std::uint64_t, drop_causes> drops_{};
};

}  // namespace netaio::daemon
