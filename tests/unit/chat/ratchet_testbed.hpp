#pragma once

#include <netaio/chat/ratchet.hpp>
#include <netaio/packify.hpp>
#include <string>

#include "support/fixed_environment.hpp"

namespace netaio::chat {

/// Both ends of a session that has just begun.
class RatchetSession {
public:
    static constexpr std::string_view associated = "both know this";

    RatchetMessage from_alice(ByteView text) { return sent(alice, text); }
    RatchetMessage from_bob(ByteView text) { return sent(bob, text); }
    Result<std::string> at_alice(const RatchetMessage& message) {
        return alice.decrypt(message, associated, random);
    }
    Result<std::string> at_bob(const RatchetMessage& message) {
        return bob.decrypt(message, associated, random);
    }
    /// Each end sends a message, and gets one.
    bool round_trip() {
        return at_bob(from_alice("there")).has_value() && at_alice(from_bob("back")).has_value();
    }
    static Ratchet loaded(const Ratchet& ratchet) {
        return Ratchet::load(ratchet.save().reveal()).value();
    }

    test::CountingRandom random;

private:
    SecretKey shared_ = SecretKey::make(random);
    AgreementKeys prekey_ = AgreementKeys::make(random);

public:
    Ratchet alice = Ratchet::begin(shared_, prekey_.public_key(), random).value();
    Ratchet bob = Ratchet::answer(shared_, prekey_);

private:
    // As it arrives.
    static RatchetMessage sent(Ratchet& by, ByteView text) {
        const RatchetMessage message = by.encrypt(text, associated).value();
        return RatchetMessage::from_value(unpack(pack(message.to_value()).value()).value()).value();
    }
};

}  // namespace netaio::chat
