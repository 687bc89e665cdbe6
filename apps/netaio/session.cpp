#include "session.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iostream>
#include <netaio/run.hpp>
#include <sstream>

#include "awaiting.hpp"
#include "duration.hpp"
#include "exit_code.hpp"
#include "signals.hpp"
#include "tcp_session.hpp"
#include "text.hpp"
#include "type_name.hpp"
#include "udp_session.hpp"

namespace netaio::app {
namespace {

constexpr const char* same_protection =
    "; check that both sides use the same secrets, layers and --dialect, and that their clocks "
    "agree where there is a --max-age";

constexpr const char* session_wanted =
    "; give --session offer or require with a secret of both, or have it admit this key, which "
    "--session-seed makes a lasting one";

// What it says, and what to do, where a session with somebody did not begin; empty for other
// errors.
std::string no_session_text(const std::error_code& error) {
    if (error == Errc::peer_changed) {
        return error.message() +
               "; somebody may be in between. Have its owner confirm the new key, and only then "
               "give "
               "that with --peer-key, or put it in the file of --known-peers";
    }
    if (error == Errc::no_session) {
        return error.message() +
               "; somebody may be in between, the secrets may differ, it may not admit this key, "
               "or "
               "it may have been started with --session off";
    }
    return "";
}

awaitable<void> guarded(const std::function<awaitable<void>()>& command, Ending& ending) {
    try {
        co_await command();
    } catch (...) {
        ending.fail();
    }
}

awaitable<void> signalled(Ending& ending) {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer told(executor, boost::asio::steady_timer::time_point::max());
    Signals signals(executor, SignalsOf::command);
    signals.wait([&] {
        ending.interrupted = true;
        told.cancel();
    });
    co_await told.async_wait(as_tuple);
}

awaitable<void> until_signal(const std::function<awaitable<void>()>& command, Ending& ending) {
    using namespace boost::asio::experimental::awaitable_operators;
    const auto ended = co_await (guarded(command, ending) || signalled(ending));
    if (ended.index() == 1) ending.code = static_cast<int>(ExitCode::interrupted);
}

}  // namespace

void Ending::fail() {
    const auto end = [this](int why, std::string_view text) {
        code = why;
        if (!interrupted) std::cerr << "netaio: " << sentence(text) << '\n';
    };
    try {
        throw;
    } catch (const Failure& failure) {
        end(failure.code(), failure.what());
    } catch (const boost::system::system_error& error) {
        end(static_cast<int>(exit_code(std::error_code(error.code()))), error.code().message());
    } catch (const std::exception& error) {
        end(static_cast<int>(ExitCode::other), error.what());
    }
}

SessionTerms::SessionTerms(const ClientOptions& options, Protection protection)
    : options_(options),
      protection_(std::move(protection)),
      endpoint_(parse_endpoint(options.server)) {}

std::string SessionTerms::timeout_text() const {
    const double seconds = options_.timeout_seconds;
    std::ostringstream text;
    text << seconds << (seconds == 1 ? " second" : " seconds");
    return text.str();
}

RequestOptions SessionTerms::terms() const {
    const Plugins& inner = protection_.inner;
    return {.auth = inner.auth, .cipher = inner.cipher, .server = address_};
}

SessionOptions SessionTerms::session_options() const {
    SessionOptions made;
    if (options_.daemon) return made;
    made = make_session_options(options_.session, options_.protection, SessionEnd::client);
    made.patience = std::min(made.patience, timeout());
    return made;
}

void SessionTerms::look_at_session_of(const Message& answer) {
    const bool keeps_keys = !options_.session.known_peers.empty() && !options_.daemon;
    if (keeps_keys && !answer.who().name("session") && !std::exchange(told_of_no_session_, true)) {
        warn("--known-peers: no session was agreed on with " + server() +
             ", so that no key of it is kept; with --session require it is not spoken to without");
    }
}

awaitable<OwnedMessage> Session::exchange(MessageType type, ByteView uri, ByteView content) {
    auto [error, answer] = co_await requester().exchange(type, uri, content, terms(), as_tuple);
    if (error) throw_failure(error, *this);
    look_at_session_of(answer);
    co_return std::move(answer);
}

awaitable<OwnedMessage> Session::subscribe(ByteView uri, bool prefix, bool present) {
    const RequestOptions asking = terms();
    auto [error, answer] = co_await requester().subscribe(uri,
                                                          {.prefix = prefix,
                                                           .present = present,
                                                           .timeout = asking.timeout,
                                                           .auth = asking.auth,
                                                           .cipher = asking.cipher,
                                                           .server = asking.server},
                                                          as_tuple);
    if (error == Errc::unsupported) {
        throw Failure(ExitCode::other, server() + ": the server knows no --present or --prefix");
    }
    if (error) throw_failure(error, *this);
    co_return std::move(answer);
}

std::unique_ptr<Session> make_session(const ClientOptions& options, const Protection& protection) {
    if (options.udp) return std::make_unique<UdpSession>(options, protection);
    return std::make_unique<TcpSession>(options, protection);
}

void throw_if_error(const Message& answer, ByteView uri) {
    const int code = exit_code(answer.type());
    if (code == static_cast<int>(ExitCode::done)) return;
    std::string text =
        "the server answered " + type_name(answer.type()) + " for '" + printable(uri) + "'";
    if (!answer.content().empty()) text += ": " + printable(answer.content());
    if (answer.type() == MessageType::auth_error) {
        text += answer.content() == ByteView("a session is required") ? session_wanted
                                                                      : same_protection;
    }
    throw Failure(code, text);
}

void throw_failure(const std::error_code& error, const SessionTerms& session) {
    const ExitCode code = exit_code(error);
    std::string text = session.server() + ": " + error.message();
    if (const auto why = no_session_text(error); !why.empty()) {
        text = session.server() + ": " + why;
    } else if (code == ExitCode::authentication || error == Errc::decrypt_failed) {
        text += same_protection;
    } else if (error == Errc::encrypt_failed) {
        text += "; the server has not introduced itself with a key: start it with --x25519-key too";
    } else if (error == Errc::timeout) {
        text += " (" + session.timeout_text() +
                "); raise --timeout, or check that both sides use the same secrets and keys";
        if (session.protection().local_peer) text += ", and --x25519-key";
        if (session.options().udp) {
            text += ", and that 'netaio node' runs there; datagrams may be lost: try again";
        }
    } else if (code == ExitCode::cannot_connect && session.options().udp) {
        text += "; the system did not send it: check that there is a way to it (netaio interfaces)";
    } else if (code == ExitCode::cannot_connect && session.options().daemon) {
        text +=
            "; netaiod closed the connection: it may have ended, not let this user in, or have as "
            "many connections of it as it takes";
    } else if (code == ExitCode::cannot_connect) {
        text +=
            "; the server closed the connection: it may have as many as it takes "
            "(--connections-max), take no frames that long (--frame-max), or speak another "
            "--dialect";
    }
    throw Failure(code, text);
}

void throw_unconnected(const std::error_code& error, const SessionTerms& session) {
    if (error == Errc::cancelled) throw Failure(ExitCode::interrupted, "interrupted");
    const std::string where = "cannot connect to " + session.server() + ": ";
    if (const auto text = no_session_text(error); !text.empty()) {
        throw Failure(exit_code(error), where + text);
    }
    if (error == std::errc::too_many_files_open) {
        throw Failure(ExitCode::cannot_connect,
                      where + error.message() + "; raise the limit here with 'ulimit -n'");
    }
    if (session.options().daemon && error == std::errc::permission_denied) {
        throw Failure(ExitCode::cannot_connect,
                      where + error.message() +
                          "; be the user whom netaiod runs as, or a member of its group "
                          "(daemon.group) from a login after that was granted");
    }
    if (session.options().daemon) {
        throw Failure(ExitCode::cannot_connect,
                      where + error.message() +
                          "; start netaiod, or name its socket, if it has another, with "
                          "--socket or NETAIO_DAEMON");
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

int run_session(const std::function<awaitable<void>()>& command) {
    Ending ending;
    run(until_signal(command, ending), {.handle_signals = false});
    return ending.code;
}

}  // namespace netaio::app
