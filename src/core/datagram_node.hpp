#pragma once

#include <list>
#include <map>
#include <unordered_set>
#include <variant>

#include "dispatcher.hpp"
#include "lapsing_subscriptions.hpp"
#include "links.hpp"
#include "mailbox.hpp"
#include "peer_exchange.hpp"
#include "peer_manager.hpp"
#include "permitted.hpp"
#include "renewals.hpp"
#include "source_limiter.hpp"
#include "subscription_words.hpp"
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
        bool whole = false;     ///< not in fragments, or not at all
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
    std::size_t introductions_max = 1024;
    std::size_t renewals_max = 65536;
    /// How often others are asked again for what they granted; `never` for not at all.
    std::chrono::milliseconds renew_subscriptions = std::chrono::minutes(2);
    Backoff backoff = {.delay = std::chrono::seconds(1), .jitter = 0.3};  ///< without an answer
    LinkBounds links = {};
};

/// A subscription of this node's at another.
struct SubscriptionThere {
    Address to;
    std::string uri;
    bool prefix = false;

    friend auto operator<=>(const SubscriptionThere&, const SubscriptionThere&) = default;
};

/// Everything a UDP node does with datagrams and time, but for moving and waiting: for sockets, and
/// for simulated networks. What is to be sent is in outbox() after each call. Not thread-safe.
class DatagramNode : private LinkOwner {
public:
    /// Runs a handler that suspends, and calls handler_ended() when it has ended.
    using Start = std::function<void(std::shared_ptr<Suspended>)>;
    /// Told when next() may be sooner than it was.
    using Wake = std::function<void()>;

    DatagramNode(std::shared_ptr<Node> node, const DatagramBounds& bounds, Start start, Wake wake);
    ~DatagramNode() override;
    DatagramNode(const DatagramNode&) = delete;
    DatagramNode& operator=(const DatagramNode&) = delete;

    /// How other threads bring something here, so that messages can wait for plugins; null where
    /// they cannot. Whatever it brings may have datagrams sent.
    void set_mailbox(std::shared_ptr<Mailbox> mailbox) noexcept { mailbox_ = std::move(mailbox); }
    /// Whether messages wait for plugins or, unless they ask something, for sessions.
    bool waits_for_work() const noexcept { return !held_.empty() || unsaid_ > 0; }
    /// Bytes that they take, about.
    std::size_t held_bytes() const noexcept {
        return held_bytes_ + (links_ ? links_->waiting_bytes() : 0);
    }
    /// Sends those no more.
    void drop_held() noexcept;

    /// Whether only those are heard that are being asked.
    void set_draining(bool draining) noexcept { draining_ = draining; }
    /// Handles a datagram, which may have been sent to the group; ciphers decrypt it in place.
    void receive(std::span<char> datagram, const Address& from, bool to_group = false);
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
    /// Does so while peers are managed, again and again until that one says that it knows this
    /// node, and in time afterwards. Errc::queue_full beyond introductions_max.
    std::error_code keep_introduced(const Address& to);
    /// Whether it was kept.
    bool stop_introducing(const Address& to) { return introductions_.drop(to); }
    /// Says which addresses are this node's own, which need no introduction.
    void know_own_addresses(std::function<bool(const Address&)> is_own) {
        is_own_ = std::move(is_own);
    }
    /// Says everything anew that others may not have heard, as when a network came up.
    void renew_all();

    /// Errc::queue_full when it has too many keys already.
    std::error_code subscribe(ByteView key, const Address& who, Span span = Span::key) {
        return subscribe(key, who, span, asks_for(key, who));
    }
    std::error_code subscribe(ByteView key, const Address& to, Span span, const Asker& as);
    bool unsubscribe(ByteView key, const Address& who, Span span = Span::key);
    /// Subscribes as it was asked to, but to no present values of a prefix.
    Result<SubscriptionGrant> grant(ByteView uri, const SubscriptionWords& asked, const Address& to,
                                    const Asker& as = {});
    /// Asks the rules, which are others now, about what is subscribed; what they deny ends.
    void ask_rules();
    /// Ends what those are subscribed to for whom one auth plugin vouched, and another that took
    /// its place does not.
    void end_unknown(const AuthPlugin& before, const AuthPlugin& now);
    /// Asks others anew for what this node is subscribed to, as they remember how it asked.
    void renew_subscriptions();
    std::size_t subscriber_count(ByteView key) const { return subscriptions_.count(key); }

