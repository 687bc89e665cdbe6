#pragma once

#include <netaio/message.hpp>

/// Makers for the usual messages. All copy what they are given and throw std::length_error when uri
/// and content together are over Body::payload_max.
namespace netaio {

/// REQUEST_URI: asks for a resource.
OwnedMessage request(ByteView uri, ByteView content = {});
/// RESPOND_URI: the answer to a request.
OwnedMessage respond(ByteView uri, ByteView content);
/// OK: it was done.
OwnedMessage ok(ByteView uri, ByteView content = {});
/// PUBLISH_URI: to be passed to those who subscribed to the uri.
OwnedMessage publish(ByteView uri, ByteView content);
/// NOTIFY_URI: what subscribers of the uri receive.
OwnedMessage notify(ByteView uri, ByteView content);
OwnedMessage confirm_subscribe(ByteView uri, ByteView content = {});
OwnedMessage confirm_unsubscribe(ByteView uri, ByteView content = {});
/// ERROR: it was not done, for the reason that the text gives.
OwnedMessage error(ByteView uri, ByteView text);
/// An error about no uri (`ERROR`), whose type follows from its text (protocol.md §3): "not found"
/// makes NOT_FOUND, "auth" AUTH_ERROR, "not permitted" NOT_PERMITTED, anything else ERROR. The case
/// of letters matters.
OwnedMessage error(ByteView text);
OwnedMessage not_found(ByteView uri = {}, ByteView text = "not found");
OwnedMessage not_permitted(ByteView uri = {}, ByteView text = "not permitted");

/// The type error() gives a text.
MessageType error_type(ByteView text) noexcept;

}  // namespace netaio
