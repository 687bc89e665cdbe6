#pragma once

#include <map>

#include "backoff.hpp"
#include "node.hpp"
#include "peer_handler.hpp"

namespace netaio::core {

/// Automatic peer management of a node (protocol.md §9): registers the handlers of each app id,
/// advertises in time, and has silent peers forgotten. Does not wait or send itself: whoever owns
/// it calls tick() when next() has come, and is given messages to send. Not thread-safe.
class PeerManager {
public:
    using TimePoint = PeerTable::TimePoint;
    /// Sends a message to all who should know: a group, or every connection. Protected by these
    /// inner plugins and the node's own.
    using Announce = std::function<void(OwnedMessage, const Plugins&)>;

    /// `node` and what `announce` needs must outlive it.
    PeerManager(Node& node, Announce announce);

    /// Who is told where a node is that says that it knows this one. To be set before managing.
    void when_discovered(Callback<void(const Address&)> discovered) {
        discovered_ = std::move(discovered);
    }

    /// What a node does that exchanges peers: is told where one of an app id is whom an auth plugin
    /// names, and tells of them. To be set before managing; without it none are exchanged.
    struct Exchange {
        std::function<void(const std::string& app_id, const Address&)> named;
        std::function<std::string(const std::string& app_id, const Address&, std::size_t room)>
            tell;
    };
    void when_exchanging(Exchange exchange) { exchange_ = std::move(exchange); }
    /// PeerManagement::may_change and ask_about. To be set before managing.
    void guard(std::function<bool(const Peer&, const Source&)> may_change,
               std::function<void(const Address&)> ask_about) {
        may_change_ = std::move(may_change);
        ask_about_ = std::move(ask_about);
    }

    /// Throws std::logic_error when the node has no identity, std::invalid_argument for times that
    /// make no sense or a cipher that hides the app id.
    static void check(const Node& node, const PeerManagementOptions& options);
    /// Begins for an app id, or replaces how it is done, and advertises at once. The options must
    /// pass check().
    void manage(PeerManagementOptions options);
    /// Ends it for one app id, and says DISCONNECT. Whether it was managed.
    bool stop(const std::string& app_id);
    /// The same for all.
    void stop_all();

    // Kept by whoever announces, as plugins, which are users' code, may end the management.
    using Options = std::shared_ptr<const PeerManagementOptions>;

    /// How an app id is managed; null where it is not.
    Options managed(ByteView app_id) const {
        const auto found = apps_.find(app_id);
        return found == apps_.end() ? nullptr : found->second.options;
    }
    /// The message of this type for an app id; nothing, and a line in the log, where the local peer
    /// cannot be packed.
    std::optional<OwnedMessage> message(MessageType type,
                                        const PeerManagementOptions& options) const;
    /// The messages of this type for every app id, each with its inner plugins.
    std::vector<std::pair<OwnedMessage, Plugins>> messages(MessageType type) const;
    /// Advertises now, as when a network came up.
    void advertise();
    /// How often it advertises for one of the app ids at least; nothing where none is managed.
    std::optional<std::chrono::milliseconds> advertises_every() const;
    /// Does what is due.
    void tick();
    /// When tick() is to be called next.
    std::optional<TimePoint> next() const;

private:
    struct App {
        Options options;
        TimePoint advertise_at = {};
    };

    std::vector<Options> managed() const;
    void exchange(const Options& options, const Options& before);
    void announce(MessageType type, const Options& options) const;
    std::chrono::milliseconds peer_timeout() const;
    TimePoint now() const { return node_.environment.clock->steady_now(); }
    TimePoint some_time_after(std::chrono::milliseconds interval) const {
        return now() + about(interval, *node_.environment.random);
    }

    Node& node_;
    Announce announce_;
    Callback<void(const Address&)> discovered_;
    Exchange exchange_;
    std::function<bool(const Peer&, const Source&)> may_change_ = {};
    std::function<void(const Address&)> ask_about_ = {};
    std::map<std::string, App, std::less<>> apps_;
    TimePoint look_at_ = {};  // when silent peers are looked for next
};

}  // namespace netaio::core