    /// Sends a request. On an error the completion was not and will not be called.
    Result<RequestTable::Id> request(const Address& to, const Message& message, Plugins inner,
                                     std::chrono::milliseconds timeout,
                                     RequestTable::Completion completion,
                                     MessageType answer = MessageType::error);
    /// Sends a SUBSCRIBE_URI. What is granted is asked for again in time, until this node sends an
    /// UNSUBSCRIBE_URI there or the other one refuses. Errc::unsupported where what the content
    /// asks must be granted and is not, and Errc::queue_full beyond renewals_max.
    Result<RequestTable::Id> subscribe_there(const Address& to, const Message& asked,
                                             bool must_be_granted, Plugins inner,
                                             std::chrono::milliseconds timeout,
                                             RequestTable::Completion completion);
    /// Who is told of a subscription that is not renewed any more, as the other node refused.
    void when_subscription_lost(Callback<void(const Address&, ByteView, const Message&)> lost) {
        on_lost_ = std::move(lost);
    }
    /// Renews no subscription any more.
    void end_renewals() noexcept { subscribed_there_.clear(); }
    /// Ends a request with Errc::cancelled. Whether it waited.
    bool cancel(const Address& to, RequestTable::Id id);
    /// Of a datagram that was taken out and cannot be sent: a request that it carried ends so.
    void not_sent(ByteView datagram, const Address& to, std::error_code why);
    /// Ends all that wait.
    void end_requests(std::error_code why) noexcept;
    /// Ends the sessions whose secret the node does not have any more.
    void secrets_changed();
    /// Answers now what was heard in sessions and would be answered in time, so that the others
    /// know that it came when this node ends.
    void answer_sessions();
    /// Ends all sessions.
    void end_sessions() noexcept;

    PeerManager& peer_manager() noexcept { return peer_manager_; }
    /// Whether messages are still to be answered by handlers that do that later.
    bool has_deferred() const noexcept { return deferred_ > 0; }
    /// Sessions, and addresses where one is asked for.
    std::size_t link_count() const noexcept { return links_ ? links_->size() : 0; }
    /// Does what is due.
    void tick();
    /// When tick() is to be called next.
    std::optional<RequestTable::TimePoint> next() const;

    /// With all that was to go together.
    Outbox& outbox();
    Node& node() noexcept { return *node_; }
    Tallies& tallies() noexcept { return tallies_; }
    const DatagramBounds& bounds() const noexcept { return bounds_; }

private:
    class Origin;
    class Deferral;
    struct Held;
    using HeldOnes = std::list<std::shared_ptr<Held>>;
    struct Handling;
    /// Who sent a datagram, of how many bytes, in which session, if any.
    struct Sender {
        Address at;
        std::size_t received;
        std::shared_ptr<Link> link = nullptr;
    };
    using Way = Links::Way;
    /// Where a request went, and in which way, as its answer has to come.
    struct Place {
        Address at;
        Way way = Way::clear;

        friend auto operator<=>(const Place&, const Place&) = default;
    };
    struct Ids {
        RequestTable::Id asked;  // what whoever asked knows it by
        RequestTable::Id now;    // what it is sent with
    };
    struct Target {
        Address to;
        PeerTable::Snapshot peer;
        std::optional<Vouched> as = std::nullopt;  // unless it is who spoke there last
    };
    // A frame that goes in a session, in memory that the next one has again.
    struct Packing {
        std::string& memory;
        std::string frame = std::exchange(memory, {});

        ~Packing() {
            frame.clear();
            memory.swap(frame);
        }
    };
    struct Asked {
        std::string content = {};
        bool must_be_granted = false;
        Plugins inner = {};
        std::uint64_t begun = 0;  // tells a subscription from later ones to the same
    };
    struct SubscribedThere {
        Asked asked = {};
        unsigned asking = 0;  // how many calls of subscribe_there() wait
        bool granted = false;
    };
    struct Taken {
        std::error_code error = {};
        bool granted = false;
    };

