#pragma once

#include <map>

#include "dispatcher.hpp"
#include "lapsing_subscriptions.hpp"
#include "peer_manager.hpp"
#include "source_limiter.hpp"
#include "suspended.hpp"
#include "unproven.hpp"

namespace netaio::core {

/// Datagrams to be sent: a node adds them, whoever moves them takes them out.
struct Outbox {
    struct Item {
        std::size_t at = 0;  ///< where its bytes begin; several items may have the same
        std::size_t size = 0;
        Address to = {};
        bool to_group = false;  ///< goes to the group on every interface; `to` says nothing
    };

    std::string bytes = {};
    std::vector<Item> items = {};

    ByteView view(const Item& item) const { return ByteView(bytes).substr(item.at, item.size); }
    /// What the items cover.
    std::size_t end() const noexcept {
        return items.empty() ? 0 : items.back().at + items.back().size;
    }
    void clear() noexcept {
        bytes.clear();
        items.clear();
    }
};

/// The bounds of a node.
struct DatagramBounds {
    std::size_t datagram_max = 65507;
    std::size_t outbox_max = 4 << 20;  ///< bytes of memory
    std::size_t requests_max = 65536;
    std::size_t subscriptions_max = 1 << 20;
    std::size_t subscribers_max = 65536;
    std::size_t subscribers_per_host_max = 1024;
    std::size_t handlers_max = 1024;
    double replies_per_second = 20;
    double unproven_bytes_per_second = 4 << 20;
    double unproven_bytes_per_second_total = 32 << 20;
    std::size_t sources_max = 65536;
};

/// Everything a UDP node does with datagrams and time, but for moving and waiting: for sockets, and
/// for simulated networks. What is to be sent is in outbox() after each call. Not thread-safe.
class DatagramNode {
public:
    /// Runs a handler that suspends, and calls handler_ended() when it has ended.
    using Start = std::function<void(std::shared_ptr<Suspended>)>;
    /// Told when next() may be sooner than it was.
    using Wake = std::function<void()>;

    DatagramNode(std::shared_ptr<Node> node, const DatagramBounds& bounds, Start start, Wake wake);
    ~DatagramNode() { node_->peers.set_observer({}); }
    DatagramNode(const DatagramNode&) = delete;
    DatagramNode& operator=(const DatagramNode&) = delete;

    /// Whether only those are heard that are being asked.
    void set_draining(bool draining) noexcept { draining_ = draining; }
    /// Handles a datagram; ciphers decrypt it in place.
    void receive(std::span<char> datagram, const Address& from);
    /// With a reply or none, or with what it threw.
    void handler_ended(Suspended& handler, std::optional<OwnedMessage> reply,
                       const std::exception_ptr& failure);

    /// Errc::too_large beyond datagram_max, Errc::queue_full when too much waits to be sent.
    std::error_code send(const Address& to, const Message& message, const Plugins& inner,
                         const Plugins& outer);
    std::error_code multicast(const Message& message, const Plugins& inner, const Plugins& outer);
    /// To every peer once.
    std::error_code broadcast(const Message& message, const Plugins& inner, const Plugins& outer);
    std::error_code notify(ByteView key, const Message& message, const Plugins& inner,
                           const Plugins& outer);

    /// Advertises this node to one address.
    std::error_code introduce(const Address& to);

    /// Errc::queue_full when it has too many keys already.
    std::error_code subscribe(ByteView key, const Address& who);
    bool unsubscribe(ByteView key, const Address& who);
    std::size_t subscriber_count(ByteView key) const { return subscriptions_.count(key); }

    /// Sends a request. On an error the completion was not and will not be called.
    Result<RequestTable::Id> request(const Address& to, const Message& message, Plugins inner,
                                     std::chrono::milliseconds timeout,
                                     RequestTable::Completion completion,
                                     MessageType answer = MessageType::error);
    /// Ends a request with Errc::cancelled. Whether it waited.
    bool cancel(const Address& to, RequestTable::Id id);
    /// Of a datagram that was taken out and cannot be sent: a request that it carried ends so.
    void not_sent(ByteView datagram, const Address& to, std::error_code why);
    /// Ends all that wait.
    void end_requests(std::error_code why) noexcept;

    PeerManager& peer_manager() noexcept { return peer_manager_; }
    /// Does what is due.
    void tick();
    /// When tick() is to be called next.
    std::optional<RequestTable::TimePoint> next() const;

    Outbox& outbox() noexcept { return outbox_; }
    Node& node() noexcept { return *node_; }
    Tallies& tallies() noexcept { return tallies_; }
    const DatagramBounds& bounds() const noexcept { return bounds_; }

private:
    class Origin;
    struct Handling;
    struct Target {
        Address to;
        PeerTable::Snapshot peer;
    };

    RequestTable* requests_of(const Address& from);
    void tidy_requests(const Address& from);
    void expire_requests();
    void settle(Outcome outcome, const Address& from, std::size_t received);
    void post_reply(const Address& to, std::size_t received);
    bool may_send(const Address& to, std::size_t bytes);
    std::error_code add(std::size_t at, const Address& to, bool to_group);
    Outbox::Item take_last();
    std::error_code send_to(const Target& target, bool to_group, const Message& message,
                            const Plugins& inner, const Plugins& outer,
                            std::optional<RequestId> id = {});
    std::error_code send_to_all(const std::vector<Target>& targets, const Message& message,
                                const Plugins& inner, const Plugins& outer);
    std::vector<Target> everybody() const;
    bool outbox_full() const noexcept;
    RequestTable::TimePoint now() const { return node_->environment.clock->steady_now(); }

    std::shared_ptr<Node> node_;
    DatagramBounds bounds_;
    bool draining_ = false;
    Start start_;
    Wake wake_;
    Tallies tallies_;
    Dispatcher dispatcher_;
    Outbox outbox_;
    SourceLimiter limiter_;
    Unproven unproven_;
    LapsingSubscriptions<Address> subscriptions_;
    std::map<Address, RequestTable> requests_;  // where any waits
    std::size_t in_flight_ = 0;
    RequestTable::Id next_id_ = 1;  // of all addresses, so that ids never come again
    RequestTable::TimePoint expire_at_ = RequestTable::TimePoint::max();  // no deadline is sooner
    std::size_t running_ = 0;                                             // handlers that suspended
    PeerManager peer_manager_;
};

}  // namespace netaio::core
