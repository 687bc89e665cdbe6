#pragma once

#include <memory>
#include <netaio/environment.hpp>
#include <netaio/message.hpp>
#include <netaio/packify.hpp>
#include <netaio/peer.hpp>

namespace netaio {

class PeerPlugin;

/// What a plugin is told beside the message. The pointers are valid during the call.
struct PluginContext {
    /// The node's clock, randomness and log.
    const Environment& environment;
    /// The node itself as it presents itself to peers; null when it has no identity.
    const Peer* local_peer = nullptr;
    /// The peer at the other end; null when unknown.
    const Peer* peer = nullptr;
    /// How peer data is read; null when the node has none.
    const PeerPlugin* peer_plugin = nullptr;
};

/// Authenticates messages: make() adds fields when sending, check() tests them when receiving.
/// Implementations must be thread-safe, as one plugin serves all threads of a node, and hold no
/// state of a single message.
class AuthPlugin {
public:
    virtual ~AuthPlugin() = default;

    /// Sets the fields that authenticate this encoded body. An error means the message is not sent.
    virtual std::error_code make(AuthFields& fields, ByteView encoded_body,
                                 const PluginContext& context) const = 0;
    /// Whether the fields authenticate the encoded body. Fields come from the network: whatever is
    /// wrong with them is `false`. Comparisons must take constant time.
    virtual bool check(const AuthFields& fields, ByteView encoded_body,
                       const PluginContext& context) const = 0;
    /// What a sender is told when its message fails the check.
    virtual OwnedMessage error() const;
    /// Whether the result depends on the receiver, so that a message to many is made for each.
    virtual bool is_peer_specific() const noexcept { return false; }
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
};

}  // namespace netaio
