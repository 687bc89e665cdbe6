#include <netaio/message.hpp>
#include <stdexcept>

namespace netaio {
namespace {

Body body_of(ByteView uri, ByteView content) {
    auto body = Body::make(uri, content);
    if (!body) {
        throw std::length_error(
            "uri and content together take " + std::to_string(uri.size() + content.size()) +
            " bytes; a message holds " + std::to_string(Body::payload_max) + ", send it in parts");
    }
    return std::move(*body);
}

}  // namespace

OwnedMessage Message::own() const {
    return OwnedMessage(Message(type_, body_.clone(), auth_.clone()));
}

OwnedMessage::OwnedMessage(MessageType type, ByteView uri, ByteView content)
    : Message(type, body_of(uri, content)) {}

Result<OwnedMessage> OwnedMessage::make(MessageType type, ByteView uri, ByteView content) {
    auto body = Body::make(uri, content);
    if (!body) {
        return body.error();
    }
    return OwnedMessage(Message(type, std::move(*body)));
}

bool is_error(MessageType type, const MessageTypes& types) noexcept {
    return type == MessageType::not_found || type == MessageType::not_permitted ||
           types.name(type).find("ERROR") != std::string_view::npos;
}

}  // namespace netaio
