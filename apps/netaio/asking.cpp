#include "asking.hpp"

#include <netaio/blocking_client.hpp>

#include "session.hpp"
#include "signals.hpp"

namespace netaio::app {
namespace {

// Datagrams may be lost, and servers introduce themselves, in their own time.
bool needs_loop(const ClientOptions& options, const Protection& protection) {
    return options.udp || protection.local_peer;
}

awaitable<void> ask_on_loop(const ClientOptions& options, const Protection& protection,
                            const Questions& next) {
    const auto session = make_session(options, protection);
    co_await session->connect();
    OwnedMessage answer;
    auto question = next(nullptr);
    while (question) {
        answer = co_await session->exchange(question->type, question->uri, question->content);
        question = next(&answer);
    }
}

void ask_blocking(SessionTerms terms, const Questions& next, Ending& ending) {
    BlockingClient client(terms.requester_options<TcpClientOptions>());
    std::error_code error;
    client.connect(terms.endpoint().host, terms.endpoint().port, error);
    if (error) throw_unconnected(error, terms);
    const CancelsOnSignals signals(client);
    OwnedMessage answer;
    auto question = next(nullptr);
    while (question) {
        answer =
            client.exchange(question->type, question->uri, question->content, terms.terms(), error);
        ending.interrupted = signals.told();
        if (error) throw_failure(error, terms);
        terms.look_at_session_of(answer);
        question = next(&answer);
    }
}

}  // namespace

int ask(const ClientOptions& options, const Protection& protection, const Questions& next) {
    if (needs_loop(options, protection)) {
        return run_session([&] { return ask_on_loop(options, protection, next); });
    }
    Ending ending;
    try {
        ask_blocking(SessionTerms(options, protection), next, ending);
    } catch (...) {
        ending.fail();
    }
    return ending.interrupted ? static_cast<int>(ExitCode::interrupted) : ending.code;
}

}  // namespace netaio::app
