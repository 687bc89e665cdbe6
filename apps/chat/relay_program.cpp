#include "relay_program.hpp"

#include <boost/asio/io_context.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "exit_code.hpp"
#include "logging.hpp"
#include "output.hpp"
#include "signals.hpp"

namespace netaio::chat_app {
namespace {

void open_relay(std::optional<Relay>& relay, const boost::asio::any_io_executor& executor,
                const RelayOptions& options) try {
    relay.emplace(executor, options);
} catch (const std::runtime_error& failure) {
    throw app::Failure(app::ExitCode::other, failure.what());
}

void start_relay(Relay& relay) {
    const std::error_code error = relay.start();
    if (!error) return;
    const char* fix = error == std::errc::address_in_use
                          ? "end the program that listens there, or name another place"
                          : "name another place for it to listen";
    throw app::Failure(app::ExitCode::other,
                       "the relay cannot listen: " + error.message() + "; " + fix);
}

std::string connections_so_far(const Relay& relay) {
    const Counters counters = relay.counters();
    return std::to_string(counters.connections_accepted) + " connections, " +
           std::to_string(counters.frames_in) + " messages in";
}

}  // namespace

int run_relay(const RelayOptions& options, std::chrono::milliseconds drain) {
    // Before anything is announced, so that no signal finds it unprepared.
    boost::asio::io_context io(1);
    app::Signals signals(io.get_executor(), app::SignalsOf::service);
    std::optional<Relay> relay;
    open_relay(relay, io.get_executor(), options);
    start_relay(*relay);
    app::say("key " + to_string(relay->key()));
    for (const Address& place : relay->endpoints()) app::write_line("listening on " + place.str());
    StopReport report;
    const auto end = [&] {
        relay->stop(drain, [&](StopReport found) {
            report = found;
            io.stop();
        });
    };
    signals.wait(end, [&] { return "so far: " + connections_so_far(*relay); });
    io.run();
    app::say("stopped: " + std::to_string(report.drained) + " connections drained, " +
             std::to_string(report.cut_off) + " cut off; " + connections_so_far(*relay));
    return static_cast<int>(app::ExitCode::done);
}

}  // namespace netaio::chat_app
