#include <algorithm>
#include <array>
#include <netaio/message_type.hpp>
#include <stdexcept>

namespace netaio {
namespace {

struct Name {
    MessageType type;
    std::string_view text;
};

constexpr std::array names{
    Name{MessageType::request_uri, "REQUEST_URI"},
    Name{MessageType::respond_uri, "RESPOND_URI"},
    Name{MessageType::create_uri, "CREATE_URI"},
    Name{MessageType::update_uri, "UPDATE_URI"},
    Name{MessageType::delete_uri, "DELETE_URI"},
    Name{MessageType::subscribe_uri, "SUBSCRIBE_URI"},
    Name{MessageType::unsubscribe_uri, "UNSUBSCRIBE_URI"},
    Name{MessageType::publish_uri, "PUBLISH_URI"},
    Name{MessageType::notify_uri, "NOTIFY_URI"},
    Name{MessageType::advertise_peer, "ADVERTISE_PEER"},
    Name{MessageType::ok, "OK"},
    Name{MessageType::confirm_subscribe, "CONFIRM_SUBSCRIBE"},
    Name{MessageType::confirm_unsubscribe, "CONFIRM_UNSUBSCRIBE"},
    Name{MessageType::peer_discovered, "PEER_DISCOVERED"},
    Name{MessageType::error, "ERROR"},
    Name{MessageType::auth_error, "AUTH_ERROR"},
    Name{MessageType::not_found, "NOT_FOUND"},
    Name{MessageType::not_permitted, "NOT_PERMITTED"},
    Name{MessageType::disconnect, "DISCONNECT"},
};

constexpr int reserved_max = 30;

}  // namespace

std::string_view built_in_name(MessageType type) noexcept {
    const auto found = std::ranges::find(names, type, &Name::type);
    return found == names.end() ? std::string_view() : found->text;
}

MessageTypes::MessageTypes() {
    for (const Name& name : names) {
        known_.set(static_cast<std::size_t>(name.type));
    }
}

void MessageTypes::add(std::string_view name, MessageType value) {
    add(name, static_cast<int>(value));
}

MessageType MessageTypes::add(std::string_view name, int value) {
    const std::string what = "message type '" + std::string(name) + "': ";
    if (name.empty()) {
        throw std::invalid_argument("a message type needs a name");
    }
    if (value < 0 || value > 255) {
        throw std::invalid_argument(what + "the value must be from 31 to 255, not " +
                                    std::to_string(value));
    }
    if (value <= reserved_max) {
        throw std::invalid_argument(what +
                                    "values 0 to 30 are reserved for the protocol; use 31 to 255");
    }
    const auto type = static_cast<MessageType>(value);
    if (find(name)) {
        throw std::invalid_argument(what + "the name is taken; choose another");
    }
    if (contains(type)) {
        throw std::invalid_argument(what + "value " + std::to_string(value) + " is taken by '" +
                                    std::string(this->name(type)) + "'; choose another");
    }
    custom_.emplace(static_cast<std::uint8_t>(value), name);
    known_.set(static_cast<std::size_t>(value));
    return type;
}

void MessageTypes::set_answer(MessageType asked, MessageType answer) {
    for (const MessageType type : {asked, answer}) {
        if (static_cast<int>(type) <= reserved_max || !contains(type)) {
            throw std::invalid_argument(
                "message type " + std::to_string(static_cast<int>(type)) +
                " is none that was added: add() both before saying which answers which");
        }
    }
    answers_[asked] = answer;
}

MessageType MessageTypes::answer_to(MessageType asked) const noexcept {
    switch (asked) {
        case MessageType::request_uri: return MessageType::respond_uri;
        case MessageType::subscribe_uri: return MessageType::confirm_subscribe;
        case MessageType::unsubscribe_uri: return MessageType::confirm_unsubscribe;
        default: break;
    }
    const auto found = answers_.find(asked);
    return found == answers_.end() ? MessageType::ok : found->second;
}

std::string_view MessageTypes::name(MessageType type) const noexcept {
    if (static_cast<int>(type) <= reserved_max) {
        return built_in_name(type);
    }
    const auto found = custom_.find(static_cast<std::uint8_t>(type));
    return found == custom_.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<MessageType> MessageTypes::find(std::string_view name) const noexcept {
    const auto built_in = std::ranges::find(names, name, &Name::text);
    if (built_in != names.end()) {
        return built_in->type;
    }
    for (const auto& [value, text] : custom_) {
        if (text == name) {
            return static_cast<MessageType>(value);
        }
    }
    return std::nullopt;
}

}  // namespace netaio
