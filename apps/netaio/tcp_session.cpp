#include "tcp_session.hpp"

#include "awaiting.hpp"
#include "exit_code.hpp"

namespace netaio::app {
namespace {

TcpClientOptions with_connect_timeout(TcpClientOptions options) {
    options.connect_timeout = options.request_timeout;
    return options;
}

[[noreturn]] void cannot_connect(const std::error_code& error, const Session& session) {
    if (error == Errc::cancelled) throw Failure(ExitCode::interrupted, "interrupted");
    const std::string where = "cannot connect to " + session.server() + ": ";
    if (error == std::errc::too_many_files_open) {
        throw Failure(ExitCode::cannot_connect,
                      where + error.message() + "; raise the limit here with 'ulimit -n'");
    }
    if (error == Errc::timeout || error == std::errc::timed_out) {
        throw Failure(ExitCode::cannot_connect,
                      where + "no answer within " + session.timeout_text() +
                          "; check the address and what filters the network, or raise --timeout");
    }
    throw Failure(ExitCode::cannot_connect,
                  where + error.message() + "; check --server, and that 'netaio serve --listen " +
                      session.server() + "' runs there");
}

}  // namespace

TcpSession::TcpSession(const ClientOptions& options, const Protection& protection)
    : Session(options, protection),
      client_(with_connect_timeout(requester_options<TcpClientOptions>())) {
    if (protection.local_peer) introduction_.emplace(client_, this->protection());
}

awaitable<void> TcpSession::connect() {
    const auto [error, address] =
        co_await client_.connect(endpoint().host, endpoint().port, as_tuple);
    if (error) cannot_connect(error, *this);
    if (introduction_) {
        const auto unknown = co_await introduction_->wait(address, timeout());
        if (unknown) throw_failure(unknown, *this);
    }
    if (listening_) client_.start_receive_loop();
}

void TcpSession::listen(const Listener& listener) {
    listening_ = true;
    client_.on(MessageType::notify_uri, protection().inner, listener.take);
    client_.set_auth_error_handler(
        [this, fail = listener.fail](const AuthPlugin&,
                                     const Message&) -> std::optional<OwnedMessage> {
            fail(std::make_exception_ptr(Failure(
                ExitCode::authentication, server() + ": a notification failed authentication; "
                                                     "check that both sides use the same secrets, "
                                                     "layers and --dialect")));
            return std::nullopt;
        });
    client_.set_disconnect_handler(
        [this, fail = listener.fail](const Address&, std::error_code error) {
            const bool malformed = exit_code(error) == ExitCode::malformed;
            fail(std::make_exception_ptr(
                Failure(malformed ? ExitCode::malformed : ExitCode::cannot_connect,
                        server() + ": the server went away: " + error.message())));
        });
}

}  // namespace netaio::app
