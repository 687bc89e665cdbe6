#pragma once

#include <deque>
#include <map>
#include <memory>
#include <netaio/netaio.hpp>
#include <optional>
#include <string>
#include <unordered_map>

#include "app_traffic.hpp"
#include "far_end.hpp"
#include "quota.hpp"
#include "registry.hpp"

namespace netaio::daemon {

/// The user whom this process runs as.
std::uint32_t own_user() noexcept;

/// What answers a program that asks for what is an app's.
inline Refusal not_an_app() {
    return Refusal::not_permitted(
        "only an app may do that: register as one, as a DaemonClient does (CREATE_URI "
        "netaiod/app)");
}

/// Who gets what a program sends to `subscribers:KEY`.
struct Subscriber {
    std::string who;  // as the field has it
    std::string key;
    bool prefix = false;

    /// Whether that is a node, at whatever port.
    bool is_node() const { return FarEnd::parse(who)->is_node(); }
    /// What it counts for.
    std::size_t size() const noexcept { return who.size() + key.size(); }
    friend auto operator<=>(const Subscriber&, const Subscriber&) = default;
};

/// A program that is connected: an app once it has said its name; till then it may ask the daemon
/// itself only.
struct Program {
    Program(std::shared_ptr<Connection> to, const Credentials& whose,
            std::unique_ptr<Allowance> may)
        : connection(std::move(to)), credentials(whose), allowance(std::move(may)) {
        sender.becomes(Identity{"uid", std::to_string(credentials.uid)});
    }

    std::uint64_t number() const noexcept { return connection->id(); }
    /// The key of its subscribers at servers and nodes that it shares with others.
    std::string shared_key(ByteView key) const {
        return std::to_string(number()) + '/' + key.str();
    }
    bool is_app() const noexcept { return id.has_value(); }

    const std::shared_ptr<Connection> connection;
    const Credentials credentials;
    // None once it is gone, though what it asked may still be under way.
    std::unique_ptr<Allowance> allowance;
    std::string name = {};
    std::optional<AppId> id = std::nullopt;
    Sender sender = {};  // to others of this machine; with its name, once that is known
    Traffic traffic = {};
    bool paused = false;
    std::unique_ptr<Timer> pause = nullptr;

    // Its own node, if it manages peers, and how.
    std::shared_ptr<UdpNode> node = nullptr;
    std::weak_ptr<UdpNode> left = {};  // the one before, while it says that its peer leaves
    PeerManagementOptions management = {};
    Peer peer = {};
    // With the order in which they subscribed last.
    std::map<Subscriber, std::uint64_t> subscribers = {};
    // Who asked it to be subscribed, the latest last, as the field has it.
    std::deque<std::string> subscribing = {};

    // What the rules say of what it sends, as far as that was asked.
    std::map<std::pair<MessageType, std::string>, bool> permitted = {};
};

}  // namespace netaio::daemon
