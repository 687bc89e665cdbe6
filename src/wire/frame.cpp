#include <algorithm>
#include <array>
#include <netaio/frame.hpp>

#include "checksum.hpp"
#include "endian.hpp"
#include "fixed_fields.hpp"
#include "packify_write.hpp"
#include "request_id.hpp"

namespace netaio {
namespace {

inline FrameHeader header_at(const char* at) noexcept {
    return {static_cast<MessageType>(at[0]), wire::get_u16(at + 1), wire::get_u16(at + 3),
            wire::get_u32(at + 5)};
}

inline char* put_header(char* at, const FrameHeader& header) noexcept {
    *at++ = static_cast<char>(header.type);
    at = wire::put_u16(at, header.auth_size);
    at = wire::put_u16(at, header.body_size);
    return wire::put_u32(at, header.checksum);
}

// Why a frame with this header is refused; nothing when it is not.
inline std::optional<Errc> refusal(const FrameHeader& header, const MessageTypes& types,
                                   const FrameLimits& limits) noexcept {
    if (!types.contains(header.type) && !(limits.sealed && header.type == sealed_frame)) {
        return Errc::unknown_message_type;
    }
    if (header.frame_size() > limits.frame_max) {
        return Errc::too_large;
    }
    return std::nullopt;
}

inline Frame frame_in(const FrameHeader& header, std::span<char> bytes,
                      std::size_t body_size) noexcept {
    const auto rest = bytes.subspan(FrameHeader::size);
    return {header, ByteView(rest.data(), header.auth_size),
            rest.subspan(header.auth_size, body_size), false};
}

// Of one that is passed on as it came, it is known.
inline std::uint32_t checksum_of(const Body& body) noexcept {
    const auto known = body.checksum();
    return known ? *known : wire::crc32(body.encoded());
}

// All before the body of a message without plugins, but for the header and the id at its end.
template <std::size_t size>
consteval std::array<char, size> blank_head(ByteView fields) {
    std::array<char, size> head{};
    std::ranges::copy(fields, head.begin() + FrameHeader::size);
    return head;
}
constexpr auto head_with_id =
    blank_head<FrameHeader::size + wire::lone_request_id_size>(wire::lone_request_id_head);
constexpr auto head_without_id =
    blank_head<FrameHeader::size + wire::no_fields.size()>(wire::no_fields);

// Put in there, as what is put together elsewhere in parts is copied only when all of them have
// come to memory. Returns where the head ends.
template <std::size_t size>
inline char* append_head(const std::array<char, size>& head, FrameHeader header, std::string& out) {
    header.auth_size = static_cast<std::uint16_t>(size - FrameHeader::size);
    const std::size_t start = out.size();
    out.append(head.data(), size);
    put_header(out.data() + start, header);
    return out.data() + out.size();
}

inline void append_with_id(const FrameHeader& header, ByteView body, RequestId id,
                           std::string& out) {
    wire::put_u32(append_head(head_with_id, header, out) - wire::request_id_size, id);
    out.append(body);
}

// Made where it is known whether there is an id: see append_head().
template <class Id>
inline Result<Message> message_of(const Frame& frame, AuthFields&& fields, Id id) {
    auto body = Body::over(frame.body);
    if (!body) {
        return body.error();
    }
    return Result<Message>(boost::system::in_place_value, frame.header.type, std::move(*body),
                           std::move(fields), id);
}

}  // namespace

FrameHeader FrameHeader::read(std::span<const char, size> bytes) noexcept {
    return header_at(bytes.data());
}

void FrameHeader::write(std::span<char, size> bytes) const noexcept {
    put_header(bytes.data(), *this);
}

bool Frame::checksum_ok() const noexcept {
    return sealed || wire::crc32({body.data(), body.size()}) == header.checksum;
}

Result<Message> Frame::message() const {
    // Most messages have no fields, or the request id alone: spare them the call.
    if (wire::is_lone_request_id(auth)) {
        return message_of(*this, {}, wire::lone_request_id(auth));
    }
    AuthFields fields;
    if (auth != wire::no_fields) {
        if (const auto error = fields.parse(auth)) {
            return error;
        }
        if (const auto id = wire::request_id_in(fields)) {
            fields.erase(wire::request_id_name);
            return message_of(*this, std::move(fields), *id);
        }
    }
    return message_of(*this, std::move(fields), std::nullopt);
}

std::optional<RequestId> Frame::request_id() const {
    if (wire::is_lone_request_id(auth)) {
        return wire::lone_request_id(auth);
    }
    AuthFields fields;
    return fields.parse(auth) ? std::nullopt : wire::request_id_in(fields);
}

// Builds the result where it is returned: a header that is copied costs more than all the rest, as
// it was written in parts.
Result<std::optional<Frame>> next_frame(std::span<char> buffer, const MessageTypes& types,
                                        const FrameLimits& limits) {
    Result<std::optional<Frame>> found;
    if (buffer.size() < FrameHeader::size) {
        return found;
    }
    const FrameHeader header = header_at(buffer.data());
    if (const auto refused = refusal(header, types, limits)) {
        found = *refused;
    } else if (buffer.size() >= header.frame_size()) {
        found->emplace(frame_in(header, buffer, header.body_size));
    }
    return found;
}

Result<Frame> datagram_frame(std::span<char> datagram, const MessageTypes& types,
                             const FrameLimits& limits) {
    if (datagram.size() < FrameHeader::size) {
        return Errc::malformed;
    }
    const FrameHeader header = header_at(datagram.data());
    if (const auto refused = refusal(header, types, limits)) {
        return *refused;
    }
    const std::size_t after_header = datagram.size() - FrameHeader::size;
    if (after_header < header.auth_size) {
        return Errc::malformed;
    }
    return frame_in(header, datagram,
                    std::min<std::size_t>(header.body_size, after_header - header.auth_size));
}

Result<OwnedMessage> decode_message(ByteView bytes, const MessageTypes& types) {
    if (bytes.size() < FrameHeader::size) {
        return Errc::malformed;
    }
    std::string copy(bytes);
    const FrameHeader header = header_at(copy.data());
    if (const auto refused = refusal(header, types, {})) {
        return *refused;
    }
    const std::size_t after_header = copy.size() - FrameHeader::size;
    if (after_header < header.auth_size) {
        return Errc::malformed;
    }
    const Frame frame = frame_in(header, copy, after_header - header.auth_size);
    const auto message = frame.message();
    if (!message) {
        return message.error();
    }
    if (!frame.checksum_ok()) {
        return Errc::bad_checksum;
    }
    return message->own();
}

std::error_code encode_message(const Message& message, std::string& out,
                               std::optional<RequestId> request_id) {
    const ByteView body = message.body().encoded();
    FrameHeader header{message.type(), 0, static_cast<std::uint16_t>(body.size()),
                       checksum_of(message.body())};
    if (message.auth().empty()) {
        if (request_id) {
            append_with_id(header, body, *request_id, out);
        } else {
            append_head(head_without_id, header, out);
            out.append(body);
        }
        return {};
    }
    const std::size_t start = out.size();
    out.append(FrameHeader::size, '\0');
    if (const auto error = message.auth().encode_to(out, request_id)) {
        out.resize(start);
        return error;
    }
    header.auth_size = static_cast<std::uint16_t>(out.size() - start - FrameHeader::size);
    put_header(out.data() + start, header);
    out.append(body);
    return {};
}

namespace wire {

void append_frame_with_id(const Frame& frame, RequestId id, std::string& out) {
    append_with_id(frame.header, {frame.body.data(), frame.body.size()}, id, out);
}

Result<FixedFields> FixedFields::make(const AuthFields& fields) {
    std::string head(FrameHeader::size, '\0');
    std::string other = head;
    if (const auto error = fields.encode_to(head, 0)) {
        return error;
    }
    if (const auto error = fields.encode_to(other, ~RequestId(0))) {
        return error;
    }
    const auto id_at = std::ranges::mismatch(head, other).in1 - head.begin();
    return FixedFields(std::move(head), static_cast<std::size_t>(id_at));
}

void FixedFields::append_frame(const Message& message, RequestId id, std::string& out) const {
    const ByteView body = message.body().encoded();
    const std::size_t start = out.size();
    out.append(head_);
    char* const head = out.data() + start;
    put_header(head, {message.type(), static_cast<std::uint16_t>(head_.size() - FrameHeader::size),
                      static_cast<std::uint16_t>(body.size()), checksum_of(message.body())});
    put_u32(head + id_at_, id);
    out.append(body);
}

}  // namespace wire

}  // namespace netaio
