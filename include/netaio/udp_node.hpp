#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/access_rules.hpp>
#include <netaio/addressed_requester.hpp>
#include <netaio/backoff.hpp>
#include <netaio/completion.hpp>
#include <netaio/connection.hpp>
#include <netaio/counters.hpp>
#include <netaio/default_peer.hpp>
#include <netaio/handler_registry.hpp>
#include <netaio/interfaces.hpp>
#include <netaio/peer_registry.hpp>
#include <netaio/reply.hpp>
#include <netaio/service.hpp>
#include <netaio/session.hpp>
#include <vector>

namespace netaio {

/// How a UdpNode is reached, whom it reaches, and where its bounds are.
struct UdpNodeOptions {
    /// The port of the group, and of this node where no other node of this machine has it; such a
    /// second node gets a port of its own, which peers learn. 0 lets the system pick one.
    std::uint16_t port = 8888;
    /// The interfaces to use, by name or by an address of theirs; whatever comes in elsewhere is
    /// dropped. None for all that are up and can multicast (`netaio interfaces` shows them), which
    /// may come and go while the node runs.
    std::vector<std::string> interfaces = {};
    bool ipv4 = true;
    bool ipv6 = true;
    /// The groups that multicast() reaches and peers are found in (protocol.md §9).
    std::string group4 = "224.0.0.1";
    std::string group6 = "ff02::6e65:7461:696f";
    /// Whether it hears the groups, and multicast() reaches anybody.
    bool multicasts = true;
    /// How many routers a multicast may cross, plus one.
    int hops = 1;
    /// Ignore all that comes from an address of this machine, as the reference does; else only
    /// what this node itself sent to the group.
    bool ignore_own_addresses = false;

    /// Nodes that the group does not reach, to which this one is introduced while it manages peers,
    /// as by UdpNode::keep_introduced(). IP addresses with a port; its own is left out, so that
    /// all nodes may have the same list.
    std::vector<Address> bootstrap = {};

    /// The node's layer (protocol.md §3): every message goes through these.
    std::shared_ptr<const AuthPlugin> auth = nullptr;
    std::shared_ptr<const CipherPlugin> cipher = nullptr;
    /// The rules that every message is asked about when its layers are open; none: all may pass.
    /// See set_rules().
    std::shared_ptr<const AccessRules> rules = nullptr;
    /// What answers a message that these, or a handler's `who`, refuse: ERROR where peers are
    /// v0.0.8, which do not know NOT_PERMITTED.
    MessageType refusal = MessageType::not_permitted;
    /// Whether messages to one address go in sessions (protocol.md §16), and with whom: `known` is
    /// asked by addresses. What is sent where that is not known waits for a handshake; whoever
    /// knows none is then spoken to without for some minutes, where the policy allows that. To the
    /// group everything goes without, and peers are found without. Subscriptions and peers belong
    /// to whoever has the session: they follow when its address changes, and end when somebody else
    /// is there.
    SessionOptions session = {};
    std::shared_ptr<const PeerPlugin> peer_plugin = std::make_shared<DefaultPeer>();
    /// How this node presents itself to peers, and to plugins that ask.
    std::optional<Peer> local_peer = std::nullopt;

    /// The message types it knows, with the application's own.
    MessageTypes types = {};
    /// Replaces the rule by which handlers are found; empty for (type, uri, address), (type, uri),
    /// type.
    KeyExtractor extract_keys = {};
    Environment environment = {};
    /// Whether run() ends on SIGINT and SIGTERM, by the second of them at once.
    bool handle_signals = true;
    /// How long run() lets handlers finish when it ends; zero cancels them.
    std::chrono::milliseconds drain = std::chrono::seconds(5);

