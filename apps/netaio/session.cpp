#include "session.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iostream>
#include <netaio/run.hpp>

#include "awaiting.hpp"
#include "duration.hpp"
#include "exit_code.hpp"
#include "logging.hpp"
#include "signals.hpp"
#include "text.hpp"
#include "type_name.hpp"

namespace netaio::app {
namespace {

TcpClientOptions make_client_options(const ClientOptions& options, const Protection& protection) {
    TcpClientOptions made;
    made.auth = protection.outer.auth;
    made.cipher = protection.outer.cipher;
    made.local_peer = protection.local_peer;
    made.environment.log = make_log(options.log_level);
    made.connect_timeout = to_milliseconds(options.timeout_seconds);
    made.request_timeout = to_milliseconds(options.timeout_seconds);
    return made;
}

UdpNodeOptions make_udp_options(const ClientOptions& options, const Protection& protection) {
    UdpNodeOptions made;
    made.port = 0;
    made.auth = protection.outer.auth;
    made.cipher = protection.outer.cipher;
    made.environment.log = make_log(options.log_level);
    made.request_timeout = to_milliseconds(options.timeout_seconds);
    made.local_peer = protection.local_peer;
    return made;
}

std::string seconds(double value) {
    std::ostringstream text;
    text << value << (value == 1 ? " second" : " seconds");
    return text.str();
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
                      where + "no answer within " + seconds(session.options().timeout_seconds) +
                          "; check the address and what filters the network, or raise --timeout");
    }
    throw Failure(ExitCode::cannot_connect,
                  where + error.message() + "; check --server, and that 'netaio serve --listen " +
                      session.server() + "' runs there");
}

struct Ending {
    int code = static_cast<int>(ExitCode::done);
    bool interrupted = false;

    // Whoever interrupts a command knows why it ended.
    void fail(int why, std::string_view text) {
        code = why;
        if (!interrupted) std::cerr << "netaio: " << sentence(text) << '\n';
    }
};

