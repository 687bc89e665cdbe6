#pragma once

#include <netaio/tcp_client.hpp>

namespace netaio {

namespace detail {

// Instead of an error code to set: failures are thrown.
struct Throws {};

}  // namespace detail

/// Speaks to a server, over TCP or a Unix-domain socket, for a program that has no event loop: each
/// call waits, on the calling thread, for what it asks for. There is no thread behind it, but for
/// the time that the name of a host is looked up.
///
///     BlockingClient client("127.0.0.1", 8888, {.auth = hmac_auth({.secret = "test"})});
///     OwnedMessage reply = client.request("something", 2s);
///
/// The verbs and their errors are those of a TcpClient (see Requester). Failures are thrown as
/// netaio::Error, or put into an error code that is the last argument, as in Asio's
/// own synchronous calls, and then what is given means nothing:
///
///     std::error_code error;
///     OwnedMessage reply = client.request("something", {.timeout = 2s}, error);
///
/// One thread at a time may call it; std::logic_error tells one that calls while another is within
/// a call that waits or sends. That, too, tells a handler which does so itself, as it runs within
/// such a call: it may answer by its Connection.
///
/// Messages are read within calls that wait, and handlers, which cannot be coroutines, run then;
/// what they return goes to receive_once(), never to the server. Peers that are managed hear of
/// this one then, too: somebody has to call for that often enough.
class BlockingClient : public HandlerRegistry<TcpHandler>,
                       public PeerRegistry,
                       public RequestVerbs<BlockingClient, detail::Throws> {
public:
    /// One that is not connected yet.
    explicit BlockingClient(TcpClientOptions options = {});
    /// The same as this and connect().
    BlockingClient(std::string_view host, std::uint16_t port, TcpClientOptions options = {});
    /// The same by what Address::parse() reads, as `unix:/run/x.sock` or `[::1]:8888`.
    explicit BlockingClient(std::string_view address, TcpClientOptions options = {});
    /// Closes at once.
    ~BlockingClient() override;

    /// Connects to a server by name or address, at whichever of a name's addresses answers first
    /// (RFC 8305), within connect_timeout. A connection there was ends. Gives the address it
    /// reached. Errors: Errc::timeout, queue_full while 64 names are looked up, unsupported for an
    /// address of another transport, or what the system says.
    Address connect(std::string_view host, std::uint16_t port);
    Address connect(std::string_view host, std::uint16_t port, std::error_code& error);
    /// The same by an address, which may be of a Unix-domain socket.
    Address connect(const Address& server);
    Address connect(const Address& server, std::error_code& error);
    /// The same by what Address::parse() reads. Throws std::invalid_argument where it reads
    /// nothing.
    Address connect(std::string_view address);
    Address connect(std::string_view address, std::error_code& error);
    /// Connects again to where connect() was told to last. Subscriptions went with the connection.
    /// Errc::not_connected where that was never.
    Address reconnect();
    Address reconnect(std::error_code& error);

    /// Replaces the client's layer, as TcpClient::set_plugins(). Thread-safe.
    void set_plugins(Plugins plugins);

    /// Sends a message without waiting for an answer, but until the system has taken it. Errors:
    /// Errc::not_connected, queue_full, too_large, timeout when the server takes nothing for
    /// send_timeout, what a plugin or the system says.
    void send(const Message& message, const SendOptions& options = {});
    void send(const Message& message, const SendOptions& options, std::error_code& error);

    /// Waits for one message. A handler registered for it runs first, and what it returns is given
    /// instead; else the message itself. Messages that came while a request waited are kept for
    /// this, inbox_max of them. Messages that are damaged, or fail authentication without an answer
    /// to give, are skipped. Errors: Errc::timeout, not_connected, or why the connection ended.
    template <class Token = detail::Throws>
    OwnedMessage receive_once(const ReceiveOptions& options = {}, Token&& token = {}) {
        return given(received(options), token);
    }
    /// The same where only the time to wait is to be said.
    template <class Rep, class Period, class Token = detail::Throws>
    OwnedMessage receive_once(std::chrono::duration<Rep, Period> timeout, Token&& token = {}) {
        const ReceiveOptions options{.timeout =
                                         std::chrono::ceil<std::chrono::milliseconds>(timeout)};
        return given(received(options), token);
    }

    /// Ends the call that waits now, or else the next one, with Errc::cancelled. Thread-safe, and
    /// may be called by a handler of signals. The call learns of it at once by a signal that its
    /// own thread takes, else within a second. Not while it connects.
    void cancel() noexcept;

    /// Closes the connection when what was sent has been taken, for which it waits as send() does.
    void close();

    /// Whether there is a connection, as far as calls have met no end of it.
    bool connected() const noexcept;
    /// The server that was reached last; nothing before that.
    std::optional<Address> server() const;
    Counters counters() const;

private:
    friend RequestVerbs<BlockingClient, detail::Throws>;

    template <class Token>
    OwnedMessage perform(Result<OwnedMessage>&& message, detail::RequestTerms&& terms,
                         Token&& token) {
        return given(answered(std::move(message), std::move(terms)), token);
    }
    template <class Token>
    static OwnedMessage given(Result<OwnedMessage>&& result, Token& token) {
        if constexpr (std::is_same_v<Token, detail::Throws>) {
            if (!result) {
                throw Error(result.error());
            }
            return std::move(*result);
        } else {
            token = result ? std::error_code() : result.error();
            return result ? std::move(*result) : OwnedMessage();
        }
    }

    Result<OwnedMessage> answered(Result<OwnedMessage>&& message, detail::RequestTerms&& terms);
    Result<OwnedMessage> received(const ReceiveOptions& options);
    void keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) override;
    bool drop_handler(const Key& key, bool once) override;
    core::Node& core_node() const override;
    void with_peer_manager(std::function<void(core::PeerManager&)> work) override;

    class Impl;
    std::shared_ptr<Impl> impl_;
};

}  // namespace netaio
