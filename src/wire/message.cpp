#include <netaio/message.hpp>

namespace netaio {

OwnedMessage Message::own() const {
    OwnedMessage copy(Message(type_, body_.clone(), auth_.clone(), request_id_));
    copy.rest_at_ = rest_at_;
    copy.who_ = who_;
    copy.vouched_ = vouched_;
    return copy;
}

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
