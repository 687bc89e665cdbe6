#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace netaio {

/// The first byte of a frame: what a message asks or says (protocol.md §1). Applications add their
/// own as constants, `constexpr auto launch = static_cast<MessageType>(50);`, and register them
/// with MessageTypes::add.
enum class MessageType : std::uint8_t {
    request_uri = 0,
    respond_uri = 1,
    create_uri = 2,
    update_uri = 3,
    delete_uri = 4,
    subscribe_uri = 5,
    unsubscribe_uri = 6,
    publish_uri = 7,
    notify_uri = 8,
    advertise_peer = 9,
    ok = 10,
    confirm_subscribe = 11,
    confirm_unsubscribe = 12,
    peer_discovered = 13,
    error = 20,
    auth_error = 23,
    not_found = 24,
    not_permitted = 25,  ///< unknown to v0.0.8: never send it to such a peer
    disconnect = 30,
};

// Those that handlers are registered for, so that `server.on({request_uri, "echo"}, ...)` reads.
inline constexpr MessageType request_uri = MessageType::request_uri;
inline constexpr MessageType respond_uri = MessageType::respond_uri;
inline constexpr MessageType create_uri = MessageType::create_uri;
inline constexpr MessageType update_uri = MessageType::update_uri;
inline constexpr MessageType delete_uri = MessageType::delete_uri;
inline constexpr MessageType subscribe_uri = MessageType::subscribe_uri;
inline constexpr MessageType unsubscribe_uri = MessageType::unsubscribe_uri;
inline constexpr MessageType publish_uri = MessageType::publish_uri;
inline constexpr MessageType notify_uri = MessageType::notify_uri;

/// The message types a node knows: the built-in ones, and those an application adds. A frame of any
/// other type is malformed. A plain value; give it to a node in its options before it starts.
class MessageTypes {
public:
    /// Knows the built-in types.
    MessageTypes();

    /// Registers a type of the application's own. Throws std::invalid_argument when the value is
    /// reserved (0 to 30) or taken, or the name is empty or taken.
    void add(std::string_view name, MessageType value);
    /// The same for a value as an integer; values above 255 are refused too.
    MessageType add(std::string_view name, int value);

    /// Says that messages of one registered type answer those of another: requests of that type
    /// then end with them, and handlers that return content answer so. Throws std::invalid_argument
    /// for types that are not registered, or built in.
    void set_answer(MessageType asked, MessageType answer);
    /// The type that answers a message: RESPOND_URI to REQUEST_URI, a confirmation to what
    /// subscribes or unsubscribes, what was set for one of the application's own, else OK.
    MessageType answer_to(MessageType asked) const noexcept;

    /// Whether frames of this type are accepted.
    bool contains(MessageType type) const noexcept {
        return known_[static_cast<std::size_t>(type)];
    }
    /// The type's name, e.g. `REQUEST_URI`; empty when unknown. Valid as long as this object.
    std::string_view name(MessageType type) const noexcept;
    /// The type of that name, exactly as registered.
    std::optional<MessageType> find(std::string_view name) const noexcept;

private:
    std::bitset<256> known_;
    std::map<std::uint8_t, std::string> custom_;
    std::map<MessageType, MessageType> answers_;
};

/// The name of a built-in type, e.g. `NOT_FOUND`; empty for any other.
std::string_view built_in_name(MessageType type) noexcept;

}  // namespace netaio
