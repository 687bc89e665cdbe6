#pragma once

#include <gtest/gtest.h>

#include <netaio/environment.hpp>
#include <netaio/frame.hpp>

#include "core/session.hpp"
#include "core/session_handshake.hpp"

/// Both ends of a session without a network.
namespace netaio::core::test {

inline crypto::SecretKey secret_key(char byte) {
    crypto::SecretKey key;
    key.bytes.fill(static_cast<unsigned char>(byte));
    return key;
}

/// What one end has at the end of a handshake, and the other.
inline noise::Keys keys_of(crypto::AeadCipher cipher, bool initiator) {
    return {crypto::AeadKey(cipher, secret_key(initiator ? 'i' : 'r')),
            crypto::AeadKey(cipher, secret_key(initiator ? 'r' : 'i')),
            {}};
}

/// A frame within bytes that begin with one.
inline Frame frame_in(std::string& bytes, const FrameLimits& limits = {frame_size_max, true}) {
    const auto frame = next_frame(bytes, {}, limits);
    EXPECT_TRUE(frame && *frame) << "no whole frame";
    return frame && *frame ? **frame : Frame{{}, {}, {}};
}

/// One node's part in handshakes.
struct ShakingEnd {
    explicit ShakingEnd(std::string seed = {}, char secret = 0)
        : terms({.policy = SessionPolicy::offer,
                 .seed = seed.empty() ? Secret() : Secret(std::move(seed))},
                {}, true, *random),
          psk(secret_key(secret)) {}

    SessionAsker asker(const std::optional<SessionKey>& other = std::nullopt) {
        return SessionAsker(terms, psk, other, *random);
    }
    Result<SessionAnswerer::Reply> answer(SessionAnswerer& answerer, ByteView question) {
        return answerer.answer(question, terms, psk, *random);
    }
    const SessionKey& key() const { return terms.own.public_key; }

    std::shared_ptr<Random> random = Environment::secure_random();
    SessionTerms terms;
    crypto::SecretKey psk;
};

}  // namespace netaio::core::test