    Asker asks_for(ByteView key, const Address& from) const;
    std::optional<Vouched> subscribed_as(ByteView key, const Address& subscriber);
    template <class Ends>
    void end_subscriptions(std::string_view why, Ends&& ends);
    LapsingSubscriptions<Address>::List subscribers(ByteView key);
    RequestTable* requests_of(const Place& from);
    void tidy_requests(const Place& from);
    void expire_requests();
    void introduce_due();
    void discovered(const Address& from);
    void vacated(const Address& address);
    void joined(const Peer& peer);
    PeerExchange* exchange_of(ByteView app_id);
    void exchange_due();
    void exchange_due(const PeerManagementOptions& options, PeerExchange& exchange);
    void ask_for_peers(const PeerManagementOptions& options, const Address& at);
    void told_of_peers(const std::string& app_id, const Address& by, const Message& answer);
    void renew_due();
    void renew(const SubscriptionThere& which, std::chrono::milliseconds wait);
    void renewed(const SubscriptionThere& which, const Asked& asked, const Message& reply);
    template <class Which>
    bool hurry_subscriptions(const SubscriptionThere& from, const Which& which);
    bool hurry_to(const Address& at);
    void rename_subscriptions_there(const Address& from, const Address& to);
    bool begin_subscription(const SubscriptionThere& which, Asked& asked);
    SubscribedThere* subscribed_there(const SubscriptionThere& which, const Asked& asked);
    void stop_asking(const SubscriptionThere& which, const Asked& asked) noexcept;
    Taken take_grant(const SubscriptionThere& which, const Asked& asked, const Message& reply);
    void end_there(const SubscriptionThere& which, const Plugins& inner);
    void lost(const SubscriptionThere& which, const Asked& asked, const Message& reply);
    void deliver(OwnedMessage message, const Plugins& inner, const Address& from,
                 bool needs_handler = false);
    void answered(Suspended& question, std::optional<OwnedMessage>&& reply,
                  const std::exception_ptr& failure, const Sender& sender);
    void settle(Outcome outcome, const Sender& sender);
    void post_reply(const Sender& to);
    bool may_send(const Address& to, std::size_t bytes);
    std::error_code add(std::size_t at, const Address& to, bool to_group, bool whole = false);
    Outbox::Item take_last();
    std::error_code send_to(const Target& target, const Links::Found& way, const Message& message,
                            const Plugins& inner, const Plugins& outer,
                            std::optional<Ids> request = {},
                            std::optional<std::size_t> free_size = {});
    std::error_code send_clear(const Target& target, bool to_group, const Message& message,
                               const Plugins& inner, const Plugins& outer,
                               std::optional<Ids> request = {},
                               std::optional<std::size_t> free_size = {});
    std::error_code send_in_session(const Target& target, const std::shared_ptr<Link>& link,
                                    const Message& message, const Plugins& inner,
                                    const Plugins& outer, std::optional<Ids> request);
    std::error_code send_later(const Target& target, Link& link, const Message& message,
                               const Plugins& inner, const Plugins& outer,
                               std::optional<std::size_t> free_size);
    enum class Asks : bool { no, yes };
    std::error_code hold_for(Link& link, std::size_t size, RequestTable::TimePoint until, Asks asks,
                             UniqueFunction<void(std::error_code)> go_on);
    std::error_code pack(const std::shared_ptr<Link>& link, ByteView frame,
                         std::optional<RequestId> request);
    std::error_code pack_later(const std::shared_ptr<Link>& link, ByteView frame,
                               std::optional<RequestId> request);
    void packed_late(const std::shared_ptr<Link>& link, ByteView frame,
                     std::optional<RequestId> request, std::error_code why);
    void receive_sealed(const Frame& sealed, const Address& from, std::size_t size);
    Links::Found way_to(const Address& to, bool wanted);
    Links::Found way_of_discovery(const Address& to) const;
    bool wants_session(const Peer& peer) const;
    Result<RequestTable::Id> request_by(const Links::Found& way, const Address& to,
                                        const Message& message, Plugins inner,
                                        std::chrono::milliseconds timeout,
                                        RequestTable::Completion completion, MessageType answer,
                                        const Question* handshake = nullptr);
    RequestTable& keep_request(const Place& place, ByteView uri, RequestTable::Request request);
    void request_decided(const Address& to, RequestTable::Id id, const Message& message,
                         std::error_code why);
    void send_in_sessions(std::vector<Target>& targets, const Message& message,
                          const Plugins& inner, const Plugins& outer, std::error_code& first);

