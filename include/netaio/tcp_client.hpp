#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <netaio/access_rules.hpp>
#include <netaio/completion.hpp>
#include <netaio/counters.hpp>
#include <netaio/default_peer.hpp>
#include <netaio/handler_registry.hpp>
#include <netaio/keep_connected.hpp>
#include <netaio/never.hpp>
#include <netaio/peer_registry.hpp>
#include <netaio/requester.hpp>
#include <netaio/session.hpp>
#include <vector>

namespace netaio {

struct ReconnectOptions;

/// How a TcpClient speaks to its servers, and where its bounds are. A time that bounds something is
/// above zero, or `never` for no bound.
struct TcpClientOptions {
    /// The node's layer (protocol.md §3): every message goes through these.
    std::shared_ptr<const AuthPlugin> auth = nullptr;
    std::shared_ptr<const CipherPlugin> cipher = nullptr;
    /// The rules that what servers send of themselves is asked about; none: all may pass. See
    /// set_rules().
    std::shared_ptr<const AccessRules> rules = nullptr;
    std::shared_ptr<const PeerPlugin> peer_plugin = std::make_shared<DefaultPeer>();
    /// How this client presents itself to peers, and to plugins that ask.
    std::optional<Peer> local_peer = std::nullopt;
    /// Whether connections are sealed by sessions, with servers that know of them: what else there
    /// is to say waits until that is known.
    SessionOptions session = {};

    MessageTypes types = {};
    KeyExtractor extract_keys = {};
    Environment environment = {};

    /// Whether what handlers return answers the server, as it does of servers and nodes, instead of
    /// being given to receive_once(); and what no handler is registered for is answered NOT_FOUND
    /// where it expects an answer. For servers that ask their clients (TcpServer::exchange()).
    bool answers = false;
    /// With that, messages at once whose handlers suspended or answer later, as
    /// TcpServerOptions::handlers_max; without, one.
    std::size_t handlers_max = 64;

    /// How long connect() may take, with looking the name up and trying all its addresses.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
    /// How long requests wait unless they say otherwise.
    std::chrono::milliseconds request_timeout = std::chrono::seconds(10);
    /// Requests in flight on one connection; more fail with Errc::queue_full.
    std::size_t requests_max = 65536;
    /// Messages kept for receive_once() while no receive loop runs; beyond that the oldest is
    /// dropped and counted as unhandled.
    std::size_t inbox_max = 256;
    /// The longest frame, in bytes, header included.
    std::size_t frame_max = 9 + 2 * 0xffff;
    /// How long a frame may take from its first to its last byte.
    std::chrono::milliseconds frame_timeout = std::chrono::seconds(30);
    /// A server that takes nothing for so long while something waits is given up.
    std::chrono::milliseconds send_timeout = std::chrono::seconds(30);
    /// A server from which not even the system answers for so long, as when its machine vanished,
    /// is given up, by steps of a second and not before four; `never` leaves that to the system,
    /// whose time is hours. While something sent is on its way this holds unless send_timeout is
    /// longer or never, as the system can't tell who vanished from who takes nothing. Only where
    /// the system can (Linux).
    std::chrono::milliseconds keepalive_timeout = std::chrono::seconds(30);
    /// Bytes that may wait to be sent to one server; requests beyond that fail with
    /// Errc::queue_full.
    std::size_t send_queue_max = 4 << 20;
};

/// How a receive call chooses its server and how long it waits.
struct ReceiveOptions {
    /// With zero only a message that is here already is given, else Errc::timeout.
    std::chrono::milliseconds timeout = never;
    OptionalAddress server = {};
};

/// What a timeout handler is told.
struct TimeoutContext {
    MessageType type;  ///< what was asked
    std::string uri;
    std::chrono::milliseconds timeout;  ///< how long it waited
    Address server;
};

class DaemonClient;
class SharedClient;

/// Speaks to one or more servers, over TCP or Unix-domain sockets.
///
///     awaitable<void> session() {
///         TcpClient client({.auth = hmac_auth({.secret = "test"})});
///         co_await client.connect("127.0.0.1", 8888);
///         OwnedMessage reply = co_await client.request("something", {.timeout = 2s});
///     }
///
/// Waiting calls are Asio operations of `void(boost::system::error_code, T)`, as of Requester. The
/// client works on the executor it was given, or else on that of the coroutine that first connects.
/// It is not thread-safe: use it on that executor, which must run on one thread or be a strand; use
/// on another thread than that of its loop throws std::logic_error, as far as it can be told.
/// Messages are read while a request waits, a receive call waits, or a receive loop runs.
/// Destroying it ends whatever waits with Errc::cancelled.
///
/// Handlers run while messages are received; what they return goes to receive_once(), never to the
/// server, unless TcpClientOptions::answers says so.
///
/// A server whose new rules end a subscription tells so by a message of the type of its `refusal`,
/// with the uri or prefix and "subscription ended" or "subscription to prefix ended". It answers
/// nothing, and goes through the node's layer alone, so a handler without plugins of its own hears
/// it; a kept connection does not ask for that subscription again.
///
///     client.on(MessageType::not_permitted, [](const Message& m) { lost(m.uri()); });
///
/// Whatever the client calls may replace itself or destroy the client. What a handler throws is
/// logged, and whoever waits learns the same as without; what a completion handler throws leaves
/// the run() of its executor, as with Asio's own operations.
class TcpClient : public HandlerRegistry<TcpHandler>, public PeerRegistry, public Requester {
public:
    explicit TcpClient(TcpClientOptions options = {});
    TcpClient(boost::asio::any_io_executor executor, TcpClientOptions options = {});
    ~TcpClient() override;

