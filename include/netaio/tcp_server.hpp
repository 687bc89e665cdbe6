#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/access_rules.hpp>
#include <netaio/added_field.hpp>
#include <netaio/completion.hpp>
#include <netaio/counters.hpp>
#include <netaio/default_peer.hpp>
#include <netaio/handler_registry.hpp>
#include <netaio/never.hpp>
#include <netaio/peer_registry.hpp>
#include <netaio/request.hpp>
#include <netaio/request_verbs.hpp>
#include <netaio/service.hpp>
#include <netaio/session.hpp>
#include <vector>

namespace netaio {

/// Who may connect to a Unix-domain socket that has a file. Names in the system's abstract
/// namespace (`unix:@x`) have none, and are open to all of the machine.
struct UnixSocketOptions {
    /// The file's permissions: to connect takes the one to write.
    unsigned mode = 0600;
    /// The file's owner and group by their numbers; this process's unless given.
    std::optional<std::uint32_t> owner = std::nullopt;
    std::optional<std::uint32_t> group = std::nullopt;
};

/// How a TcpServer listens, what it accepts, and where its bounds are. A time that bounds something
/// is above zero, or `never` for no bound.
struct TcpServerOptions {
    /// The port; 0 lets the system pick one, which endpoints() tells.
    std::uint16_t port = 8888;
    /// The addresses to listen on: IPv4, IPv6, or `::` for both (see dual_stack). This machine
    /// alone by default; `0.0.0.0` or `::` opens the server to the network. Or Unix-domain sockets:
    /// `unix:/run/x.sock`, or on Linux `unix:@x` for a name without a file, of at most 107 bytes.
    /// The file that a dead server left behind is replaced, and removed when this one stops; the
    /// folder should be its owner's alone to write to.
    std::vector<std::string> interfaces = {"127.0.0.1"};
    /// More places to listen, each with its own port (0: the one picked first), beside
    /// `interfaces`. Leave `interfaces` empty to use only these.
    std::vector<Address> endpoints = {};
    /// Whether an IPv6 wildcard accepts IPv4 too.
    bool dual_stack = true;
    UnixSocketOptions unix_socket = {};

    /// The node's layer (protocol.md §3): every message goes through these.
    std::shared_ptr<const AuthPlugin> auth = nullptr;
    std::shared_ptr<const CipherPlugin> cipher = nullptr;
    /// The rules that every message is asked about when its layers are open; none: all may pass.
    /// See set_rules().
    std::shared_ptr<const AccessRules> rules = nullptr;
    /// What answers a message that these, or a handler's `who`, refuse: ERROR where peers are
    /// v0.0.8, which do not know NOT_PERMITTED.
    MessageType refusal = MessageType::not_permitted;
    std::shared_ptr<const PeerPlugin> peer_plugin = std::make_shared<DefaultPeer>();
    /// How this server presents itself to peers, and to plugins that ask.
    std::optional<Peer> local_peer = std::nullopt;

    /// Whether connections are sealed by sessions, for those who know of them.
    SessionOptions session = {};
    /// The message types it knows, with the application's own.
    MessageTypes types = {};
    /// Replaces the rule by which handlers are found; empty for (type, uri, address), (type, uri),
    /// (type, prefix), type.
    KeyExtractor extract_keys = {};
    Environment environment = {};

    /// Event loops, each on a thread of its own; 0 takes one for each core. With one, handlers
    /// never run at the same time and need no locks; with more, a connection stays on its thread,
    /// and handlers must guard what they share. Ignored when an executor is given.
    unsigned threads = 1;
    /// Whether run() ends on SIGINT and SIGTERM, by the second of them at once.
    bool handle_signals = true;
    /// How long run() lets connections drain when it ends; zero cuts them off.
    std::chrono::milliseconds drain = std::chrono::seconds(5);