awaitable<void> guarded(const std::function<awaitable<void>()>& command, Ending& ending) {
    try {
        co_await command();
    } catch (const Failure& failure) {
        ending.fail(failure.code(), failure.what());
    } catch (const boost::system::system_error& error) {
        ending.fail(static_cast<int>(exit_code(std::error_code(error.code()))),
                    error.code().message());
    } catch (const std::exception& error) {
        ending.fail(static_cast<int>(ExitCode::other), error.what());
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

Session::Session(const ClientOptions& options, Protection protection)
    : options_(options),
      protection_(std::move(protection)),
      server_(parse_endpoint(options.server)) {
    if (options.udp) {
        node_.emplace(make_udp_options(options, protection_));
    } else {
        client_.emplace(make_client_options(options, protection_));
        if (protection_.local_peer) introduction_.emplace(*client_, protection_);
    }
}

awaitable<void> Session::connect() {
    // Not co_await (a ? b : c): g++ 12 then destroys the coroutine that was not chosen.
    if (node_) {
        co_await start_udp();
    } else {
        co_await connect_tcp();
    }
}

awaitable<void> Session::connect_tcp() {
    const auto [error, address] = co_await client_->connect(server_.host, server_.port, as_tuple);
    if (error) cannot_connect(error, *this);
    if (introduction_) {
        const auto unknown =
            co_await introduction_->wait(address, to_milliseconds(options_.timeout_seconds));
        if (unknown) throw_failure(unknown, *this);
    }
    if (listening_) client_->start_receive_loop();
}

awaitable<void> Session::start_udp() {
    address_ = co_await resolve_soon(server_, to_milliseconds(options_.timeout_seconds));
    const auto [error, port] = co_await node_->start(as_tuple);
    if (error) throw Failure(ExitCode::other, "cannot open a UDP socket: " + error.message());
    if (protection_.local_peer) co_await introduce();
}

// Asks for the other node's key, again when datagrams are lost, until it has introduced itself.
awaitable<void> Session::introduce() {
    constexpr std::chrono::milliseconds again(250);
    node_->manage_peers(peer_management(protection_));
    const auto end = std::chrono::steady_clock::now() + to_milliseconds(options_.timeout_seconds);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    node_->set_peer_callbacks({.joined = [&](const Peer&) { timer.cancel(); }});
    while (!node_->peer_at(address_)) {
        const auto left = end - std::chrono::steady_clock::now();
        if (left <= left.zero()) throw_failure(Errc::timeout, *this);
        timer.expires_after(std::min<std::chrono::steady_clock::duration>(left, again));
        if (const auto error = node_->introduce(address_)) throw_failure(error, *this);
        co_await timer.async_wait(as_tuple);
    }
    node_->set_peer_callbacks({});
}

awaitable<OwnedMessage> Session::exchange(MessageType type, ByteView uri, ByteView content) {
    const Plugins& inner = protection_.inner;
    if (node_) {
        const UdpRequestOptions terms{.auth = inner.auth, .cipher = inner.cipher};
        auto [error, answer] =
            co_await node_->exchange(address_, type, uri, content, terms, as_tuple);
        if (error) throw_failure(error, *this);
        co_return std::move(answer);
    }
    const RequestOptions terms{.auth = inner.auth, .cipher = inner.cipher};
    auto [error, answer] = co_await client_->exchange(type, uri, content, terms, as_tuple);
    if (error) throw_failure(error, *this);
    co_return std::move(answer);
}

void Session::close() {
    if (client_) client_->close_all();
    if (node_) node_->stop();
}

void Session::renew(ByteView uri) {
    if (!node_) return;
    const UdpRequestOptions terms{.auth = protection_.inner.auth,
                                  .cipher = protection_.inner.cipher};
    // Best effort: one that is lost is followed by others.
    node_->exchange(address_, MessageType::subscribe_uri, uri, {}, terms,
                    [](std::error_code, const OwnedMessage&) {});
}

void Session::unsubscribe(ByteView uri) {
    if (!node_) return;
    const OwnedMessage message(MessageType::unsubscribe_uri, uri);
    // Best effort at the end: a node that is not told keeps sending to nobody.
    (void)node_->send(address_, message, {.plugins = protection_.inner});
}

void Session::listen(Listener listener) {
    listening_ = true;
    node_ ? listen_udp(listener) : listen_tcp(listener);
}

void Session::listen_tcp(const Listener& listener) {
    client_->on(MessageType::notify_uri, protection_.inner, listener.take);
    client_->set_auth_error_handler(
        [this, fail = listener.fail](const AuthPlugin&,
                                     const Message&) -> std::optional<OwnedMessage> {
            fail(std::make_exception_ptr(Failure(
                ExitCode::authentication, server() + ": a notification failed authentication; "
                                                     "check that both sides use the same secrets, "
                                                     "layers and --dialect")));
            return std::nullopt;
        });
    client_->set_disconnect_handler(
        [this, fail = listener.fail](const Address&, std::error_code error) {
            const bool malformed = exit_code(error) == ExitCode::malformed;
            fail(std::make_exception_ptr(
                Failure(malformed ? ExitCode::malformed : ExitCode::cannot_connect,
                        server() + ": the server went away: " + error.message())));
        });
}

// Anybody can send datagrams: those of others, and those that fail authentication, end nothing.
void Session::listen_udp(const Listener& listener) {
    node_->on(MessageType::notify_uri, protection_.inner,
              [this, take = listener.take](const Message& notification, const Address& from) {
                  if (from == address_) take(notification);
              });
    node_->set_auth_error_handler(
        [](const AuthPlugin&, const Message&) -> std::optional<OwnedMessage> {
            return std::nullopt;
        });
}

void throw_if_error(const Message& answer, ByteView uri) {
    const int code = exit_code(answer.type());
    if (code == static_cast<int>(ExitCode::done)) return;
    std::string text =
        "the server answered " + type_name(answer.type()) + " for '" + printable(uri) + "'";
    if (!answer.content().empty()) text += ": " + printable(answer.content());
    if (answer.type() == MessageType::auth_error) {
        text += "; check that both sides use the same secrets, layers and --dialect";
    }
    throw Failure(code, text);
}

void throw_failure(const std::error_code& error, const Session& session) {
    const ExitCode code = exit_code(error);
    std::string text = session.server() + ": " + error.message();
    if (code == ExitCode::authentication) {
        text += "; check that both sides use the same secrets, layers and --dialect";
    } else if (error == Errc::encrypt_failed) {
        text += "; the server has not introduced itself with a key: start it with --x25519-key too";
    } else if (error == Errc::timeout) {
        text += " (" + seconds(session.options().timeout_seconds) +
                "); raise --timeout, or check that both sides use the same keys";
        if (session.protection().local_peer) text += ", and --x25519-key";
        if (session.options().udp) {
            text += ", and that 'netaio node' runs there; datagrams may be lost: try again";
        }
    } else if (code == ExitCode::cannot_connect && session.options().udp) {
        text += "; the system did not send it: check that there is a way to it (netaio interfaces)";
    } else if (code == ExitCode::cannot_connect) {
        text +=
            "; the server closed the connection: it may have as many as it takes "
            "(--connections-max), take no frames that long (--frame-max), or speak another "
            "--dialect";
    }
    throw Failure(code, text);
}

int run_session(const std::function<awaitable<void>()>& command) {
    Ending ending;
    run(until_signal(command, ending));
    return ending.code;
}

}  // namespace netaio::app
