#pragma once

#include <atomic>
#include <memory>
#include <netaio/frame.hpp>
#include <set>

#include "callback.hpp"
#include "peers.hpp"
#include "present_values.hpp"
#include "replaceable.hpp"
#include "router.hpp"
#include "rule_reader.hpp"
#include "session_terms.hpp"
#include "vouched.hpp"

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

/// What all threads of one node share. Everything but routes, peers, the outer layer and the rules
/// is set before it starts.
struct Node : std::enable_shared_from_this<Node> {
    explicit Node(Role node_role);

    // The lowest that no other node of this process has: who takes the place of one that went has
    // its number, so that what plugins know of that one's messages is true of its own, too.
    struct Number {
        Number();
        ~Number();
        Number(const Number&) = delete;
        Number& operator=(const Number&) = delete;

        std::uint64_t value;

    private:
        std::set<std::uint64_t>::node_type kept_;
    };

    Role role;
    /// Whether a client's handlers answer whoever sent the message, as those of others do.
    bool client_answers = false;
    /// Whether messages are those of the user whose process is at the other end of their
    /// connection: not where that passes on what others say.
    bool names_users = true;
    const Number number;
    Environment environment = {};
    MessageTypes types = {};
    FrameLimits limits = {};
    Replaceable<Plugins> outer;
    /// What it brings into its sessions; null where it has none.
    std::shared_ptr<const SessionTerms> session = nullptr;
    std::shared_ptr<const PeerPlugin> peer_plugin = nullptr;
    std::optional<Peer> local_peer = std::nullopt;
    KeyExtractor extract_keys = {};       // empty: the default
    AuthErrorHandler on_auth_error = {};  // empty: the default
    Replaceable<Route> default_route;     // without handler: the default
    Router router = {};
    /// What answers a message that is refused by rules, or by whom its handler is for.
    MessageType refusal = MessageType::not_permitted;
    Replaceable<Rules> rules;
    /// Whether any message may be refused so, or ever could: what is asked of each.
    std::atomic<bool> may_refuse{false};
    PeerTable peers = PeerTable();
    PeerTellers on_peer = {};
    /// What all subscriptions take.
    std::atomic<std::size_t> subscription_bytes{0};
    PresentValues present = PresentValues();
    /// Whether only messages that an auth plugin accepted keep peers alive.
    std::atomic<bool> peers_need_auth{false};

    /// Whether it speaks to nobody but in sessions.
    bool requires_session() const noexcept {
        return session && session->options.policy == SessionPolicy::require;
    }
    /// Whether what handlers return goes to receive calls.
    bool keeps_replies() const noexcept { return role == Role::client && !client_answers; }
    /// Throws std::invalid_argument where sessions are required, and would be with anybody.
    void set_outer(Plugins now) {
        if (session) {
            session->require_somebody(now);
        }
        outer = std::move(now);
    }
    void set_rules(Rules now) {
        const bool any = now != nullptr;
        rules = std::move(now);
        if (any) {
            may_refuse = true;
        }
    }
    /// As Router::keep().
    void keep(const Key& key, Route route, bool once) {
        if (route.who) {
            may_refuse = true;
        }
        router.keep(key, std::move(route), once);
    }
    /// What plugins are told; `peer` must outlive it.
    PluginContext context(const Peer* peer) const noexcept {
        return {environment, local_peer ? &*local_peer : nullptr, peer, peer_plugin.get(),
                number.value};
    }
    PluginContext context(const Recipient& to) const noexcept {
        PluginContext told = context(to.peer);
        told.remote = to.remote;
        told.answer = to.answer;
        return told;
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
    /// What log lines say of a message: its type, and whose it is where that is known.
    std::string described(const Message& message) const;
    /// A key in quotes, as far as lines are long.
    static std::string shown(ByteView key);
    /// At debug: what happened to something with a key, which is shown as far as lines are long.
    void trace(std::string_view what, ByteView key, const Address& from) const {
        if (environment.log.enabled(LogLevel::debug)) [[unlikely]] {
            write_trace(what, key, from);
        }
    }
    /// The same for a message.
    void trace(std::string_view what, const Message& message, const Address& from) const {
        if (environment.log.enabled(LogLevel::debug)) [[unlikely]] {
            write_trace(what, message, from);
        }
    }
    /// Runs the callback for it, if there is one.
    void tell_of_peer(PeerEvent event, const Peer& peer) const;

private:
    void write_trace(std::string_view what, ByteView key, const Address& from) const;
    void write_trace(std::string_view what, const Message& message, const Address& from) const;
};

}  // namespace netaio::core