    /// Connections at once; more are closed as they come, unless there is a stranger (see below),
    /// which then goes instead. start() brings it below the descriptors that the process may open,
    /// and logs that: for information, or this default only for debugging.
    std::size_t connections_max = 65536;
    /// The longest frame, in bytes, header included.
    std::size_t frame_max = 9 + 2 * 0xffff;
    /// A connection that brings nothing for so long is closed.
    std::chrono::milliseconds idle_timeout = std::chrono::minutes(10);
    /// How long a frame may take from its first to its last byte.
    std::chrono::milliseconds frame_timeout = std::chrono::seconds(30);
    /// A receiver that takes nothing for so long while something waits is disconnected.
    std::chrono::milliseconds send_timeout = std::chrono::seconds(30);
    /// A peer from which not even the system answers for so long, as when its machine vanished, is
    /// taken for gone, by steps of a second and not before four; `never` leaves that to the system,
    /// whose time is hours. While something sent is on its way this holds unless send_timeout is
    /// longer or never, as the system can't tell who vanished from who takes nothing. Only where
    /// the system can (Linux).
    std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(30);
    /// Bytes that may wait for one receiver.
    std::size_t send_queue_max = 4 << 20;
    /// What happens to pushed messages beyond that.
    SlowReceiver slow_receiver = SlowReceiver::drop_oldest;
    /// Messages of one connection whose handlers suspended, or that wait for such a handler as they
    /// have the same uri. With so many, nothing more is read from it; 1 handles all messages one
    /// after another.
    std::size_t handlers_max = 64;
    /// Whether who has finished sending is still answered; else its connection ends then at once,
    /// as do those of clients that were asked something.
    bool half_close = true;
    /// Bytes of memory that one connection's subscriptions may take: 512 and twice its key for
    /// each, so about eight thousand.
    std::size_t subscriptions_max = 4 << 20;
    /// The same for all connections together.
    std::size_t subscriptions_total_max = 256 << 20;
    /// Bytes of memory that present values may take, see publish(): each 224, its uri and content.
    std::size_t present_max = 64 << 20;

    /// With `auth`, a connection is a stranger's until it brings the first message that this
    /// accepts, and the following bounds hold. One that only waits, as for broadcasts, is not
    /// disturbed while there is room; if connections_max, the system's descriptors or
    /// strangers_per_host_max run out, the stranger that is connected for longest is closed. All
    /// are counted in closed_strangers.
    ///
    /// Strangers at once from one host: an IPv4 address, or a /64 of IPv6. At least 1.
    std::size_t strangers_per_host_max = 1024;
    /// How long a stranger may go on after its first message that was not accepted.
    std::chrono::milliseconds stranger_timeout = std::chrono::seconds(30);
    /// A stranger is closed at so many messages that were not accepted.
    std::size_t stranger_failures_max = 16;
    /// A stranger is closed if it lets more than so many bytes of answers wait.
    std::size_t stranger_queue_max = 16 << 10;
};

/// Accepts connections, over TCP or Unix-domain sockets, and answers messages with the handlers
/// registered for them.
///
///     TcpServer server({.port = 8888, .auth = hmac_auth({.secret = "test"})});
///     server.on(MessageType::request_uri, [](const Message& m) { return ok(m.uri()); });
///     server.run();
///
/// All members are thread-safe unless they say otherwise. Handlers run on the server's threads.
class TcpServer : public HandlerRegistry<TcpHandler>, public PeerRegistry, public Service {
public:
    /// Runs on threads of its own. Throws std::invalid_argument for options that make no sense.
    explicit TcpServer(TcpServerOptions options = {});
    /// Runs on somebody else's event loop, which must run on one thread, or be a strand.
    TcpServer(boost::asio::any_io_executor executor, TcpServerOptions options = {});
    /// Closes what is open at once; stop() first to be gentle. Not on a thread of its own, as in a
    /// handler: it waits for those.
    ~TcpServer() override;

    /// Replaces the node's layer as a whole: what is sent or received from then on goes through
    /// these. What vouched for somebody so far is remembered, so that named secrets which stay are
    /// chosen as before; connections are closed where the last message, or a subscription, was
    /// under a secret that is gone. Thread-safe.
    void set_plugins(Plugins plugins);
    /// Replaces what answers messages nothing else matches. To be called before start().
    void set_default_handler(TcpHandler handler);
    /// Replaces what answers messages that fail an auth check. Its answer is sent without plugins;
    /// nothing, to stay silent. To be called before start().
    void set_auth_error_handler(
        std::function<std::optional<OwnedMessage>(const AuthPlugin&, const Message&)> handler);

    /// Replaces the rules, at any time; null: all may pass. What they refuse is answered
    /// NOT_PERMITTED with its uri where it expects an answer, counted in rejected_rules, and logged
    /// with the rule and whose it was. Nobody is notified of, or gets the present value of, what
    /// they do not let him subscribe to. They are asked anew about each subscription, as whoever
    /// sent its SUBSCRIBE_URI: one that is denied now ends, of which its uri in a NOT_PERMITTED
    /// tells, see TcpClient. Subscriptions that the program makes without being asked for that key
    /// are its own doing, and not asked about.
    void set_rules(std::shared_ptr<const AccessRules> rules);

