#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <netaio/addressed_requester.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/environment.hpp>
#include <netaio/handler_registry.hpp>
#include <netaio/peer_management.hpp>
#include <netaio/udp_node.hpp>
#include <optional>
#include <set>
#include <string>

#include "allowance.hpp"
#include "lifetime.hpp"
#include "link.hpp"
#include "pieces.hpp"
#include "presence.hpp"

namespace netaio::chat_app {

/// What a UdpNode and a DaemonClient have in common.
struct LanNode {
    AddressedRequester& requester;
    HandlerRegistry<UdpHandler>& handlers;
    std::function<void(PeerCallbacks)> set_peer_callbacks;
    std::function<void(PeerManagementOptions)> manage_peers;
    std::function<std::optional<Peer>(ByteView id)> peer;
};

/// That of either.
template <class Node>
LanNode lan_node(Node& node) {
    return {node, node,
            [&node](PeerCallbacks callbacks) { node.set_peer_callbacks(std::move(callbacks)); },
            [&node](PeerManagementOptions options) { node.manage_peers(std::move(options)); },
            [&node](ByteView id) { return node.peer(id); }};
}

/// How people of a network reach each other.
struct LanLinkOptions {
    /// How they find each other.
    PeerManagementOptions peers = {.app_id = presence_app_id,
                                   .advertise_every = std::chrono::seconds(5),
                                   .peer_timeout = std::chrono::seconds(20)};
    Environment environment = {};
    /// Told when something came, or somebody came or went.
    std::function<void()> on_change = {};
    /// Peers that are met; more are passed over.
    std::size_t people_max = 1'000;
    /// How long a datagram may take there and back before it is sent again; twice as long each
    /// further time.
    std::chrono::milliseconds answer_time{300};
    /// How often it is sent.
    unsigned attempts = 5;
    /// Pieces of one envelope that are on their way at once.
    std::size_t pieces_at_once = 8;
    /// One-time prekeys that are handed out; who asks for more gets bundles without one.
    Rate host_prekeys = {10, std::chrono::minutes(1)};
    Rate all_prekeys = {60, std::chrono::hours(1)};
};

/// Meets people on the local network, and brings them parcels, by datagrams: CREATE_URI
/// `chat/piece/PERSON/ID/N/OF`, answered OK, with `whole` when the receiver has all of it; and
/// REQUEST_URI `chat/prekeys/PERSON`, answered with their bundle. PERSON is the first 16
/// hexadecimal digits of their mailbox, as several people may be behind one port. To be used on the
/// executor alone; the node must outlive it, and have Presence::peer() as its `local_peer`.
class LanLink final : public Link {
public:
    /// Registers what it serves, and begins to meet people.
    LanLink(boost::asio::any_io_executor executor, LanNode node, const chat::Identity& identity,
            ChatCalls chat, LanLinkOptions options = {});
    ~LanLink() override;

    bool reaches(const chat::PublicKey& whom) const override { return present_.contains(whom); }
    void carry(const chat::Parcel& parcel, Ended ended) override;
    void ask_bundle(const chat::PublicKey& whom, Ended ended) override;

private:
    // Somebody who is there, as one peer or more.
    struct Present {
        std::set<std::string> peers = {};
        std::size_t turn = 0;  // which of the addresses is the next to be tried
    };
    struct Sending;

    void joined(const Peer& peer);
    void changed(const Peer& peer);
    void left(const Peer& peer);
    std::optional<Address> next_address(const chat::PublicKey& whom);

    void send_pieces(const std::shared_ptr<Sending>& sending);
    void send_piece(const std::shared_ptr<Sending>& sending, std::size_t number, unsigned attempt);
    void piece_ended(const std::shared_ptr<Sending>& sending, std::size_t number, unsigned attempt,
                     std::error_code error, const OwnedMessage& reply);
    void ask_bundle(const chat::PublicKey& whom, unsigned attempt, Ended ended);
    RequestOptions attempt_time(unsigned attempt) const;
    void end_later(Ended ended);

    std::string take_piece(const Message& message, const Address& from);
    std::string hand_out(const Address& from);
    void tell_change() const;
    bool noted(const std::function<void()>& work) const {
        return chat_app::noted(options_.environment.log, work);
    }
    std::chrono::steady_clock::time_point now() const {
        return options_.environment.clock->steady_now();
    }

    boost::asio::any_io_executor executor_;
    LanNode node_;
    const chat::PublicKey own_;
    const std::string own_piece_uris_;
    const std::string own_prekeys_uri_;
    ChatCalls chat_;
    LanLinkOptions options_;
    std::map<std::string, Presence> peers_;  // by their ids
    std::map<chat::PublicKey, Present> present_;
    PieceTable pieces_;
    Allowances host_prekeys_;
    Allowances all_prekeys_;
    Lifetime lifetime_;
};

}  // namespace netaio::chat_app
