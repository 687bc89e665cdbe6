#include "signals.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <netaio/blocking_client.hpp>

#include "exit_code.hpp"
#include "logging.hpp"

namespace netaio::app {
namespace {

using Handler = void (*)(int);

// For the handlers, which have nothing else to know them by.
std::atomic<bool> told_to_end;
std::atomic<bool> hangup_ends;
std::atomic<bool> by_force;      // when the loop takes too long
std::atomic<Handler> tell_loop;  // what Asio does on a signal
std::atomic<BlockingClient*> cancelled;

extern "C" void exit_interrupted(int) {
    ::_exit(static_cast<int>(ExitCode::interrupted));
}

bool ends(int signal) noexcept {
    return signal == SIGINT || signal == SIGTERM || signal == SIGXCPU ||
           (signal == SIGHUP && hangup_ends);
}

// The loop may be busy, or wait for somebody: what may not wait for it is done here.
extern "C" void take_signal(int signal) {
    if (ends(signal)) {
        const bool again = told_to_end.exchange(true);
        // The system repeats this one each second.
        if (again && signal == SIGXCPU) return;
        if (again) exit_interrupted(signal);
        if (by_force) ::alarm(1);
    }
    tell_loop.load()(signal);
}

extern "C" void cancel_client(int signal) {
    if (told_to_end.exchange(true)) exit_interrupted(signal);
    ::alarm(2);
    if (BlockingClient* const client = cancelled) client->cancel();
}

void handle(int signal, Handler handler) noexcept {
    struct sigaction action{};
    action.sa_handler = handler;
    // No write or read of ours fails for a signal.
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, nullptr);
}

Handler handler_of(int signal) noexcept {
    struct sigaction action{};
    ::sigaction(signal, nullptr, &action);
    return action.sa_handler;
}

}  // namespace

void end_at_once_on_signals() noexcept {
    for (const int signal : {SIGINT, SIGTERM, SIGXCPU, SIGALRM}) handle(signal, exit_interrupted);
    // nohup wants it to be ignored.
    if (handler_of(SIGHUP) != SIG_IGN) handle(SIGHUP, exit_interrupted);
    for (const int signal : {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2}) handle(signal, SIG_IGN);
}

Signals::Signals(const boost::asio::any_io_executor& executor, SignalsOf whose) : set_(executor) {
    const bool service = whose == SignalsOf::service;
    told_to_end = false;
    hangup_ends = !service;
    by_force = !service;
    for (const int signal : {SIGINT, SIGTERM, SIGXCPU}) catch_signal(signal);
    if (service) catch_signal(SIGUSR1);
    if (service || handler_of(SIGHUP) != SIG_IGN) catch_signal(SIGHUP);
}

Signals::~Signals() {
    set_.clear();
    end_at_once_on_signals();
}

void Signals::catch_signal(int signal) {
    set_.add(signal);
    tell_loop = handler_of(signal);
    handle(signal, take_signal);
}

void Signals::wait(std::function<void()> end, std::function<std::string()> counters) {
    end_ = std::move(end);
    counters_ = std::move(counters);
    next();
}

void Signals::next() {
    set_.async_wait([this](const boost::system::error_code& error, int signal) {
        if (error) return;
        next();
        take(signal);
    });
}

void Signals::take(int signal) {
    if (ends(signal)) {
        end_();
    } else if (signal == SIGHUP && !reloads_.empty()) {
        for (const auto& reload : reloads_) reload();
    } else if (signal == SIGHUP) {
        announce("SIGHUP: there is nothing to reload; SIGTERM ends this");
    } else if (counters_) {
        announce(counters_());
    }
}

CancelsOnSignals::CancelsOnSignals(BlockingClient& client) {
    told_to_end = false;
    cancelled = &client;
    for (const int signal : {SIGINT, SIGTERM, SIGXCPU}) handle(signal, cancel_client);
    if (handler_of(SIGHUP) != SIG_IGN) handle(SIGHUP, cancel_client);
}

CancelsOnSignals::~CancelsOnSignals() {
    end_at_once_on_signals();
    cancelled = nullptr;
}

bool CancelsOnSignals::told() const noexcept {
    return told_to_end;
}

}  // namespace netaio::app
