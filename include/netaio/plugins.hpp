#pragma once

#include <functional>
#include <memory>
#include <netaio/address.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <netaio/identity.hpp>
#include <netaio/message.hpp>
#include <netaio/packify.hpp>
#include <netaio/peer.hpp>
#include <netaio/secret.hpp>
#include <string>
#include <vector>

namespace netaio {

class PeerPlugin;
struct HandlerOptions;

/// What plugins found out about a message beside whether it passes.
struct Verdict {
    /// Who it is from, if it passes.
    Identities who = {};
    /// Why it does not, if it does not.
    Errc why = Errc::auth_failed;
    /// What its sender is told of that, instead of AuthPlugin::error(); empty for the latter. An
    /// AUTH_ERROR with this content.
    std::string says = {};
    /// Of a message that was replayed: whether so soon that it is perhaps a copy that took another
    /// way, as datagrams to a group do. It is authentic all the same, and `who` says whose it is.
    bool copy = false;
    /// Whether messages that were not too old yet had to be forgotten for this one (SeenMessages).
    bool forgot = false;
    /// Whether a message passes by PluginContext::any_age alone; `why` and `says` are as if it did
    /// not.
    bool aged = false;
};

/// What plugins add to the keys of a session that begins (protocol.md §15).
struct SessionSecrets {
    std::vector<Secret> all = {};
    /// Who is known by them; as Verdict::who has it.
    Identities who = {};
};

/// What an outgoing message waits for away from the event loop, as for a proof of work. Made by
/// AuthPlugin::make(), which finds in it then what came of it. Has to end in a time of its own
/// choice, as only requests have one: what is sent on a connection behind its message waits, too.
class PluginWork {
public:
    virtual ~PluginWork() = default;
    /// Begins, unless it is dropped before that. `done` is called once, on any thread and perhaps
    /// at once, when it is ended; not after cancel() has returned. What it throws fails the
    /// message.
    virtual void start(std::function<void()> done) = 0;
    /// Ends it soon, wherever it is, as nobody waits for it any more. Thread-safe; uses no node.
    virtual void cancel() noexcept = 0;
};

/// What a plugin is told beside the message, and where it says what it found. The pointers are
/// valid during the call.
struct PluginContext {
    /// The node's clock, randomness and log.
    const Environment& environment;
    /// The node itself as it presents itself to peers; null when it has no identity.
    const Peer* local_peer = nullptr;
    /// The peer at the other end; null when unknown.
    const Peer* peer = nullptr;
    /// How peer data is read; null when the node has none.
    const PeerPlugin* peer_plugin = nullptr;
    /// A number that no other node of this process has, the lowest: one that takes the place of
    /// another, which went, has its number.
    std::uint64_t node = 0;
    /// Of an outgoing message, who this layer's plugins said that its receiver is: of an answer,
    /// when it asked; of a notification, when it subscribed; of others, when it last sent a message
    /// of its own accord, no answer and no notification, that rules admitted. Null when it never
    /// did, or there are many. Of a message that a cipher decrypts, who the auth plugin of the
    /// layer says that it is from.
    const Identities* who = nullptr;
    /// Where findings go; null when nobody asks.
    Verdict* verdict = nullptr;
    /// The address at the other end; null when unknown, or there are many.
    const Address* remote = nullptr;
    /// Whether the message answers a request: one from the other end that was accepted, or is
    /// refused, or one of this node's own, as far as the id and the type tell before the message is
    /// opened.
    bool answer = false;
    /// Where make() leaves what the message has to wait for, as it returns Errc::pending; it is
    /// called again with it, the fields as it left them and the same body, when that is done. Null
    /// where nobody can wait, as for automatic replies.
    std::shared_ptr<PluginWork>* work = nullptr;
    /// Whether a message that is too old, or came before, passes all the same, which Verdict::aged
    /// then says: of what may begin a session, where a replay leads to nothing.
    bool any_age = false;

    /// Says who a message is from that passes.
    void vouch(const Identities& them) const {
        if (verdict) {
            verdict->who.add(them);
        }
    }
    /// Says why a message does not pass (Errc::auth_failed, stale, replayed or unpaid), and what
    /// its sender is told; `return context.refuse(...)`.
    bool refuse(Errc why, std::string_view says = {}) const {
        if (verdict) {
            verdict->why = why;
            verdict->says = says;
        }
        return false;
    }
};

/// Authenticates messages: make() adds fields when sending, check() tests them when receiving.
/// Implementations must be thread-safe, as one plugin serves all threads of a node, and hold no
/// state of a single message.
class AuthPlugin {
public:
    virtual ~AuthPlugin() = default;