    /// Connects to a server by name or address, at whichever of a name's addresses answers first
    /// (RFC 8305). The first server becomes the default, as does the next when the default was
    /// closed. A connection there was to the same address ends. Gives the address it reached.
    /// Errors: Errc::timeout, cancelled, queue_full while 64 names are looked up, or what the
    /// system says.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto connect(std::string_view host, std::uint16_t port, Token&& token = {}) {
        if constexpr (detail::awaits_by_default<Token>) {
            return connection_to(std::string(host), port);
        } else {
            return initiate_connect(token, std::string(host), port);
        }
    }

    /// The same by an address, which may be of a Unix-domain socket.
    template <class Token = boost::asio::use_awaitable_t<>>
        requires(!std::is_convertible_v<Token, std::uint16_t>)
    auto connect(const Address& server, Token&& token = {}) {
        return connect(server.host(), server.port(), std::forward<Token>(token));
    }
    /// The same by what Address::parse() reads, as `unix:/run/x.sock` or `[::1]:8888`. Throws
    /// std::invalid_argument where it reads nothing.
    template <class Token = boost::asio::use_awaitable_t<>>
        requires(!std::is_convertible_v<Token, std::uint16_t>)
    auto connect(std::string_view address, Token&& token = {}) {
        return connect(parsed(address), std::forward<Token>(token));
    }

    /// Keeps a connection to a server, or to one of several, tried in turn: connects, and after any
    /// end connects again, subscribes to what was subscribed to there, with present values where
    /// that was asked, and runs a receive loop, but where that was stopped. Once it is connected,
    /// calls that name no server mean it, unless there was a default server before. Returns at
    /// once. Where the client has no executor yet, it begins on that of the netaio::run() it is
    /// called within, else with the client's first call that waits. What is subscribed to is what
    /// subscribe() was granted there, less what unsubscribe() ended.
    ///
    ///     client.on(notify_uri, show);
    ///     client.keep_connected("hub.local", 8888, {.on_state = log_state});
    ///     co_await client.subscribe("room/", {.prefix = true, .present = true});
    ///
    /// Such requests wait until it is connected (KeepOptions::requests), in their order, and not
    /// longer than their timeout. Register handlers for what comes: receive_once() gets only what
    /// comes while it waits. Those that are in flight at an end fail, as nobody knows what became
    /// of them; receive calls end with the connection, too. A server that does not grant a
    /// subscription again has failed. Replaces what was kept before. Throws std::invalid_argument
    /// for no server, a host that connect() finds unsupported, or times that are not above zero.
    void keep_connected(std::string_view host, std::uint16_t port, KeepOptions options = {});
    void keep_connected(std::vector<ServerName> servers, KeepOptions options = {});
    void keep_connected(const Address& server, KeepOptions options = {});
    /// Ends that, and leaves the connection as it is; close() and close_all() end both. Requests
    /// that wait end with Errc::closed. Whether any was kept.
    bool stop_keeping();

    /// Sends a message without waiting for an answer. Errors: Errc::not_connected,
    /// Errc::queue_full, or what a plugin says.
    std::error_code send(const Message& message, SendOptions options = {},
                         const std::optional<Address>& server = std::nullopt);