    /// Subscribes a connection to a key: any bytes, often a uri. It ends with the connection.
    /// Effective at once on the connection's thread, as in a handler; from elsewhere soon, and what
    /// is refused is logged. Errc::closed when the connection is not open any more,
    /// Errc::queue_full beyond subscriptions_max or subscriptions_total_max.
    std::error_code subscribe(ByteView key, Connection& connection);
    void unsubscribe(ByteView key, Connection& connection);
    /// The same for all keys that begin so, as `room/`. Who subscribed to several of what a message
    /// is for gets it once. Errc::too_large for a prefix of more than 1024 bytes.
    std::error_code subscribe_prefix(ByteView prefix, Connection& connection);
    void unsubscribe_prefix(ByteView prefix, Connection& connection);
    /// Does what a SUBSCRIBE_URI or UNSUBSCRIBE_URI asks, as a client's subscribe() with prefix and
    /// present values, and gives its confirmation. Present values of a prefix follow that, in the
    /// order of their uris, protected as the options say, no faster than the receiver takes them;
    /// then what is published, without gap or repetition (protocol.md §11). Called by a handler,
    /// on the connection's thread. Throws Refusal where it can't.
    Reply grant(const Message& asked, Connection& from, const SendOptions& options = {});
    /// Registers handlers for SUBSCRIBE_URI and UNSUBSCRIBE_URI that grant everything.
    void grant_subscriptions(HandlerOptions options = {});
    /// Makes this the present value of a uri and notifies all that subscribed to it (NOTIFY_URI).
    /// Errors: Errc::queue_full beyond present_max, and those of notify().
    std::error_code publish(ByteView uri, ByteView content, SendOptions options = {});
    /// Ends a present value, and notifies of that with an empty content. Whether there was one.
    bool withdraw(ByteView uri, SendOptions options = {});
    /// Sends a message to all that subscribed to the key; protected once for all of them, unless a
    /// plugin is peer-specific. Errors are about the message; slow receivers show in the counters.
    std::error_code notify(ByteView key, const Message& message, SendOptions options = {});
    /// The same to every connection.
    std::error_code broadcast(const Message& message, SendOptions options = {});
    /// Sends a message to one connection. On that connection's thread.
    std::error_code send(Connection& to, const Message& message, SendOptions options = {});

    /// Asks a client, which has to answer (TcpClientOptions::answers), as a Requester asks: with a
    /// whole message, which goes as it is; RequestOptions::server says nothing here. The default
    /// timeout is 10 s, and 65536 requests may be in flight on a connection. On its thread.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto exchange(Connection& with, OwnedMessage message, const RequestOptions& options = {},
                  Token&& token = {}) {
        detail::RequestTerms terms{options.timeout,
                                   {options.auth.share(), options.cipher.share()},
                                   {},
                                   options.reply_type};
        return detail::initiate<OwnedMessage>(
            std::forward<Token>(token), [this, with = with.shared(), message = std::move(message),
                                         terms = std::move(terms)](auto done) mutable {
                start_exchange(std::move(with), std::move(message), std::move(terms),
                               std::move(done));
            });
    }
    /// Passes a message on to a client, which has to answer (TcpClientOptions::answers), with one
    /// more auth field, and what that answers back to who asked, without that field; both are
    /// otherwise as they came. What does not come within the time, which is the same for all that
    /// goes to a client, as is the field's name, or from who has gone, is answered ERROR. For
    /// programs that stand between others, to whom exchange() would cost several times as much. On
    /// the threads of both. After an error `answer` is still to be used: Errc::closed, where it may
    /// have gone out all the same, no_session, queue_full, too_large.
    std::error_code pass_on(const Message& message, Connection& to, const AddedField& field,
                            std::chrono::milliseconds timeout, Answer& answer);
    /// Called for each connection that comes, on its thread, before anything is read; false closes
    /// it. To be called before start().
    void set_connect_handler(std::function<bool(Connection&)> handler);
    /// Called when a connection has ended, one that was refused so, too, on its thread: by an
    /// error, or none where either side meant it. To be called before start().
    void set_disconnect_handler(std::function<void(Connection&, std::error_code)> handler);

    StopReport run() override;

    /// Where it listens, with the ports the system picked; empty before start().
    std::vector<Address> endpoints() const;
    /// The port of the first of these.
    std::uint16_t port() const;
    Counters counters() const;
    /// Connections open now.
    std::size_t connection_count() const;
    /// Connections subscribed to the key itself.
    std::size_t subscriber_count(ByteView key) const;

private:
    void keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) override;
    bool drop_handler(const Key& key, bool once) override;
    core::Node& core_node() const override;
    void with_peer_manager(std::function<void(core::PeerManager&)> work) override;
    void start_exchange(std::shared_ptr<Connection> with, OwnedMessage message,
                        detail::RequestTerms terms, detail::Completion<OwnedMessage> done);
    Started begin() override;
    void start_stop(std::chrono::milliseconds deadline,
                    detail::Completion<StopReport> done) override;

    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace netaio
