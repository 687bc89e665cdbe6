#include "session.hpp"

#include <algorithm>
#include <cassert>

#include "../wire/checksum.hpp"
#include "../wire/endian.hpp"
#include "../wire/packify_write.hpp"

namespace netaio::core {
namespace {

// Of a sealed frame: header, no auth fields, and no uri.
constexpr std::size_t uri_size_at = FrameHeader::size + wire::no_fields.size();
constexpr std::size_t content_at = uri_size_at + 2;
// Before auth fields and body within: type, and how long the fields are.
constexpr std::size_t head_size = 3;

static_assert(Session::overhead ==
              content_at + head_size + crypto::AeadKey::tag_size - FrameHeader::size);

// In place of a frame: the sender's next key is the next one.
constexpr ByteView marker("\x0e\x00\x00", head_size);

// Whether it may hold something, as far as can be seen from outside.
bool is_whole(const Frame& sealed) noexcept {
    const auto& body = sealed.body;
    return sealed.header.type == sealed_frame && sealed.auth == wire::no_fields &&
           body.size() >= 2 + head_size + crypto::AeadKey::tag_size && body[0] == 0 && body[1] == 0;
}

std::span<char> content_of(const Frame& sealed) noexcept {
    return sealed.body.subspan(2);
}

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
    const std::size_t sealed_size = head_size + rest.size() + crypto::AeadKey::tag_size;
    out.append(content_at + sealed_size, '\0');
    const auto sealed = std::span(out).subspan(start);
    wire::put_bytes(sealed.data() + FrameHeader::size, wire::no_fields);
    std::copy_n(head, head_size, sealed.data() + content_at);
    wire::put_bytes(sealed.data() + content_at + head_size, rest);
    out_.key.seal(out_.next_number(), {}, sealed.subspan(content_at));
    const ByteView body = std::string_view(sealed.data() + uri_size_at, 2 + sealed_size);
    FrameHeader{sealed_frame, static_cast<std::uint16_t>(wire::no_fields.size()),
                static_cast<std::uint16_t>(body.size()), wire::crc32(body)}
        .write(sealed.first<FrameHeader::size>());
}

// Frames are built where they are returned, as next_frame() does it.
Result<std::optional<Frame>> Session::open(const Frame& sealed) {
    using Opened = Result<std::optional<Frame>>;
    // What failed was perhaps changed in place, and its number is used up.
    const bool broken = std::exchange(broken_, true);
    auto frame = broken              ? Opened(Errc::auth_failed)
                 : !is_whole(sealed) ? Opened(Errc::malformed)
                 : in_.key.open(in_.next_number(), {}, content_of(sealed))
                     ? opened(sealed)
                     : Opened(Errc::auth_failed);
    broken_ = !frame;
    if (frame && !*frame) {
        in_.key.advance();
    }
    return frame;
}

Result<std::optional<Frame>> Session::opened(const Frame& sealed) noexcept {
    Result<std::optional<Frame>> found;
    const auto content = content_of(sealed);
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
