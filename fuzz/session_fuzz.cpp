// What a session opens is what the other end sealed next, whatever comes in between and however
// much time passes; what somebody seals who has the keys and means harm is opened or refused.

#include <fuzzer/FuzzedDataProvider.h>

#include <core/session.hpp>
#include <netaio/make.hpp>

#include "support.hpp"

namespace {

using namespace netaio;
using namespace netaio::core;
using fuzz::require;

crypto::SecretKey key_of(char byte) {
    crypto::SecretKey key;
    key.bytes.fill(static_cast<unsigned char>(byte));
    return key;
}

noise::Keys keys_of(crypto::AeadCipher cipher, char sends, char receives) {
    return {crypto::AeadKey(cipher, key_of(sends)), crypto::AeadKey(cipher, key_of(receives)), {}};
}

// Any text, sealed as the first frame of who has that key.
std::string sealed_text(crypto::AeadCipher cipher, std::string text) {
    text.append(crypto::AeadKey::tag_size, '\0');
    crypto::AeadKey(cipher, key_of('a')).seal(0, {}, text);
    const std::string body = std::string(2, '\0') + text;
    std::string bytes(FrameHeader::size, '\0');
    FrameHeader{sealed_frame, 3, static_cast<std::uint16_t>(body.size()), 0}.write(
        std::span<char, FrameHeader::size>(bytes.data(), FrameHeader::size));
    return bytes + std::string("\x4d\x40\0", 3) + body;
}

// Opens the frames at the start of the bytes; whether all were, and what they held.
bool open_all(Session& by, std::string bytes, std::vector<std::string>& opened) {
    std::span<char> rest(bytes);
    while (!rest.empty()) {
        const auto frame = next_frame(rest, {}, {frame_size_max, true});
        if (!frame || !*frame) {
            return false;
        }
        const auto inner = by.open(**frame);
        if (!inner) {
            return false;
        }
        if (*inner) {
            const auto message = (*inner)->message();
            opened.push_back(message ? message->content().str() : "no message");
        }
        rest = rest.subspan((*frame)->header.frame_size());
    }
    return true;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    FuzzedDataProvider input(data, size);
    const auto cipher =
        input.ConsumeBool() ? crypto::AeadCipher::aes_gcm : crypto::AeadCipher::chacha_poly;
    if (input.ConsumeBool()) {
        Session receives(keys_of(cipher, 'b', 'a'), {});
        std::vector<std::string> opened;
        (void)open_all(receives, sealed_text(cipher, input.ConsumeRemainingBytesAsString()),
                       opened);
        return 0;
    }
    Session::TimePoint now;
    Session sends(keys_of(cipher, 'a', 'b'), now);
    Session receives(keys_of(cipher, 'b', 'a'), now);
    std::string before;
    while (input.remaining_bytes() > 0) {
        now += std::chrono::minutes(input.ConsumeIntegralInRange(0, 90));
        const std::string content(input.ConsumeIntegralInRange<std::size_t>(0, 900), 'c');
        std::string frame;
        require(!encode_message(notify("uri", content), frame));
        std::string bytes;
        sends.seal(frame, now, bytes);
        std::string arrives = bytes;
        switch (input.ConsumeIntegralInRange(0, 7)) {
            case 0: {
                const auto at = input.ConsumeIntegralInRange<std::size_t>(0, bytes.size() - 1);
                arrives[at] ^= static_cast<char>(1 << input.ConsumeIntegralInRange(0, 7));
                break;
            }
            case 1: arrives = input.ConsumeRandomLengthString(200); break;
            case 2: arrives = before; break;
            case 3: arrives = frame; break;
            case 4: receives.rest(); break;
            default: break;
        }
        std::vector<std::string> opened;
        const bool all = open_all(receives, arrives, opened);
        // The checksum of what is sealed is of no use, so it may have been changed.
        const bool same = arrives.size() == bytes.size() && opened.size() == 1;
        require(arrives != bytes || all);
        require(!all || arrives.empty() || (same && opened.front() == content));
        if (!all || arrives.empty()) {
            return 0;
        }
        before = bytes;
    }
    return 0;
}
