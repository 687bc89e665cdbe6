#include "session.hpp"

#include <cassert>

#include "../wire/endian.hpp"
#include "sealed_frame.hpp"

namespace netaio::core {
namespace {

// Before auth fields and body within: type, and how long the fields are.
constexpr std::size_t head_size = 3;

static_assert(Session::overhead ==
              sealed_at + head_size + crypto::AeadKey::tag_size - FrameHeader::size);

// In place of a frame: the sender's next key is the next one.
constexpr ByteView marker("\x0e\x00\x00", head_size);

}  // namespace

Session::Session(noise::Keys&& keys, TimePoint now)
    : out_{std::move(keys.sends)}, in_{std::move(keys.receives)}, keyed_at_(now) {}

std::uint64_t Session::Direction::next_number() {
    if (number % messages_for_key == 0 && number > 0) {
        key.advance();
    }
    return number++;
}

void Session::seal(ByteView frame, TimePoint now, std::string& out) {
    assert(frame.size() >= FrameHeader::size && frame.size() <= frame_max);
    if (now - keyed_at_ >= time_for_key) [[unlikely]] {
        seal_marker(out);
        keyed_at_ = now;
    }
    seal_one(frame.data(), frame.substr(FrameHeader::size), out);
}

void Session::seal_marker(std::string& out) {
    seal_one(marker.data(), {}, out);
    out_.key.advance();
}

void Session::seal_one(const char* head, ByteView rest, std::string& out) {
    const std::size_t start = out.size();
    out.append(sealed_at + head_size + rest.size() + crypto::AeadKey::tag_size, '\0');
    const auto frame = std::span(out).subspan(start);
    const auto sealed = frame.subspan(sealed_at);
    wire::put_bytes(wire::put_bytes(sealed.data(), ByteView(head, head_size)), rest);
    out_.key.seal(out_.next_number(), {}, sealed);
    wrap_sealed(frame);
}

// Frames are built where they are returned, as next_frame() does it.
Result<std::optional<Frame>> Session::open(const Frame& sealed) {
    using Opened = Result<std::optional<Frame>>;
    // What failed was perhaps changed in place, and its number is used up.
    const bool broken = std::exchange(broken_, true);
    auto frame =
        broken                                                      ? Opened(Errc::auth_failed)
        : !is_sealed(sealed, head_size + crypto::AeadKey::tag_size) ? Opened(Errc::malformed)
        : in_.key.open(in_.next_number(), {}, sealed_in(sealed))    ? opened(sealed)
                                                                    : Opened(Errc::auth_failed);
    broken_ = !frame;
    if (frame && !*frame) {
        in_.key.advance();
    }
    return frame;
}

Result<std::optional<Frame>> Session::opened(const Frame& sealed) noexcept {
    Result<std::optional<Frame>> found;
    const auto content = sealed_in(sealed);
    const auto text = content.first(content.size() - crypto::AeadKey::tag_size);
    const auto auth_size = wire::get_u16(text.data() + 1);
    const auto rest = text.subspan(head_size);
    if (std::string_view(text.data(), text.size()) == marker) {
        return found;
    }
    if (auth_size > rest.size()) {
        found = Errc::malformed;
        return found;
    }
    const auto body = rest.subspan(auth_size);
    found->emplace(Frame{
        {static_cast<MessageType>(text[0]), auth_size, static_cast<std::uint16_t>(body.size()), 0},
        ByteView(rest.data(), auth_size),
        body,
        true});
    return found;
}

void Session::end() noexcept {
    broken_ = true;
    for (Direction* const each : {&out_, &in_}) {
        each->key = crypto::AeadKey(each->key.cipher(), {});
    }
}

void Session::rest() noexcept {
    out_.key.rest();
    in_.key.rest();
}

}  // namespace netaio::core
