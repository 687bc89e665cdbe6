// Whatever the ways to read a frame are given, they must agree about it, and what they read must
// survive being written and read again.

#include <netaio/frame.hpp>

#include "support.hpp"

namespace {

using namespace netaio;
using fuzz::require;

const MessageTypes types = fuzz::types_with_custom();

bool same(const Message& a, const Message& b) {
    return a.type() == b.type() && a.body().encoded() == b.body().encoded() &&
           a.request_id() == b.request_id();
}

std::string encoded(const Message& message) {
    std::string out;
    require(!encode_message(message, out, message.request_id()));
    return out;
}

void check_round_trip(const Message& message) {
    std::string fields;
    if (message.auth().encode_to(fields, message.request_id())) {
        return;  // Numbers can be longer in their canonical form, and so too long.
    }
    std::string once = encoded(message);
    const auto again = decode_message(once, types);
    require(again && same(*again, message));
    require(encoded(*again) == once);
    const auto frame = next_frame(once, types);
    require(frame && *frame && (*frame)->checksum_ok() &&
            (*frame)->header.frame_size() == once.size());
    const OwnedMessage own = message.own();
    require(own.body().owns() && own.auth().owns() && encoded(own) == once);
}

void check_whole(const Frame& frame, ByteView bytes) {
    const auto message = frame.message();
    const auto decoded = decode_message(bytes, types);
    require(decoded.has_value() == (message && frame.checksum_ok()));
    require(!message || frame.request_id() == message->request_id());
    if (message) {
        require(!decoded || same(*decoded, *message));
        check_round_trip(*message);
    } else {
        require(decoded.error() == message.error());
    }
}

void check_stream(std::string bytes) {
    const auto found = next_frame(bytes, types);
    for (std::size_t arrived = 0; arrived < std::min<std::size_t>(bytes.size(), 16); ++arrived) {
        const auto part = next_frame(std::span(bytes).first(arrived), types);
        require(found ? part && (!*part || (*part)->header.frame_size() <= arrived)
                      : !part == (arrived >= FrameHeader::size));
    }
    std::string copy = bytes;
    const auto datagram = datagram_frame(copy, types);
    if (!found) {
        require(datagram.error() == found.error());
    } else if (const auto& frame = *found) {
        require(datagram && datagram->auth == frame->auth &&
                std::ranges::equal(datagram->body, frame->body));
        require(datagram->checksum_ok() == frame->checksum_ok());
        check_whole(*frame, ByteView(bytes.data(), frame->header.frame_size()));
    }
    const auto decoded = decode_message(bytes, types);
    if (decoded) {
        check_round_trip(*decoded);
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    check_stream(bytes);
    check_stream(fuzz::with_good_checksum(bytes));
    return 0;
}
