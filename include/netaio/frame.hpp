#pragma once

#include <netaio/message.hpp>
#include <optional>
#include <span>
#include <string>

namespace netaio {

/// The fixed first 9 bytes of a frame (protocol.md §1).
struct FrameHeader {
    static constexpr std::size_t size = 9;

    MessageType type;
    std::uint16_t auth_size;  ///< of the encoded auth fields, in bytes
    std::uint16_t body_size;  ///< of the encoded body, in bytes
    std::uint32_t checksum;   ///< CRC-32 of the encoded body

    /// The length of the whole frame in bytes.
    std::size_t frame_size() const noexcept { return size + auth_size + body_size; }

    /// Reads the first 9 of at least 9 bytes. Knows nothing of types: see FrameLimits.
    static FrameHeader read(std::span<const char, size> bytes) noexcept;
    /// Writes 9 bytes.
    void write(std::span<char, size> bytes) const noexcept;
};

/// The type of sealed frames: what they hold is a frame that only a session can open.
inline constexpr auto sealed_frame = static_cast<MessageType>(14);

/// What a receiver accepts.
struct FrameLimits {
    /// The longest frame in bytes, header included. A frame can be 131079 bytes long at most.
    std::size_t frame_max = FrameHeader::size + 2 * 0xffff;
    /// Whether sealed frames are accepted, too, as within a session (protocol.md §15).
    bool sealed = false;
};

/// The longest frame there is, in bytes.
inline constexpr std::size_t frame_size_max = FrameHeader::size + 2 * 0xffff;

/// One frame as received: views over the buffer it was found in.
struct Frame {
    FrameHeader header;
    ByteView auth;         ///< the encoded auth fields
    std::span<char> body;  ///< the encoded body, which ciphers decrypt in place
    /// Whether it came sealed within a session, which vouches for it in the place of a checksum.
    bool sealed = false;

    /// Whether the body is the one the sender took the checksum of, or sealed.
    bool checksum_ok() const noexcept;
    /// The message in this frame, as views. Errc::malformed when auth fields or body can't be
    /// parsed. Does not look at the checksum.
    Result<Message> message() const;
    /// The request id among its auth fields, if there is one.
    std::optional<RequestId> request_id() const;
};

/// Finds the frame at the start of what a stream has brought so far. Nothing yet when it is
/// incomplete; `buffer` must then grow. Errors are final, the stream is out of step:
/// Errc::unknown_message_type, Errc::too_large, Errc::malformed; they are found as soon as the
/// header is there. Keeps no state and takes no memory.
Result<std::optional<Frame>> next_frame(std::span<char> buffer, const MessageTypes& types,
                                        const FrameLimits& limits = {});

/// Finds the frame in a datagram, which may carry bytes after the body, and fewer than the header
/// says (the checksum then decides; protocol.md §1). The same errors.
Result<Frame> datagram_frame(std::span<char> datagram, const MessageTypes& types,
                             const FrameLimits& limits = {});

/// Reads a whole message from bytes that hold exactly one: the body is all that follows the auth
/// fields. The result owns its bytes. Also Errc::bad_checksum.
Result<OwnedMessage> decode_message(ByteView bytes, const MessageTypes& types = {});

/// Appends a message as a frame to `out`, with a request id if one is given, whatever the message
/// came with. Errc::too_large when its auth fields are above 65535 bytes; `out` is then as it was.
std::error_code encode_message(const Message& message, std::string& out,
                               std::optional<RequestId> request_id = {});

}  // namespace netaio
