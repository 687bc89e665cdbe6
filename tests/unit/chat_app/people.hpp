#pragma once

#include <netaio/chat/talk.hpp>
#include <string>

namespace netaio::chat_app {

/// Somebody for each letter.
inline chat::PublicKey key_of(char letter) {
    const auto seed = chat::SecretKey::parse(std::string(32, letter)).value();
    return chat::Identity(seed).public_key();
}

inline chat::RoomId room_id(unsigned char first) {
    return {first, 0xcd, 0x01, 0x23, 0x45};
}

inline chat::PersonView person(char letter, const std::string& name) {
    return {.key = key_of(letter), .name = name, .present = true};
}

inline chat::RoomView room(unsigned char first, const std::string& name,
                           const std::string& members) {
    chat::RoomView view{.id = room_id(first), .name = name, .owner = key_of('m'), .members = {}};
    for (const char member : members) view.members.push_back(key_of(member));
    return view;
}

}  // namespace netaio::chat_app
