#include "tcp_session.hpp"

#include "awaiting.hpp"
#include "exit_code.hpp"

namespace netaio::app {
TcpSession::TcpSession(const ClientOptions& options, const Protection& protection)
    : Session(options, protection), client_(requester_options<TcpClientOptions>()) {
    if (protection.local_peer) introduction_.emplace(client_, this->protection());
}

awaitable<void> TcpSession::connect() {
    const auto [error, address] =
        co_await client_.connect(endpoint().host, endpoint().port, as_tuple);
    if (error) throw_unconnected(error, *this);
    if (introduction_) {
        const auto unknown = co_await introduction_->wait(address, timeout());
        if (unknown) throw_failure(unknown, *this);
    }
    if (listening_) client_.start_receive_loop();
}

void TcpSession::listen(const Listener& listener) {
    listening_ = true;
    client_.on(MessageType::notify_uri, protection().inner, listener.take);
    for (const auto type : {MessageType::not_permitted, MessageType::error}) {
        client_.on(type, [lose = listener.lose](const Message& end) { lose(end.uri(), end); });
    }
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
