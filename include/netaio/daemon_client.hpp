#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <netaio/access_rules.hpp>
#include <netaio/addressed_requester.hpp>
#include <netaio/connection.hpp>
#include <netaio/counters.hpp>
#include <netaio/default_peer.hpp>
#include <netaio/handler_registry.hpp>
#include <netaio/keep_connected.hpp>
#include <netaio/peer_management.hpp>
#include <netaio/service.hpp>
#include <vector>

namespace netaio {

/// Whether several programs may serve one key, as far as all of them ask for the same.
enum class KeySharing : std::uint8_t {
    none,   ///< one alone
    turns,  ///< requests go round
    hash,   ///< each uri goes to one of them, to the same as long as that lives
};

/// How a DaemonClient reaches netaiod, what it says it is, and where its bounds are.
struct DaemonClientOptions {
    /// The daemon's socket: a path, or what Address::parse() reads. Unless given, $NETAIO_DAEMON,
    /// else $XDG_RUNTIME_DIR/netaio/netaiod.sock, else /run/netaio/netaiod.sock.
    std::string socket = {};
    /// The name of this program among those of the machine: 1 to 64 letters, digits, dots, dashes
    /// and underscores. Others reach it at `app:NAME`, too, and see the identity `app:NAME` in what
    /// it says. Required.
    std::string app = {};
    /// Where given, peers are managed from the start as by manage_peers({.app_id = ...}).
    std::string app_id = {};
    /// What it tells peers that it is; the addresses are the daemon's business.
    std::optional<Peer> local_peer = std::nullopt;
    /// How peer data is read by plugins that ask.
    std::shared_ptr<const PeerPlugin> peer_plugin = std::make_shared<DefaultPeer>();
    /// Whether its keys may be other programs', too, unless share() says it of one.
    KeySharing sharing = KeySharing::none;

    /// The rules that every message for this program is asked about, beside the daemon's own; none:
    /// all may pass.
    std::shared_ptr<const AccessRules> rules = nullptr;
    /// What answers a message that these, or a handler's `who`, refuse.
    MessageType refusal = MessageType::not_permitted;
    /// The message types it knows, with the application's own.
    MessageTypes types = {};
    Environment environment = {};

    /// How the connection to the daemon is kept. `greet` comes after everything is registered, and
    /// is given the daemon's socket; what it asks and sends may as well go to any other address.
    /// As the daemon is near, the pauses are 100 ms to a second where `backoff` is left as it is,
    /// and a refusal ends nothing, whatever `end_on_refusal` says.
    KeepOptions keep = {};
    /// Told of each key that the daemon refuses, and why, as that another program serves it: as
    /// often as it is asked again, with the pauses of `renewal_backoff`. That is logged, too.
    std::function<void(const Key& key, std::string_view why)> on_refused = {};

    /// Whether run() ends on SIGINT and SIGTERM, by the second of them at once.
    bool handle_signals = true;
    /// How long run() lets handlers finish when it ends; zero cancels them.
    std::chrono::milliseconds drain = std::chrono::seconds(5);

