#pragma once

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/use_future.hpp>
#include <netaio/request_verbs.hpp>
#include <netaio/tcp_client.hpp>

namespace netaio {

/// A TcpClient for programs with several threads, as those with windows, and services: it has an
/// event loop on a thread of its own, and all threads may use it.
///
///     SharedClient client({.auth = hmac_auth({.secret = "test"})});
///     client.connect("127.0.0.1", 8888).get();
///     std::future<OwnedMessage> reply = client.request("something", {.timeout = 2s});
///
/// Calls that wait give a std::future unless told otherwise, whose get() throws what went wrong. By
/// another completion token what comes of them is brought elsewhere: to a callback,
/// `client.request("x", {}, bind_executor(window, show))`, which runs on that executor, or on the
/// client's thread without one, or to a coroutine, by `use_awaitable`; whatever context that is
/// must outlive the client. They can be cancelled on the executor they complete on. Their errors
/// are those of TcpClient.
///
/// Messages are received all the time. Handlers run on the client's thread, see on_executor() for
/// others. Never wait there for a future of the same client: what it waits for comes on that
/// thread. What handlers and callbacks throw there is logged.
///
/// All members are thread-safe. Destroying it ends whatever waits with Errc::cancelled, as whatever
/// is asked from then on, and waits for its thread; so do keep_connected() and close_all() for what
/// a handler is doing there. Not to be destroyed on that thread.
class SharedClient : public HandlerRegistry<TcpHandler>,
                     public RequestVerbs<SharedClient, boost::asio::use_future_t<>> {
public:
    explicit SharedClient(TcpClientOptions options = {});
    ~SharedClient() override;

    /// Connects to a server, as TcpClient::connect(). Gives the address it reached.
    template <class Token = boost::asio::use_future_t<>>
    auto connect(std::string_view host, std::uint16_t port, Token&& token = {}) {
        return detail::initiate<Address>(std::forward<Token>(token),
                                         [this, name = std::string(host), port](auto done) mutable {
                                             start_connect(std::move(name), port, std::move(done));
                                         });
    }
    /// The same by an address, which may be of a Unix-domain socket.
    template <class Token = boost::asio::use_future_t<>>
        requires(!std::is_convertible_v<Token, std::uint16_t>)
    auto connect(const Address& server, Token&& token = {}) {
        return connect(server.host(), server.port(), std::forward<Token>(token));
    }
    /// Keeps a connection, as TcpClient::keep_connected(). What `options` has called is called on
    /// the client's thread.
    void keep_connected(std::string_view host, std::uint16_t port, KeepOptions options = {});
    void keep_connected(std::vector<ServerName> servers, KeepOptions options = {});
    void keep_connected(const Address& server, KeepOptions options = {});
    /// Closes all connections, when what was sent has been taken, and keeps none any more.
    void close_all();

    /// Replaces the client's layer, as TcpClient::set_plugins().
    void set_plugins(Plugins plugins);

    /// What else there is to do with it: a TcpClient, to be used on its executor only, and not by
    /// what is called while this one is destroyed.
    TcpClient& client() noexcept;
    boost::asio::any_io_executor executor() const noexcept;

private:
    friend class RequestVerbs<SharedClient, boost::asio::use_future_t<>>;

    void keep_handler(Key key, HandlerOptions options, TcpHandler handler, bool once) override;
    bool drop_handler(const Key& key, bool once) override;
    void start_connect(std::string host, std::uint16_t port, detail::Completion<Address> done);
    void start_request(Result<OwnedMessage> message, detail::RequestTerms terms,
                       detail::Completion<OwnedMessage> done);
    template <class Token>
    auto perform(Result<OwnedMessage> message, detail::RequestTerms terms, Token&& token) {
        return detail::initiate<OwnedMessage>(
            std::forward<Token>(token),
            [this, message = std::move(message), terms = std::move(terms)](auto done) mutable {
                start_request(std::move(message), std::move(terms), std::move(done));
            });
    }

    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// A handler that runs on an executor, as that of a window's thread, with a message that is its own
/// to keep: `client.on(notify_uri, on_executor(window, show))`. It answers nothing.
template <class F>
auto on_executor(boost::asio::any_io_executor executor, F handler) {
    return [executor = std::move(executor),
            shared = std::make_shared<F>(std::move(handler))](const Message& message) {
        boost::asio::post(executor, [shared, kept = message.own()]() -> void {
            (*shared)(static_cast<const Message&>(kept));
        });
    };
}

}  // namespace netaio
