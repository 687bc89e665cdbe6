#pragma once

#include <chrono>
#include <netaio/frame.hpp>

#include "noise.hpp"
#include "replay_window.hpp"

namespace netaio::core {

/// What two nodes seal for each other once they have shaken hands, in datagrams that may get lost,
/// come twice and in any order (protocol.md §16). Not thread-safe.
class DatagramSession {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// What a sealed datagram has around the frames in it, and a frame in it instead of its header,
    /// in bytes.
    static constexpr std::size_t overhead = FrameHeader::size + 3 + 2 + 4 + 8 + 16;
    static constexpr std::size_t frame_head = 5;
    /// The most that the frames in a datagram can take.
    static constexpr std::size_t frames_max = 0xffff - (2 + 4 + 8 + 16);
    /// After how long it is replaced by the next, and how long it is good for.
    static constexpr std::chrono::seconds renewed_after{120};
    static constexpr std::chrono::seconds good_for{180};

    /// What the two call it, each in what goes to the other.
    struct Indexes {
        std::uint32_t own;
        std::uint32_t other;
    };

    DatagramSession(const Indexes& indexes, noise::Keys&& keys, bool initiated, TimePoint now);

    std::uint32_t own_index() const noexcept { return indexes_.own; }
    TimePoint began_at() const noexcept { return began_at_; }
    /// Whether this end asked for it.
    bool initiated() const noexcept { return initiated_; }
    bool is_good(TimePoint now) const noexcept { return now - began_at_ < good_for; }

    /// Seals frames that append_frame() made, and appends the datagram.
    void seal(ByteView frames, std::string& out);
    /// Opens a datagram in place: the frames in it, as views; Errc::auth_failed for any that is not
    /// the other's, or came already. `highest` says whether all that came before was sent before.
    Result<std::span<char>> open(const Frame& sealed, bool& highest);
    /// Whether a datagram has the number of one that came, or that is too far behind.
    bool came(const Frame& sealed) const noexcept;
    /// Gives up what can be computed again, and what was sent before the last that came.
    void rest() noexcept;
    bool rests() const noexcept { return rests_; }

    /// Whose session a datagram is for; nothing where it is no sealed one.
    static std::optional<std::uint32_t> index_of(const Frame& sealed) noexcept;
    /// Appends a whole frame as it stands in a sealed datagram.
    static void append_frame(ByteView frame, std::string& frames);
    /// How much that is.
    static constexpr std::size_t size_of(std::size_t frame_size) noexcept {
        return frame_size - FrameHeader::size + frame_head;
    }
    /// Takes the next frame off what open() gave; nothing where there is none any more.
    /// Errc::malformed, and then none follows.
    static Result<std::optional<Frame>> next_frame(std::span<char>& frames) noexcept;

private:
    Indexes indexes_;
    bool initiated_;
    TimePoint began_at_;
    crypto::AeadKey out_;
    crypto::AeadKey in_;
    std::uint64_t next_ = 0;
    ReplayWindow came_;
    bool rests_ = true;
};

}  // namespace netaio::core
