#include "datagram_session.hpp"

#include "../wire/endian.hpp"
#include "sealed_frame.hpp"

namespace netaio::core {
namespace {

// Before the frames: what is authenticated, too.
constexpr std::size_t in_clear = 4 + 8;
constexpr std::size_t frames_at = sealed_at + in_clear;

static_assert(DatagramSession::overhead == frames_at + crypto::AeadKey::tag_size);

}  // namespace

DatagramSession::DatagramSession(const Indexes& indexes, noise::Keys&& keys, bool initiated,
                                 TimePoint now)
    : indexes_(indexes),
      initiated_(initiated),
      began_at_(now),
      out_(std::move(keys.sends)),
      in_(std::move(keys.receives)) {}

void DatagramSession::seal(ByteView frames, std::string& out) {
    const std::size_t start = out.size();
    const std::uint64_t number = next_++;
    rests_ = false;
    std::array<char, frames_at> head{};
    wire::put_u64(wire::put_u32(head.data() + sealed_at, indexes_.other), number);
    out.append(head.data(), head.size()).append(frames).append(crypto::AeadKey::tag_size, '\0');
    const auto datagram = std::span(out).subspan(start);
    out_.seal(number, ByteView(head.data() + sealed_at, in_clear), datagram.subspan(frames_at));
    wrap_sealed(datagram);
}

std::optional<std::uint32_t> DatagramSession::index_of(const Frame& sealed) noexcept {
    return is_sealed(sealed, in_clear + crypto::AeadKey::tag_size)
               ? std::optional(wire::get_u32(sealed_in(sealed).data()))
               : std::nullopt;
}

Result<std::span<char>> DatagramSession::open(const Frame& sealed, bool& highest) {
    const auto content = sealed_in(sealed);
    const std::uint64_t number = wire::get_u64(content.data() + 4);
    const auto frames = content.subspan(in_clear);
    rests_ = false;
    if (!came_.is_new(number) || !in_.open(number, ByteView(content.data(), in_clear), frames)) {
        return Errc::auth_failed;
    }
    highest = came_.is_highest(number);
    came_.note(number);
    return frames.first(frames.size() - crypto::AeadKey::tag_size);
}

bool DatagramSession::came(const Frame& sealed) const noexcept {
    return !came_.is_new(wire::get_u64(sealed_in(sealed).data() + 4));
}

void DatagramSession::rest() noexcept {
    out_.rest();
    in_.rest();
    came_.rest();
    rests_ = true;
}

void DatagramSession::append_frame(ByteView frame, std::string& frames) {
    // Type and length of the auth fields stand first in both, and the body's behind.
    frames.append(frame.substr(0, frame_head)).append(frame.substr(FrameHeader::size));
}

Result<std::optional<Frame>> DatagramSession::next_frame(std::span<char>& frames) noexcept {
    if (frames.empty()) {
        return std::optional<Frame>();
    }
    const auto all = std::exchange(frames, {});
    if (all.size() < frame_head) {
        return Errc::malformed;
    }
    const std::uint16_t auth_size = wire::get_u16(all.data() + 1);
    const std::uint16_t body_size = wire::get_u16(all.data() + 3);
    const std::size_t size = frame_head + auth_size + body_size;
    if (all.size() < size) {
        return Errc::malformed;
    }
    frames = all.subspan(size);
    Frame frame{{static_cast<MessageType>(all[0]), auth_size, body_size, 0},
                ByteView(all.data() + frame_head, auth_size),
                all.subspan(frame_head + auth_size, body_size)};
    frame.sealed = true;
    return std::optional(frame);
}

}  // namespace netaio::core
