#pragma once

#include <atomic>
#include <memory>
#include <netaio/answer.hpp>
#include <netaio/key.hpp>
#include <netaio/plugins.hpp>

#include "vouched.hpp"
#include "who_pattern.hpp"

namespace netaio::core {

class Deferred;
class RequestTable;
class Unsealed;

/// Where a message came from: a TCP connection, or the sender of a datagram.
class Source {
public:
    virtual ~Source() = default;
    virtual const Address& remote() const noexcept = 0;
    /// Sends a message that is not a reply, e.g. from a client's peer management. Protects it with
    /// `inner` and the node's plugins.
    virtual void push(OwnedMessage message, const Plugins& inner) = 0;
    /// The requests waiting for answers from there; null when there can't be any.
    virtual RequestTable* requests() noexcept { return nullptr; }
    /// Whether what goes there may wait for a plugin.
    virtual bool may_wait() const noexcept { return false; }
    /// Has a reply wait; what is in `out` goes before it.
    virtual std::error_code hold(std::unique_ptr<Unsealed>&&, std::string&) {
        return Errc::auth_not_possible;
    }
    /// Whether there is room for one more message that is answered later.
    virtual bool may_defer() { return true; }
    /// What answers the message in hand later, for the handler that is called with it just now.
    virtual boost::intrusive_ptr<Deferred> defer();
    /// Gives an answer to who waits for it there where its question was passed on, if it was.
    virtual bool pass_back(Message&) { return false; }
    /// Makes a request anew that RequestTable::that_may_be_retried() gives. Whether it did.
    virtual bool retry(RequestId) { return false; }
    /// Told of what may be an answer from there, but cannot be believed.
    virtual void not_believed(const Message&, std::error_code) {}
    /// Told that what is subscribed to there has ended, by a message that ends_subscription().
    virtual void subscription_ended(const Message&) {}
    /// Whether an answer may go there that nobody asked for with a message that was accepted
    /// (protocol.md §10.8). Each one counts.
    virtual bool may_answer_unasked() { return true; }
    /// Answers a handshake that asks for a session.
    virtual std::optional<OwnedMessage> shake_hands(const Message&) { return std::nullopt; }
    /// Whether what goes there is sealed.
    bool sealed() const noexcept { return sealed_; }
    /// Whether nothing but answers is taken from there without a session.
    bool session_required() const noexcept { return session_required_; }
    /// Who is known there by the secrets that the session was made from; null without one.
    virtual const Identities* sealed_by() const noexcept { return nullptr; }
    /// The longest frame that goes there sealed, in bytes.
    virtual std::size_t sealed_frame_max() const noexcept { return SIZE_MAX / 2; }
    /// Whether a message of this type may come from there without the session that is required.
    virtual bool may_be_unsealed(MessageType) const noexcept { return false; }
    /// Told of another one that came so.
    virtual void spoke_unsealed() {}
    /// Who is there as the system knows it, and its session, whatever a message brings.
    const Identities& who() const noexcept { return who_; }
    /// What plugins said of it when it last sent something of its own accord, no answer and no
    /// notification, that the rules admitted; null where nothing was noted.
    virtual const Vouched* vouched() const { return nullptr; }
    /// Where that is noted.
    virtual Vouched* note_vouched() { return nullptr; }
    /// Whether a message with this uri has to wait for the handlers of earlier ones.
    bool must_wait(ByteView uri) const noexcept { return handlers_run_ && is_handled(uri); }

protected:
    bool handlers_run_ = false;  // those that suspended, of messages from there
    bool sealed_ = false;
    bool session_required_ = false;
    Identities who_ = {};

private:
    /// Whether a message with this uri is being handled.
    virtual bool is_handled(ByteView) const noexcept { return false; }
};

/// A registered handler. The core calls plain ones; one that suspends is for the net floor to
/// start.
class Handler {
public:
    explicit Handler(bool suspends, bool defers = false) noexcept
        : suspends_(suspends), defers_(defers) {}
    virtual ~Handler() = default;

    bool suspends() const noexcept { return suspends_; }
    /// Whether it takes what it answers by with it, so that what it returns says nothing.
    bool defers() const noexcept { return defers_; }
    /// Runs a plain handler; may throw whatever the user's code throws.
    virtual std::optional<OwnedMessage> call(const Message& message, Source& source) const = 0;
    /// Told of a second copy of a message, which came by another way.
    virtual void hear_again(const Message&, Source&) const {}

    /// Whether that is still to be said of it, which then counts as said. Thread-safe.
    bool to_be_said() const noexcept { return !said_.exchange(true, std::memory_order_relaxed); }

private:
    bool suspends_;
    bool defers_;
    mutable std::atomic<bool> said_ = false;
};

/// A handler with the inner plugins of its messages.
struct Route {
    std::shared_ptr<const Handler> handler;
    Plugins inner;
    std::size_t prefix_size = 0;  // of the uris it is for; none when it is for whole ones
    std::shared_ptr<const WhoPattern> who = nullptr;  // whose messages it is for; null: everybody's
    std::shared_ptr<const Key> once = nullptr;        // of one that serves a single message
    bool ruled = true;                                // whether rules are asked about its messages
};

/// A route to a handler that is registered so.
inline Route route_to(std::shared_ptr<const Handler> handler, HandlerOptions options) {
    Route route{std::move(handler), {std::move(options.auth), std::move(options.cipher)}};
    if (!options.who.empty()) {
        route.who = std::make_shared<const WhoPattern>(std::move(options.who));
    }
    return route;
}

}  // namespace netaio::core