    /// The longest datagram that is sent, in bytes; the default is the longest there is over IPv4.
    std::size_t datagram_max = 65507;
    /// The longest datagram that every path carries whole, in bytes: 128 or more. In sessions no
    /// longer ones are sent than the path is known to carry, and small messages go together up to
    /// that; what more a path carries, up to datagram_max, each session finds out.
    std::size_t path_size = 1200;
    /// Whether longer ones are sent in sessions all the same, up to datagram_max, and networks may
    /// send them in fragments, of which all have to arrive.
    bool fragments = false;
    /// Bytes that may wait to be sent, of each family.
    std::size_t send_queue_max = 4 << 20;
    /// Bytes the system is asked to keep of what was not received yet; if it gives less, the log
    /// warns once.
    int receive_buffer = 4 << 20;
    /// How long requests wait unless they say otherwise: above zero, or `never` to give up.
    std::chrono::milliseconds request_timeout = std::chrono::seconds(10);
    /// How often subscriptions that other nodes granted are asked for again, a tenth more or less:
    /// above zero, or `never`.
    std::chrono::milliseconds renew_subscriptions = std::chrono::minutes(2);
    /// How long renewals and introductions wait for an answer before they are sent again.
    Backoff renewal_backoff = {.delay = std::chrono::seconds(1), .jitter = 0.3};
    /// Subscriptions at other nodes that are renewed.
    std::size_t renewals_max = 65536;
    /// Addresses this node is kept introduced to.
    std::size_t introductions_max = 1024;
    /// Requests in flight; more fail with Errc::queue_full.
    std::size_t requests_max = 65536;
    /// Coroutine handlers at work at once; messages for more are dropped.
    std::size_t handlers_max = 1024;
    /// Sessions; of more, the one that began or was renewed longest ago ends.
    std::size_t sessions_max = 65536;
    /// Of these, sessions with one host (an IPv4 or link-local address, another IPv6 /64).
    std::size_t sessions_per_host_max = 1024;
    /// Handshakes a second that are answered, and as many at once. Beyond half of that only those
    /// are who show that they get what is sent to them, and of one host 20 a second.
    double handshakes_per_second = 256;
    /// Peers, and addresses of peers.
    std::size_t peers_max = 65536;
    /// Bytes of memory that the subscriptions of one address may take: 880 and twice its key for
    /// each, so some twelve hundred.
    std::size_t subscriptions_max = 1 << 20;
    /// Addresses that may be subscribed to anything.
    std::size_t subscribers_max = 65536;
    /// Of these, addresses of one host (an IPv4 or link-local address, another IPv6 /64).
    std::size_t subscribers_per_host_max = 1024;
    /// Bytes that present values take: their uris and contents, and 224 for each.
    std::size_t present_max = 64 << 20;
    /// Peers, and addresses of peers, of one host that introduced themselves where no auth plugin
    /// is asked; others of that host are not added.
    std::size_t peers_per_host_max = 256;
    /// Bytes a second, and as many at once, to the addresses of one host that answered no request
    /// of this node for half an hour and thus may be forged: notifications, broadcasts, and
    /// replies above three times what they reply to. Beyond that they are not sent, which is
    /// counted, and warned of. Addresses of peers added by hand are believed.
    double unproven_bytes_per_second = 4 << 20;
    /// The same for all such hosts together. The second half goes only to hosts that have half of
    /// their own left, so that a few that take all they can leave enough for the others.
    double unproven_bytes_per_second_total = 32 << 20;
    /// Automatic replies a second that a host gets whose datagrams no auth plugin accepted
    /// (protocol.md §10.8).
    double replies_per_second = 20;
};

/// The name that RequestOptions had here.
using UdpRequestOptions = RequestOptions;

/// Handlers of UDP nodes: given the message and the address it came from.
using UdpHandler = BasicHandler<const Address>;

/// Sends and receives messages as datagrams: to one address, to all peers, to everybody on the
/// network, with the same handlers, plugins and requests as TCP. Datagrams may be lost, come twice
/// or out of order: what matters is asked with a request, and asked again when nothing answered it
/// in time (Errc::timeout, or why what came could not be believed).
/// Nodes may forget or start anew: what is to stay, a subscription at another node or that it knows
/// this one, the node itself renews until it is taken back or the node stops.
///
///     UdpNodeOptions options;
///     options.local_peer = Peer{.id = random_id()};
///     UdpNode node(options);
///     node.on(MessageType::request_uri,
///             [](const Message& message) { return respond(message.uri(), "here"); });
///     node.manage_peers();
///     node.run();
///
/// Requests name whom they ask, as `server` or in front of all else. An answer counts that comes
/// from that address: a host with several on one network must be asked at the one it answers from.
/// One that comes after its request has timed out looks like that of the next one for the same uri.
///
/// Waiting calls are Asio operations of `void(boost::system::error_code, T)`, as of Requester. The
/// node works on the executor it was given, or else on that of the coroutine that starts it; run()
/// brings its own. It is not thread-safe: use it on that executor, which must run on one thread or
/// be a strand; use on another thread than that of its loop throws std::logic_error, as far as it
/// can be told. Handlers run there, too. While stop() lets handlers finish, only those who are
/// asked something are heard. Destroying it ends whatever waits with Errc::cancelled.
class UdpNode : public HandlerRegistry<UdpHandler>,
                public PeerRegistry,
                public AddressedRequester,
                public Service {
public:
    /// Throws std::invalid_argument for options that make no sense.
    explicit UdpNode(UdpNodeOptions options = {});
    UdpNode(boost::asio::any_io_executor executor, UdpNodeOptions options = {});
    ~UdpNode() override;

    StopReport run() override;

    /// Sends a message to one address, without waiting for an answer. Errors: Errc::not_connected
    /// before start(), Errc::unsupported for a name, Errc::too_large, Errc::queue_full, or what a
    /// plugin says.
    std::error_code send(const Address& to, const Message& message, SendOptions options = {});
    /// Sends a message to the group, on every interface and over both families: a node that several
    /// of these reach gets it several times.
    std::error_code multicast(const Message& message, SendOptions options = {});
    /// Sends a message to every known peer once, where it was last heard; protected once for all of
    /// them, unless a plugin is peer-specific. The first error, if any.
    std::error_code broadcast(const Message& message, SendOptions options = {});

    /// Makes this node known to one that the group does not reach, which answers with what it is:
    /// advertises it there once, for every app id that peers are managed for.
    std::error_code introduce(const Address& to);
    /// Does so again and again while peers are managed: with growing pauses until an answer comes
    /// from there, also when that peer has left, and in time afterwards, so that neither forgets
    /// the other. Also before start(), and beyond stop(). Errc::unsupported for a name,
    /// Errc::queue_full beyond introductions_max.
    std::error_code keep_introduced(const Address& to);
    /// Ends that; who knows this node forgets it in time. Whether it was kept.
    bool stop_introducing(const Address& to);

    /// Replaces the rules; null: all may pass. As TcpServer::set_rules(), but that whose
    /// subscription ends is told when it asks for it again, as nodes do in time, and that the
    /// NOT_PERMITTED to a datagram that no auth plugin accepted is one of the automatic replies
    /// (replies_per_second).
    void set_rules(std::shared_ptr<const AccessRules> rules);

    /// Subscribes an address to a key of this node: any bytes, often a uri. It ends with the peer
    /// at that address. Beyond subscribers_max, subscribers_per_host_max or 128 MiB in all another
    /// address lapses: the oldest that never subscribed again, or else the one that did so longest
    /// ago. So who subscribes again every few minutes, as nodes do (renew_subscriptions), keeps its
    /// place, and gets a lost one back. Errc::queue_full beyond subscriptions_max.
    std::error_code subscribe(ByteView key, const Address& who);
    /// Whether it was subscribed.
    bool unsubscribe(ByteView key, const Address& who);
    /// The same for all keys that begin so, as `room/`. Who subscribed to several of what a message
    /// is for gets it once. Errc::too_large for a prefix of more than 1024 bytes.
    std::error_code subscribe_prefix(ByteView prefix, const Address& who);
    bool unsubscribe_prefix(ByteView prefix, const Address& who);
    /// Does what a SUBSCRIBE_URI or UNSUBSCRIBE_URI asks, as a node's subscribe() with a prefix or
    /// the present value of a uri, and gives its confirmation. Present values of a prefix are not
    /// granted (protocol.md §11). Called by a handler. Throws Refusal where it can't.
    Reply grant(const Message& asked, const Address& from);
    /// Registers handlers for SUBSCRIBE_URI and UNSUBSCRIBE_URI that grant everything.
    void grant_subscriptions(HandlerOptions options = {});
    /// Makes this the present value of a uri and notifies all that subscribed to it (NOTIFY_URI).
    /// Before start() nobody is notified. Errors: Errc::queue_full beyond present_max, and those
    /// of notify().
    std::error_code publish(ByteView uri, ByteView content, SendOptions options = {});
    /// Ends a present value, and notifies of that with an empty content. Whether there was one.
    bool withdraw(ByteView uri, SendOptions options = {});
    /// Sends a message to all that subscribed to the key, once to each peer.
    std::error_code notify(ByteView key, const Message& message, SendOptions options = {});
    /// Addresses subscribed to the key itself.
    std::size_t subscriber_count(ByteView key) const;

    /// What subscribe() was granted the node asks for again every renew_subscriptions, and soon
    /// when a peer joins at that address, until unsubscribe(), stop(), or another answer than a
    /// confirmation; silence does not end it. Errc::queue_full beyond renewals_max.
    using Requester::subscribe;
    using Requester::unsubscribe;

    /// Called when another node answers the renewal of a subscription with anything but a
    /// confirmation, and it is renewed no more: from where, to what, and the answer. As over TCP a
    /// handler for NOT_PERMITTED, or ERROR, hears of it too if that is the answer, before this:
    /// `node.on({MessageType::not_permitted, uri}, lost)`.
    void set_subscription_lost_handler(
        std::function<void(const Address&, ByteView uri, const Message& answer)> handler);
    /// Replaces the node's layer as a whole: what is sent or received from then on goes through
    /// these. What vouched for somebody so far is remembered, so that named secrets which stay are
    /// chosen as before; what was subscribed to under one that is gone ends. Within a second this
    /// node asks others anew for its own subscriptions, whose notifications are made as they were
    /// asked for. Thread-safe.
    void set_plugins(Plugins plugins);
    /// Replaces what answers messages nothing else matches. To be called before start.
    void set_default_handler(UdpHandler handler);
    /// Replaces what answers messages that fail an auth check. Its answer is sent without plugins,
    /// under the limits for automatic replies; nothing, to stay silent. To be called before start.
    void set_auth_error_handler(
        std::function<std::optional<OwnedMessage>(const AuthPlugin&, const Message&)> handler);

    /// Where datagrams come from and are received, for each family; empty before start. The
    /// addresses are the unspecified ones.
    std::vector<Address> endpoints() const;
    /// The port of the first of these.
    std::uint16_t port() const;
    /// The interfaces there are, and which of them are used; empty before start.
    std::vector<InterfaceChoice> interfaces() const;
    /// What the node works on; null before it has one.
    boost::asio::any_io_executor executor() const;
    Counters counters() const;

private:
    void keep_handler(Key key, HandlerOptions options, UdpHandler handler, bool once) override;
    bool drop_handler(const Key& key, bool once) override;
    core::Node& core_node() const override;
    void with_peer_manager(std::function<void(core::PeerManager&)> work) override;
    Started begin() override;
    void start_stop(std::chrono::milliseconds deadline,
                    detail::Completion<StopReport> done) override;
    void start_request(Result<OwnedMessage> message, RequestTerms terms,
                       detail::Completion<OwnedMessage> done) override;

    class Impl;
    // Throws when another thread runs its loop.
    Impl& impl() const;
    std::shared_ptr<Impl> impl_;
};

}  // namespace netaio
