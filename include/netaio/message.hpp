#pragma once

#include <netaio/auth_fields.hpp>
#include <netaio/body.hpp>
#include <netaio/identity.hpp>
#include <netaio/message_type.hpp>

namespace netaio {

class OwnedMessage;

/// A message as a handler sees it. Its uri, content and auth fields may be views over the buffer
/// the message arrived in: they hold until the handler returns, or, in a coroutine, until it ends.
/// To keep a message longer, take own(). It can't be copied by accident for that reason.
class Message {
public:
    Message(Message&&) noexcept = default;
    Message& operator=(Message&&) noexcept = default;

    /// Wraps parts that may be views; for those who write transports and tests.
    Message(MessageType type, Body body, AuthFields auth = {},
            std::optional<RequestId> request_id = {}) noexcept
        : type_(type), request_id_(request_id), body_(std::move(body)), auth_(std::move(auth)) {}

    MessageType type() const noexcept { return type_; }
    /// The resource the message is about: bytes, usually text.
    ByteView uri() const noexcept { return body_.uri(); }
    ByteView content() const noexcept { return body_.content(); }
    /// What follows in the uri after the prefix that the handler is registered for; all of it
    /// without one.
    ByteView rest() const noexcept { return uri().substr(rest_at_); }
    /// What auth and cipher plugins put there; empty without them.
    const AuthFields& auth() const noexcept { return auth_; }
    const Body& body() const noexcept { return body_; }
    /// Who it is from, as far as plugins and, with Unix-domain sockets, the system vouch for it;
    /// empty of a message that did not arrive. Sending it does not send this.
    const Identities& who() const noexcept { return who_; }
    /// The same as plugins alone said it, those of each layer: for whom its answer is made.
    const Vouched& vouched() const noexcept { return vouched_; }
    /// What it came with as a request, or as the answer to one. Sending the message elsewhere does
    /// not send this.
    std::optional<RequestId> request_id() const noexcept { return request_id_; }

    /// For plugins, transports and routers, which change a message in place.
    Body& body() noexcept { return body_; }
    AuthFields& auth() noexcept { return auth_; }
    Vouched& vouched() noexcept { return vouched_; }
    void set_type(MessageType type) noexcept { type_ = type; }
    void set_who(Identities who) noexcept { who_ = std::move(who); }
    void add_who(const Identities& who) { who_.add(who); }
    void set_rest(std::size_t at) noexcept { rest_at_ = static_cast<std::uint16_t>(at); }

    /// A copy that owns everything and may be kept.
    OwnedMessage own() const;

protected:
    Message(MessageType type, ByteView uri, ByteView content) : type_(type), body_(uri, content) {}

private:
    MessageType type_ = MessageType::error;
    std::uint16_t rest_at_ = 0;
    std::optional<RequestId> request_id_;
    Body body_;
    AuthFields auth_;
    Identities who_;
    Vouched vouched_;
};

/// A message that owns its bytes: made by the functions of make.hpp, returned by requests, or taken
/// with Message::own(). May be moved and kept; copy it with own().
class OwnedMessage : public Message {
public:
    /// An empty message; for containers and out parameters.
    OwnedMessage() : Message(MessageType::error, Body()) {}
    OwnedMessage(OwnedMessage&&) noexcept = default;
    OwnedMessage& operator=(OwnedMessage&&) noexcept = default;

    /// A message of these parts, copied. Throws std::length_error when uri and content together are
    /// over Body::payload_max; use make() where the sizes come from outside.
    OwnedMessage(MessageType type, ByteView uri, ByteView content = {})
        : Message(type, uri, content) {}

    /// The same, with Errc::too_large as a value.
    static Result<OwnedMessage> make(MessageType type, ByteView uri, ByteView content);

    /// Keeps a message: moved when it owns its bytes already, else copied.
    static OwnedMessage from(Message&& message) {
        return message.body().owns() && message.auth().owns() ? OwnedMessage(std::move(message))
                                                              : message.own();
    }

private:
    friend class Message;
    explicit OwnedMessage(Message&& owning) noexcept : Message(std::move(owning)) {}
};

/// Whether a type is an error by its name in `types`, e.g. AUTH_ERROR: such messages are never
/// answered with an error (protocol.md §3, §4). NOT_FOUND and NOT_PERMITTED count too.
bool is_error(MessageType type, const MessageTypes& types) noexcept;

}  // namespace netaio