    /// Sets the fields that authenticate this encoded body. An error means the message is not sent;
    /// Errc::pending that it is not yet (PluginContext::work).
    virtual std::error_code make(AuthFields& fields, ByteView encoded_body,
                                 const PluginContext& context) const = 0;
    /// Whether the fields authenticate the encoded body. Fields come from the network: whatever is
    /// wrong with them is `false`. Comparisons must take constant time. May say more by
    /// PluginContext::vouch() and refuse().
    virtual bool check(const AuthFields& fields, ByteView encoded_body,
                       const PluginContext& context) const = 0;
    /// What a sender is told when its message fails the check.
    virtual OwnedMessage error() const;
    /// Told with what content (AUTH_ERROR) the other end refused a request of this node: whether it
    /// is worth being made anew and sent again, under the same timeout, three times at most. Asked
    /// only of plugins that may_retry(). Anybody who learned or guessed the id of the request may
    /// have said it.
    virtual bool retry(ByteView, const PluginContext&) const { return false; }
    /// Whether requests are kept until they are answered, so that they can be sent again.
    virtual bool may_retry() const noexcept { return false; }
    /// Whether the result depends on the receiver, so that a message to many is made for each.
    virtual bool is_peer_specific() const noexcept { return false; }
    /// Whether one of these is whom it vouches for: so any_of() makes what goes to them with it,
    /// and TcpServer::set_plugins() keeps their connections.
    virtual bool vouches_for(const Identities&) const noexcept { return false; }
    /// What the node's layer asks of messages within a session (protocol.md §15): the same as of
    /// others; null where the session does what this plugin is for. Valid as long as this object.
    virtual const AuthPlugin* within_session() const noexcept { return this; }
    /// Adds what a session's keys are made from, too: of several secrets, that of who is named; the
    /// first otherwise. Nothing by one that has none, or that within_session() does not leave out.
    virtual void add_session_secrets(const Identities* /* whose */, SessionSecrets&) const {}
};

/// Encrypts and decrypts message bodies in place. The same demands as for AuthPlugin hold.
class CipherPlugin {
public:
    virtual ~CipherPlugin() = default;

    /// Replaces the body by its ciphertext and sets the fields that decrypting it needs. An error
    /// means the message is not sent.
    virtual std::error_code encrypt(Body& body, AuthFields& fields,
                                    const PluginContext& context) const = 0;
    /// The reverse. After an error the body is undefined and the message is dropped.
    virtual std::error_code decrypt(Body& body, const AuthFields& fields,
                                    const PluginContext& context) const = 0;
    /// Whether the uri is unreadable before decrypting, so that no handler with a uri in its key
    /// can use this plugin.
    virtual bool hides_uri() const noexcept { return false; }
    /// Whether the result depends on the receiver, so that a message to many is made for each.
    virtual bool is_peer_specific() const noexcept { return false; }
    /// As AuthPlugin has them.
    virtual const CipherPlugin* within_session() const noexcept { return this; }
    virtual void add_session_secrets(const Identities* /* whose */, SessionSecrets&) const {}
};

/// Says how peers are written in peer-management messages (protocol.md §9). Thread-safe.
class PeerPlugin {
public:
    virtual ~PeerPlugin() = default;

    /// Whether a peer is to be believed and kept.
    virtual bool validate(const Peer& peer) const = 0;
    /// Reads Peer::data.
    virtual Result<Value> parse_data(const Peer& peer) const = 0;
    /// Writes Peer::data.
    virtual Result<std::string> encode_data(const Value& data) const = 0;
    /// A peer as the content of a message: id and data, no addresses.
    virtual Result<std::string> pack(const Peer& peer) const = 0;
    /// The reverse; the peer has no addresses yet.
    virtual Result<Peer> unpack(ByteView packed) const = 0;
    /// Whether the packed form depends on the receiver.
    virtual bool is_peer_specific() const noexcept { return false; }
};

/// One layer of protection (protocol.md §3): each plugin may be null. Shared, so that one plugin
/// may serve many handlers and nodes.
struct Plugins {
    std::shared_ptr<const AuthPlugin> auth = nullptr;
    std::shared_ptr<const CipherPlugin> cipher = nullptr;

    /// A handler's, for everybody.
    operator HandlerOptions() const;
};

/// How a handler is registered beside its key: `{.auth = admin}`, `{.who = "sensor-*"}`, or the
/// Plugins of its layer alone.
struct HandlerOptions {
    /// Its messages and replies go through these plugins, inside the node's layer.
    std::shared_ptr<const AuthPlugin> auth = nullptr;
    std::shared_ptr<const CipherPlugin> cipher = nullptr;
    /// Whose messages reach it, by a pattern as AccessRules has them (`alice` is `hmac:alice`);
    /// everybody's unless given.
    /// Others get NOT_PERMITTED. A group is refused by std::invalid_argument.
    std::string who = {};

    /// What of it is a layer.
    operator Plugins() const { return {auth, cipher}; }
};

inline Plugins::operator HandlerOptions() const {
    return {auth, cipher, {}};
}

}  // namespace netaio
