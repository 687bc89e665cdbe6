#include "session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>
#include <netaio/run.hpp>

#include "duration.hpp"
#include "exit_code.hpp"
#include "logging.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

constexpr auto as_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

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

std::string seconds(double value) {
    std::ostringstream text;
    text << value << (value == 1 ? " second" : " seconds");
    return text.str();
}

[[noreturn]] void cannot_connect(const std::error_code& error, const Session& session) {
    if (error == Errc::cancelled) throw Failure(ExitCode::interrupted, "interrupted");
    const std::string where = "cannot connect to " + session.server() + ": ";
    if (error == Errc::timeout || error == std::errc::timed_out) {
        throw Failure(ExitCode::cannot_connect,
                      where + "no answer within " + seconds(session.options().timeout_seconds) +
                          "; check the address and what filters the network, or raise --timeout");
    }
    throw Failure(ExitCode::cannot_connect,
                  where + error.message() + "; check --server, and that 'netaio serve --listen " +
                      session.server() + "' runs there");
}

awaitable<void> guarded(const std::function<awaitable<void>()>& command, int& code) {
    try {
        co_await command();
    } catch (const Failure& failure) {
        code = failure.code();
        std::cerr << "netaio: " << failure.what() << '\n';
    } catch (const boost::system::system_error& error) {
        code = static_cast<int>(exit_code(std::error_code(error.code())));
        // What a signal cancelled is said by whoever waits for the signal.
        if (error.code() != boost::asio::error::operation_aborted) {
            std::cerr << "netaio: " << error.code().message() << '\n';
        }
    } catch (const std::exception& error) {
        code = static_cast<int>(ExitCode::other);
        std::cerr << "netaio: " << error.what() << '\n';
    }
}

awaitable<void> until_signal(const std::function<awaitable<void>()>& command, int& code) {
    using namespace boost::asio::experimental::awaitable_operators;
    boost::asio::signal_set signals(co_await boost::asio::this_coro::executor, SIGINT, SIGTERM);
    const auto ended =
        co_await (guarded(command, code) || signals.async_wait(boost::asio::use_awaitable));
    if (ended.index() == 1) code = static_cast<int>(ExitCode::interrupted);
}

}  // namespace

Session::Session(const ClientOptions& options, Protection protection)
    : options_(options),
      protection_(std::move(protection)),
      server_(parse_endpoint(options.server)),
      client_(make_client_options(options, protection_)) {
    if (protection_.local_peer) introduction_.emplace(client_, protection_);
}

awaitable<void> Session::connect() {
    const auto [error, address] = co_await client_.connect(server_.host, server_.port, as_tuple);
    if (error) cannot_connect(error, *this);
    if (introduction_) {
        const auto unknown =
            co_await introduction_->wait(address, to_milliseconds(options_.timeout_seconds));
        if (unknown) throw_failure(unknown, *this);
    }
}

awaitable<OwnedMessage> Session::exchange(MessageType type, ByteView uri, ByteView content) {
    const RequestOptions terms{.auth = protection_.inner.auth, .cipher = protection_.inner.cipher};
    auto [error, answer] = co_await client_.exchange(type, uri, content, terms, as_tuple);
    if (error) throw_failure(error, *this);
    co_return std::move(answer);
}

void throw_if_error(const Message& answer, ByteView uri) {
    const int code = exit_code(answer.type());
    if (code == static_cast<int>(ExitCode::done)) return;
    std::string name(built_in_name(answer.type()));
    if (name.empty()) name = "message type " + std::to_string(static_cast<int>(answer.type()));
    std::string text = "the server answered " + name + " for '" + printable(uri) + "'";
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
    } else if (code == ExitCode::cannot_connect) {
        text += "; the server closed the connection: check that both sides use the same --dialect";
    }
    throw Failure(code, text);
}

int run_session(const std::function<awaitable<void>()>& command) {
    int code = static_cast<int>(ExitCode::done);
    run(until_signal(command, code));
    return code;
}

}  // namespace netaio::app
