#include "exit_code.hpp"

namespace netaio::app {

ExitCode exit_code(const std::error_code& error) noexcept {
    if (!error) return ExitCode::done;
    if (error.category() != netaio_category()) return ExitCode::cannot_connect;
    switch (static_cast<Errc>(error.value())) {
        case Errc::timeout: return ExitCode::timeout;
        case Errc::closed:
        case Errc::not_connected: return ExitCode::cannot_connect;
        case Errc::auth_failed:
        case Errc::auth_failed_unverified:
        case Errc::stale:
        case Errc::replayed:
        case Errc::unpaid:
        case Errc::no_session:
        case Errc::peer_changed: return ExitCode::authentication;
        case Errc::malformed:
        case Errc::unknown_message_type:
        case Errc::bad_checksum:
        case Errc::nesting_too_deep:
        case Errc::decrypt_failed: return ExitCode::malformed;
        case Errc::too_large:
        case Errc::queue_full: return ExitCode::local_limit;
        case Errc::cancelled: return ExitCode::interrupted;
        case Errc::not_encodable:
        case Errc::auth_not_possible:
        case Errc::encrypt_failed:
        case Errc::pending:
        case Errc::unsupported: return ExitCode::other;
    }
    return ExitCode::other;
}

int exit_code(MessageType answer) noexcept {
    switch (answer) {
        case MessageType::respond_uri:
        case MessageType::ok:
        case MessageType::notify_uri:
        case MessageType::confirm_subscribe:
        case MessageType::confirm_unsubscribe: return static_cast<int>(ExitCode::done);
        case MessageType::auth_error: return static_cast<int>(ExitCode::authentication);
        default: return answer_exit_base + static_cast<int>(answer);
    }
}

std::string exit_code_help() {
    return "Exit codes:\n"
           "  0  done\n"
           "  1  something else went wrong\n"
           "  2  wrong usage\n"
           "  3  cannot connect, or the connection was lost\n"
           "  4  no answer in time\n"
           "  5  authentication failed, on either side\n"
           "  6  the answer was malformed\n"
           "  7  a local limit, such as the size of a message\n"
           "  8  interrupted\n"
           "  64 + message type, when the peer answered with another error:\n"
           "     84 ERROR, 88 NOT_FOUND, 89 NOT_PERMITTED\n";
}

}  // namespace netaio::app
