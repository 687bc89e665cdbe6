#pragma once

#include <functional>
#include <netaio/tcp_client.hpp>

#include "client_options.hpp"
#include "endpoint.hpp"
#include "introduction.hpp"

namespace netaio::app {

/// One connection of a client command to its server.
class Session {
public:
    /// Throws Failure when the options name no server. They must outlive it.
    Session(const ClientOptions& options, Protection protection);

    /// Throws Failure that says what to do.
    awaitable<void> connect();
    /// Sends a message and gives the answer, also when its type is an error; throws Failure when
    /// there is none to give.
    awaitable<OwnedMessage> exchange(MessageType type, ByteView uri, ByteView content = {});

    TcpClient& client() noexcept { return client_; }
    const ClientOptions& options() const noexcept { return options_; }
    const Protection& protection() const noexcept { return protection_; }
    std::string server() const { return server_.str(); }

private:
    const ClientOptions& options_;
    Protection protection_;
    Endpoint server_;
    TcpClient client_;
    std::optional<Introduction> introduction_;
};

/// The Failure that an answer of an error type means.
void throw_if_error(const Message& answer, ByteView uri);
/// What a failed exchange means, said for people.
[[noreturn]] void throw_failure(const std::error_code& error, const Session& session);

/// Runs a command to its end, or to SIGINT or SIGTERM, and gives its exit code. Failures are said
/// on stderr.
int run_session(const std::function<awaitable<void>()>& command);

}  // namespace netaio::app
