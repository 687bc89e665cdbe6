#include <netaio/make.hpp>

namespace netaio {

OwnedMessage request(ByteView uri, ByteView content) {
    return {MessageType::request_uri, uri, content};
}
OwnedMessage respond(ByteView uri, ByteView content) {
    return {MessageType::respond_uri, uri, content};
}
OwnedMessage ok(ByteView uri, ByteView content) {
    return {MessageType::ok, uri, content};
}
OwnedMessage publish(ByteView uri, ByteView content) {
    return {MessageType::publish_uri, uri, content};
}
OwnedMessage notify(ByteView uri, ByteView content) {
    return {MessageType::notify_uri, uri, content};
}
OwnedMessage confirm_subscribe(ByteView uri, ByteView content) {
    return {MessageType::confirm_subscribe, uri, content};
}
OwnedMessage confirm_unsubscribe(ByteView uri, ByteView content) {
    return {MessageType::confirm_unsubscribe, uri, content};
}
OwnedMessage error(ByteView uri, ByteView text) {
    return {MessageType::error, uri, text};
}
OwnedMessage error(ByteView text) {
    return {error_type(text), "ERROR", text};
}
OwnedMessage not_found(ByteView uri, ByteView text) {
    return {MessageType::not_found, uri, text};
}
OwnedMessage not_permitted(ByteView uri, ByteView text) {
    return {MessageType::not_permitted, uri, text};
}

MessageType error_type(ByteView text) noexcept {
    const auto says = [&](std::string_view words) { return text.find(words) != ByteView::npos; };
    if (says("not found")) {
        return MessageType::not_found;
    }
    if (says("auth")) {
        return MessageType::auth_error;
    }
    if (says("not permitted")) {
        return MessageType::not_permitted;
    }
    return MessageType::error;
}

}  // namespace netaio
