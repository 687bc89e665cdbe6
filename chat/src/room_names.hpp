#pragma once

#include <algorithm>
#include <netaio/bytes.hpp>
#include <netaio/chat/room_record.hpp>
#include <string>

/// By what names rooms are kept.
namespace netaio::chat {

/// The name in a vault of something in a room.
inline std::string name_in_room(const RoomId& room, ByteView what) {
    return ByteView(room).str().append(what);
}

/// The same by number, in its order.
inline std::string name_in_room(const RoomId& room, std::uint64_t number) {
    std::string name = ByteView(room).str();
    for (int shift = 56; shift >= 0; shift -= 8) {
        name.push_back(static_cast<char>(number >> shift & 0xff));
    }
    return name;
}

/// The room in such a name.
inline RoomId room_in_name(ByteView name) {
    RoomId room{};
    std::copy_n(name.octets(), std::min(room.size(), name.size()), room.begin());
    return room;
}

/// What is named there.
inline ByteView rest_of_name(ByteView name) {
    return name.substr(std::min(RoomId().size(), name.size()));
}

}  // namespace netaio::chat
