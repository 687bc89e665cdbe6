#pragma once

#include <netaio/frame.hpp>

#include "callback.hpp"
#include "peers.hpp"
#include "requests.hpp"
#include "router.hpp"
#include "tally.hpp"

namespace netaio::core {

/// The three kinds of nodes differ only in what becomes of replies (protocol.md §4).
enum class Role { server, client, node };

/// Makes the answer to a message that failed an auth check; nothing to stay silent. An error is not
/// sent in answer to an error.
using AuthErrorHandler = Callback<std::optional<OwnedMessage>(const AuthPlugin&, const Message&)>;

/// PeerCallbacks as a node keeps them.
struct PeerTellers {
    Callback<void(const Peer&)> joined = {};
    Callback<void(const Peer&)> changed = {};
    Callback<void(const Peer&)> left = {};
};

/// What all threads of one node share. Everything but router and peers is set before it starts.
struct Node : std::enable_shared_from_this<Node> {
    explicit Node(Role node_role) : role(node_role) {}

    Role role;
    Environment environment = {};
    MessageTypes types = {};
    FrameLimits limits = {};
    Plugins outer = {};
    std::shared_ptr<const PeerPlugin> peer_plugin = nullptr;
    std::optional<Peer> local_peer = std::nullopt;
    KeyExtractor extract_keys = {};                            // empty: the default
    AuthErrorHandler on_auth_error = {};                       // empty: the default
    std::shared_ptr<const Handler> default_handler = nullptr;  // null: the default
    Router router = {};
    PeerTable peers = PeerTable();
    PeerTellers on_peer = {};
    /// What the subscriptions of all connections take.
    std::atomic<std::size_t> subscription_bytes{0};
    /// Whether only messages that an auth plugin accepted keep peers alive.
    std::atomic<bool> peers_need_auth{false};

    /// What plugins are told; `peer` must outlive it.
    PluginContext context(const Peer* peer) const noexcept {
        return {environment, local_peer ? &*local_peer : nullptr, peer, peer_plugin.get()};
    }
    /// The peer at that address, if any.
    PeerTable::Snapshot peer_at(const Address& address) const {
        return peers.empty() ? nullptr : peers.find(address);
    }
    /// Who sent it, if a peer did; asks the source only when there are peers at all.
    PeerTable::Snapshot peer_at(const Source& source) const {
        return peers.empty() ? nullptr : peers.find(source.remote());
    }
    void log(LogLevel level, std::string_view what, const Address& from) const;
    /// At debug: what happened to something with a key, which is shown as far as lines are long.
    void trace(std::string_view what, ByteView key, const Address& from) const;
    /// The same for a message.
    void trace(std::string_view what, const Message& message, const Address& from) const;
    /// Runs the callback for it, if there is one.
    void tell_of_peer(PeerEvent event, const Peer& peer) const;
};

/// What became of a received frame.
struct Outcome {
    enum class Kind {
        done,       ///< nothing is left to do; a reply, if any, was appended
        suspended,  ///< `route`'s handler is to be started with `message`, then finish() called
        returned,   ///< a client's receive call gets `message`
        discarded,  ///< a client's receive call gets nothing
        fatal,      ///< `error` says why the stream can't go on
    };

    Outcome(Kind what = Kind::done) noexcept : kind(what) {}
    static Outcome suspended(Message&& message, const Route& route) {
        Outcome outcome(Kind::suspended);
        outcome.message = std::move(message);
        outcome.route = route;
        return outcome;
    }
    static Outcome returned(Message&& message, bool handled) {
        Outcome outcome(Kind::returned);
        outcome.message = std::move(message);
        outcome.handled = handled;
        return outcome;
    }
    static Outcome fatal(std::error_code why) {
        Outcome outcome(Kind::fatal);
        outcome.error = why;
        return outcome;
    }

    Kind kind;
    bool handled = false;  ///< a handler saw the message: nobody misses it
    std::optional<Message> message = std::nullopt;
    std::optional<Route> route = std::nullopt;
    // Optional, as making an error_code calls the library, for each message.
    std::optional<std::error_code> error = std::nullopt;
};

/// The way of a message through a node, in the one place that knows it: checksum, outer layer,
/// routing, inner layer, handler, and back (protocol.md §3, §4). One for each thread.
class Dispatcher {
public:
    Dispatcher(Node& node, Tallies& tallies)
        : node_(node), tallies_(tallies), routes_(node.router) {}

    /// Handles one frame. Replies are appended to `out` as frames.
    Outcome receive(const Frame& frame, Source& source, std::string& out);

    /// Whether an auth plugin accepted what receive() had last.
    bool accepted() const noexcept { return accepted_; }

    /// Ends a suspended handler: its reply, or none. Server and node append it to `out`; for a
    /// client the outcome says what receive calls return.
    Outcome finish(const Route& route, Message&& message, std::optional<OwnedMessage>&& reply,
                   Source& source, std::string& out);
    /// Ends a suspended handler that threw.
    Outcome fail(const Route& route, const Message& message, std::string_view what, Source& source,
                 std::string& out);

    /// User code that must not throw did: counted and logged, and nothing comes of the message.
    Outcome broken(std::string_view what, const Source& source);

    /// Protects a message with both layers and appends it to `out`.
    std::error_code send(OwnedMessage&& message, const Plugins& inner, const Plugins& outer,
                         const Peer* peer, std::string& out);

    Tallies& tallies() noexcept { return tallies_; }

private:
    enum class Layer { outer, inner };

    // What each message passes through: as calls it takes a twelfth more instructions
    // (tests/callgrind: route).
    [[gnu::always_inline]] inline Outcome handle(const Frame& frame, Source& source,
                                                 std::string& out);
    [[gnu::always_inline]] inline Outcome route(Message&& message, Source& source,
                                                std::string& out);
    [[gnu::always_inline]] inline const Route* find_route(const Message& message,
                                                          const Source& source,
                                                          std::shared_ptr<const Route>& taken);
    [[gnu::always_inline]] inline void believed(const Source& source);
    [[gnu::always_inline]] inline void reply(OwnedMessage&& message, const Plugins& inner,
                                             Source& source, std::string& out);
    [[gnu::always_inline]] inline std::error_code encode(OwnedMessage&& message,
                                                         const Plugins& inner, const Plugins& outer,
                                                         const Peer* peer, std::string& out);

    Outcome call(const Route& route, Message&& message, Source& source, std::string& out);
    Outcome unhandled(Message&& message, Source& source, std::string& out);
    Outcome refuse(std::error_code error, const Plugins& plugins, Layer layer,
                   const Message& message, Source& source, std::string& out);
    Outcome auth_failed(const Plugins& plugins, Layer layer, const Message& message, Source& source,
                        std::string& out);
    Outcome bad_checksum(const Message& message, Source& source, std::string& out);
    Outcome drop();
    bool answer_request(Message& message, Source& source, const Peer* peer);
    bool fail_request(const Message& message, const Plugins& layer, Source& source);
    void automatic(OwnedMessage&& message, bool bare, Source& source, std::string& out);

    Node& node_;
    Tallies& tallies_;
    RouteReader routes_;
    std::size_t frame_size_ = 0;  // of the frame in hand, as it arrived
    bool accepted_ = false;       // whether an auth plugin accepted it
};

}  // namespace netaio::core