    /// How long requests wait unless they say otherwise: above zero, or `never` to give up.
    std::chrono::milliseconds request_timeout = std::chrono::seconds(10);
    /// How long a message may take from the first to its last byte, and how long the daemon may
    /// take nothing of what waits for it.
    std::chrono::milliseconds frame_timeout = std::chrono::seconds(30);
    std::chrono::milliseconds send_timeout = std::chrono::seconds(30);
    /// Bytes that may wait to be sent to the daemon.
    std::size_t send_queue_max = 4 << 20;
    /// Requests in flight; more fail with Errc::queue_full.
    std::size_t requests_max = 65536;
    /// Handlers at once that suspended or answer later.
    std::size_t handlers_max = 1024;
    /// Keys, and subscribers of this program, that are registered with the daemon.
    std::size_t registrations_max = 65536;
    /// Subscriptions of this program elsewhere that are asked for anew.
    std::size_t renewals_max = 65536;
    /// The pauses after which is asked again what the daemon refused or lost.
    Backoff renewal_backoff = {.delay = std::chrono::milliseconds(200)};
};

/// A program that speaks to the network, and to others of its machine, through the daemon netaiod,
/// which has the ports, the keys, the rules and the peers. What works with a UdpNode works with it:
///
///     DaemonClient node({.app = "thermostat"});
///     node.on(MessageType::request_uri,
///             [](const Message& message) { return respond(message.uri(), "here"); });
///     node.run();
///
/// A message goes to an address: `10.0.0.2:8888` is a UDP node, `tcp:10.0.0.2:8888` a TCP server,
/// `server:NAME` a server of the daemon's configuration, `app:NAME` a program of this machine;
/// handlers are given such addresses, too. Requests that name none go to the program of this
/// machine that serves their uri, those for uris below `netaiod/` to the daemon itself. Who a
/// message is from, Message::who() says as the daemon vouches for it.
///
/// It stays connected: when the daemon was gone it registers its keys and subscribers anew, and
/// asks for its own subscriptions again. Requests that are under way at the end of a connection
/// fail with Errc::closed, once, as nobody knows what became of them; those made meanwhile wait
/// (KeepOptions::requests).
///
/// An inner layer (HandlerOptions, RequestOptions, SendOptions) stays between this program and the
/// other end: the daemon passes on what it cannot read. Not here are present values (publish() and
/// withdraw() of a UdpNode), and plugins of peer management.
///
/// Waiting calls are Asio operations of `void(boost::system::error_code, T)`, as of Requester. It
/// works on the executor it was given, or else on that of the coroutine that starts it, or of the
/// netaio::run() it is started within; run() brings its own. It is not thread-safe: use it on that
/// executor, which must run on one thread or be a strand. Destroying it ends whatever waits with
/// Errc::cancelled.
class DaemonClient : public HandlerRegistry<BasicHandler<const Address>>,
                     public AddressedRequester,
                     public Service {
public:
    using Handler = BasicHandler<const Address>;

    /// Throws std::invalid_argument for options that make no sense, std::logic_error for an app_id
    /// without local_peer.
    explicit DaemonClient(DaemonClientOptions options);
    DaemonClient(boost::asio::any_io_executor executor, DaemonClientOptions options);
    ~DaemonClient() override;

    /// The socket that is meant where nothing names one, see DaemonClientOptions::socket.
    static std::string default_socket();

    StopReport run() override;

    /// Whether it is connected to the daemon, which has answered all that is registered there.
    bool connected() const;

    /// Sends a message to one address, without waiting for an answer. Errors: Errc::not_connected,
    /// Errc::unsupported for options that leave out a layer, Errc::too_large, Errc::queue_full, or
    /// what a plugin says. What the daemon has no way to, it drops and counts. It connects to a TCP
    /// server when the first message is to go there: that one, and what follows before it is
    /// connected, is dropped, too, where a request would wait.
    std::error_code send(const Address& to, const Message& message, SendOptions options = {});
    /// Sends it to the group.
    std::error_code multicast(const Message& message, SendOptions options = {});
    /// Sends it to every peer of this program's app id.
    std::error_code broadcast(const Message& message, SendOptions options = {});
    /// Sends it to all that subscribed to the key.
    std::error_code notify(ByteView key, const Message& message, SendOptions options = {});

    /// How a key is shared, unless as DaemonClientOptions::sharing says. Throws std::logic_error
    /// where on() or once() has registered it already.
    void share(Key key, KeySharing how);

    /// Subscribes an address to a key of this program: any bytes, often a uri. It ends with the
    /// peer at that address; with a TCP connection or a program there it ends at the daemon alone,
    /// and keeps its place here until unsubscribe(). Errc::queue_full beyond registrations_max,
    /// Errc::too_large for a key that no message has room for.
    std::error_code subscribe(ByteView key, const Address& who);
    /// Whether it was subscribed.
    bool unsubscribe(ByteView key, const Address& who);
    /// The same for all keys that begin so, as `room/`.
    std::error_code subscribe_prefix(ByteView prefix, const Address& who);
    bool unsubscribe_prefix(ByteView prefix, const Address& who);
    /// Does what a SUBSCRIBE_URI or UNSUBSCRIBE_URI asks, with a prefix if it does, and gives its
    /// confirmation; present values are not granted (protocol.md §11). Called by a handler. Throws
    /// Refusal where it can't.
    Reply grant(const Message& asked, const Address& from);
    /// Registers handlers for SUBSCRIBE_URI and UNSUBSCRIBE_URI that grant everything.
    void grant_subscriptions(HandlerOptions options = {});

    /// What subscribe() was granted is asked for again when the daemon was gone, until
    /// unsubscribe(), stop(), or another answer than a confirmation. Errc::queue_full beyond
    /// renewals_max.
    using Requester::subscribe;
    using Requester::unsubscribe;

    /// Has the daemon make this program known to others as a peer of an app id, and tell it of
    /// those; in place of another app id, if it had one, whose peers leave. Throws std::logic_error
    /// when the options gave it no local_peer, std::invalid_argument for times that make no sense,
    /// or plugins: keys of peers are given to the daemon, in its configuration.
    void manage_peers(PeerManagementOptions options = {});
    /// Ends that; all its peers leave.
    void stop_managing_peers();
    /// To be called before anything runs.
    void set_peer_callbacks(PeerCallbacks callbacks);
    /// The peers known now, by id. Those known when the daemon goes stay, and when it is back leave
    /// only if it does not find them again within `peer_timeout`; so do addresses they had.
    std::vector<Peer> peers() const;
    std::optional<Peer> peer(ByteView id) const;
    /// The one that has this address.
    std::optional<Peer> peer_at(const Address& address) const;

    /// Called when another answer than a confirmation comes to a subscription that is asked for
    /// again, as the daemon was gone or the other end has ended it, and it is asked for no more:
    /// from where (the daemon's socket, where none was named), to what, and the answer. Programs of
    /// this machine that end one say nothing of it.
    void set_subscription_lost_handler(
        std::function<void(const Address&, ByteView uri, const Message& answer)> handler);
    /// Replaces what answers messages nothing else matches. The daemon sends a program what it has
    /// registered keys for, so these are few. To be called before start.
    void set_default_handler(Handler handler);
    /// Replaces the rules; null: all may pass. Thread-safe.
    void set_rules(std::shared_ptr<const AccessRules> rules);

    /// What it works on; null before it has one.
    boost::asio::any_io_executor executor() const;
    /// Those of its connection.
    Counters counters() const;

private:
    void keep_handler(Key key, HandlerOptions options, Handler handler, bool once) override;
    bool drop_handler(const Key& key, bool once) override;
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
