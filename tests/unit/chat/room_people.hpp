#pragma once

#include <algorithm>
#include <netaio/chat/keys.hpp>

namespace netaio::chat {

// Somebody of a seed that is one byte all along.
struct RoomPerson {
    explicit RoomPerson(unsigned char seed_byte) : identity(seed(seed_byte)) {}

    static SecretKey seed(unsigned char byte) {
        return SecretKey::parse(std::string(key_size, static_cast<char>(byte))).value();
    }

    Identity identity;
    PublicKey key = identity.public_key();
};

}  // namespace netaio::chat