    // What sessions need.
    Result<RequestTable::Id> ask(const Address& to, const Question& question,
                                 RequestTable::Completion completion) override;
    const Identities* noted_at(const Address& at) const override;
    void withdraw(const Address& to, RequestTable::Id id) override;
    void send_sealed(Link& link, const Address& to, ByteView frames, bool whole,
                     std::span<const RequestId> requests) override;
    void began(const std::shared_ptr<Link>& link) override;
    void moved(const Address& from, const Address& to) override;
    void replaced(const Address& at) override;
    void due_sooner() override { wake_(); }

    std::error_code hold(Held&& held);
    void work_done(const std::shared_ptr<Held>& held);
    std::error_code send_held(const Held& held, ByteView datagram,
                              std::optional<RequestId> request);
    void sent_late(const Place& to, RequestId request, ByteView datagram);
    void not_sent_late(const Held& held, std::error_code why);
    void drop(const std::shared_ptr<Held>& held) noexcept;
    void take_out(RequestTable::Id asked) noexcept;
    RequestTable::Id take_id(const RequestTable* others);
    bool retry(const Place& to, RequestId request);
    std::error_code send_to_all(std::vector<Target> targets, const Message& message,
                                const Plugins& inner, const Plugins& outer);
    const Vouched* whom(const Target& target) const;
    std::vector<Target> everybody() const;
    bool outbox_full() const noexcept;
    RequestTable::TimePoint some_time_after(std::chrono::milliseconds interval) const {
        return now() + about(interval, *node_->environment.random);
    }
    RequestTable::TimePoint now() const { return node_->environment.clock->steady_now(); }

    std::shared_ptr<Node> node_;
    DatagramBounds bounds_;
    bool draining_ = false;
    Start start_;
    Wake wake_;
    Tallies tallies_;
    Dispatcher dispatcher_;
    Outbox outbox_;
    std::string frame_memory_;
    std::shared_ptr<Mailbox> mailbox_ = nullptr;
    HeldOnes held_;
    std::size_t held_bytes_ = 0;
    std::size_t unsaid_ = 0;  // that wait for sessions, and ask nothing
    SourceLimiter limiter_;
    Unproven unproven_;
    VouchedSenders vouched_;
    LapsingSubscriptions<Address> subscriptions_;
    PermittedLists<LapsingSubscriptions<Address>::List> permitted_;
    std::map<Place, RequestTable> requests_;  // where any waits
    std::size_t in_flight_ = 0;
    RequestTable::Id next_id_ = 0;  // of all addresses, so that ids never come again; 0: not drawn
    RequestTable::TimePoint expire_at_ = RequestTable::TimePoint::max();  // no deadline is sooner
    std::unordered_set<Suspended*> running_;                              // handlers that suspended
    std::size_t deferred_ = 0;  // messages that are answered later
    bool has_answers_ = false;  // that were given so, and are in the outbox
    std::shared_ptr<DatagramNode*> self_ = std::make_shared<DatagramNode*>(this);
    Renewals<Address, std::monostate> introductions_;
    std::function<bool(const Address&)> is_own_ = {};
    struct Exchanging {
        explicit Exchanging(PeerManager::Options how)
            : options(std::move(how)), exchange(options->exchange_max, options->advertise_every) {}

        PeerManager::Options options;
        PeerExchange exchange;
    };
    std::map<std::string, Exchanging, std::less<>> exchanging_;  // by app id
    Renewals<SubscriptionThere, SubscribedThere> subscribed_there_;
    std::uint64_t last_begun_ = 0;
    Callback<void(const Address&, ByteView, const Message&)> on_lost_ = {};
    PeerManager peer_manager_;
    std::unique_ptr<Links> links_;  // null without sessions
};

}  // namespace netaio::core
