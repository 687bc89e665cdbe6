#pragma once

#include <sodium.h>

#include <netaio/chat/room_log.hpp>
#include <string>

namespace netaio::chat {

// Somebody who can sign, of a seed that is one byte all along.
struct RoomPerson {
    explicit RoomPerson(unsigned char seed_byte) {
        std::array<unsigned char, crypto_sign_SEEDBYTES> seed;
        seed.fill(seed_byte);
        crypto_sign_seed_keypair(key.data(), secret.data(), seed.data());
    }

    RecordSigner signer() const {
        return [this](ByteView message) {
            std::string signature(crypto_sign_BYTES, '\0');
            crypto_sign_detached(reinterpret_cast<unsigned char*>(signature.data()), nullptr,
                                 message.octets(), message.size(), secret.data());
            return signature;
        };
    }

    MemberKey key;
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> secret;
};

}  // namespace netaio::chat
