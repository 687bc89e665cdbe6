#pragma once

#include <functional>
#include <netaio/tcp_client.hpp>
#include <netaio/udp_node.hpp>

#include "client_options.hpp"
#include "endpoint.hpp"
#include "introduction.hpp"

namespace netaio::app {

/// What becomes of the notifications of a Session.
struct Listener {
    std::function<void(const Message&)> take;
    /// No more will come, for this reason.
    std::function<void(std::exception_ptr)> fail;
};

/// The way of a client command to its server: a connection, or with --udp datagrams.
class Session {
public:
    /// Throws Failure when the options name no server. They must outlive it.
    Session(const ClientOptions& options, Protection protection);

    /// Has notifications given to somebody, from connect() on. To be called before that.
    void listen(Listener listener);
    /// Throws Failure that says what to do.
    awaitable<void> connect();
    /// Sends a message and gives the answer, also when its type is an error; throws Failure when
    /// there is none to give.
    awaitable<OwnedMessage> exchange(MessageType type, ByteView uri, ByteView content = {});

    /// Ends at once what waits for an answer.
    void close();
    /// Tells a node that a subscription is still wanted; a server keeps it anyway.
    void renew(ByteView uri);
    /// Has a node forget a subscription; a server forgets it with the connection.
    void unsubscribe(ByteView uri);

    const ClientOptions& options() const noexcept { return options_; }
    const Protection& protection() const noexcept { return protection_; }
    std::string server() const { return server_.str(); }

private:
    awaitable<void> connect_tcp();
    awaitable<void> start_udp();
    awaitable<void> introduce();
    void listen_tcp(const Listener& listener);
    void listen_udp(const Listener& listener);

    const ClientOptions& options_;
    Protection protection_;
    Endpoint server_;
    bool listening_ = false;
    std::optional<TcpClient> client_;
    std::optional<Introduction> introduction_;
    std::optional<UdpNode> node_;
    Address address_;  // of the server, for datagrams
};

/// The Failure that an answer of an error type means.
void throw_if_error(const Message& answer, ByteView uri);
/// What a failed exchange means, said for people.
[[noreturn]] void throw_failure(const std::error_code& error, const Session& session);

/// Runs a command to its end, or to SIGINT or SIGTERM, and gives its exit code. Failures are said
/// on stderr.
int run_session(const std::function<awaitable<void>()>& command);

}  // namespace netaio::app
