#pragma once

#include <chrono>
#include <netaio/frame.hpp>

#include "noise.hpp"

namespace netaio::core {

/// What handshakes are about.
inline constexpr ByteView session_uri("netaio/session/1");

/// Whether a message asks for a session, or goes on with that.
inline bool begins_session(const Message& message) noexcept {
    return message.type() == MessageType::request_uri && message.uri() == session_uri;
}

/// What both ends of a connection seal for each other once they have shaken hands (protocol.md
/// §15): frames, in order, each once. Not thread-safe.
class Session {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// How much longer a sealed frame is, in bytes.
    static constexpr std::size_t overhead = 24;
    /// The longest frame that can be sealed.
    static constexpr std::size_t frame_max =
        FrameHeader::size + 0xffff - 2 - 3 - crypto::AeadKey::tag_size;
    /// After how many messages, and how long, a key is replaced by the next.
    static constexpr std::uint64_t messages_for_key = std::uint64_t(1) << 20;
    static constexpr std::chrono::hours time_for_key{1};

    Session(noise::Keys&& keys, TimePoint now);

    /// Appends a whole frame, sealed.
    void seal(ByteView frame, TimePoint now, std::string& out);
    /// Appends a sealed frame that is for the session alone: that a key was replaced by the next.
    void seal_marker(std::string& out);
    /// Opens what a sealed frame holds, in place. Nothing in one that is only for the session
    /// itself. After an error, Errc::auth_failed or malformed, there is no other answer any more.
    Result<std::optional<Frame>> open(const Frame& sealed);
    /// The frame in one that was opened.
    static Result<std::optional<Frame>> opened(const Frame& sealed) noexcept;
    /// Gives up what can be computed again, as nothing is sent for a while.
    void rest() noexcept;
    /// Forgets the keys: nothing can be sealed or opened any more.
    void end() noexcept;

private:
    struct Direction {
        crypto::AeadKey key;
        std::uint64_t number = 0;

        std::uint64_t next_number();
    };

    void seal_one(const char* head, ByteView rest, std::string& out);

    Direction out_;
    Direction in_;
    TimePoint keyed_at_;  // for what goes out
    bool broken_ = false;
};

}  // namespace netaio::core