    /// Waits for one message. A handler registered for it runs first, and what it returns is given
    /// instead; else the message itself. Messages that are damaged, or fail authentication without
    /// an answer to give, are skipped.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto receive_once(const ReceiveOptions& options = {}, Token&& token = {}) {
        if constexpr (detail::awaits_by_default<Token>) {
            return next_message(options);
        } else {
            return initiate_receive(token, options);
        }
    }

    /// Receives messages for handlers until stopped, in the background. False when one was running,
    /// or there is no connection.
    bool start_receive_loop(const std::optional<Address>& server = std::nullopt);
    /// Whether one was running.
    bool stop_receive_loop(const std::optional<Address>& server = std::nullopt);
    /// How many were.
    std::size_t stop_all_receive_loops();
    /// The servers with a running receive loop.
    std::vector<Address> receive_loops() const;

    /// Replaces the client's layer as a whole: what is sent or received from then on goes through
    /// these. What vouched for somebody so far is remembered, so that named secrets which stay are
    /// chosen as before. A server notifies as it was asked to: subscribe again to move to another
    /// secret. A session that began with a secret which is none of these ends in some seconds.
    /// Thread-safe.
    void set_plugins(Plugins plugins);
    /// Replaces the rules, at any time; null: all may pass. They are asked whether what a server
    /// sends reaches a handler or receive_once(): NOTIFY_URI and whatever else AccessRules::covers,
    /// but no answer to what was asked. What they refuse is counted in rejected_rules, logged, and
    /// dropped in silence. Thread-safe.
    void set_rules(std::shared_ptr<const AccessRules> rules);
    /// Replaces what a message that fails an auth check turns into for receive_once().
    void set_auth_error_handler(
        std::function<std::optional<OwnedMessage>(const AuthPlugin&, const Message&)> handler);
    /// Called when a request times out that was sent, before its caller learns of it; a coroutine
    /// is only started.
    template <class F>
    void set_timeout_handler(F&& handler) {
        using Returned = std::remove_cvref_t<std::invoke_result_t<F&, TimeoutContext>>;
        if constexpr (detail::AwaitedType<Returned>::suspends) {
            set_timeout_handlers(nullptr, std::forward<F>(handler));
        } else {
            set_timeout_handlers(std::forward<F>(handler), nullptr);
        }
    }
    /// Called when a connection ends that close() did not end. It is noticed while something is
    /// read or written.
    void set_disconnect_handler(std::function<void(const Address&, std::error_code)> handler);

    /// Closes the connection to one server, the default one unless given, when what was sent has
    /// been taken; what waits there ends with Errc::closed at once.
    void close(const std::optional<Address>& server = std::nullopt);
    /// Closes all.
    void close_all();

    /// The server that calls without one mean; nothing before the first connect().
    std::optional<Address> default_server() const;
    /// Throws std::invalid_argument when there is no connection to it.
    void set_default_server(const Address& server);
    /// The servers there is a connection to.
    std::vector<Address> servers() const;
    bool connected(const std::optional<Address>& server = std::nullopt) const;
    /// The connection itself; null when there is none.
    std::shared_ptr<Connection> connection(
        const std::optional<Address>& server = std::nullopt) const;
    Counters counters() const;

    /// Connects again to a server that was connected before, keeping its place as the default.
    template <class Token = boost::asio::use_awaitable_t<>>
    auto reconnect(Address server, Token&& token = {}) {
        return connect(server, std::forward<Token>(token));
    }

private:
    friend class DaemonClient;
    friend class SharedClient;
    friend std::function<awaitable<void>(TimeoutContext)> auto_reconnect(TcpClient& client,
                                                                         ReconnectOptions options);

    static Address parsed(std::string_view address);
    void keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) override;
    bool drop_handler(const Key& key, bool once) override;
    core::Node& core_node() const override;
    void with_peer_manager(std::function<void(core::PeerManager&)> work) override;
    void start_connect(std::string host, std::uint16_t port, detail::Completion<Address> done);
    void set_timeout_handlers(std::function<void(const TimeoutContext&)> plain,
                              std::function<awaitable<void>(TimeoutContext)> suspending);
    void start_request(Result<OwnedMessage> message, RequestTerms terms,
                       detail::Completion<OwnedMessage> done) override;
    void start_receive(ReceiveOptions options, detail::Completion<OwnedMessage> done);
    template <class Token>
    auto initiate_connect(Token&& token, std::string host, std::uint16_t port) {
        return detail::initiate<Address>(std::forward<Token>(token),
                                         [this, host = std::move(host), port](auto done) mutable {
                                             start_connect(std::move(host), port, std::move(done));
                                         });
    }
    template <class Token>
    auto initiate_receive(Token&& token, const ReceiveOptions& options) {
        return detail::initiate<OwnedMessage>(
            std::forward<Token>(token),
            [this, options](auto done) { start_receive(options, std::move(done)); });
    }
    awaitable<Address> connection_to(std::string host, std::uint16_t port);
    awaitable<OwnedMessage> next_message(const ReceiveOptions& options);

    class Impl;
    // Throws when another thread runs its loop.
    Impl& impl() const;
    std::shared_ptr<Impl> impl_;
};

}  // namespace netaio
