#include "ping.hpp"

#include <unistd.h>

#include <iostream>

#include "exit_code.hpp"
#include "output.hpp"
#include "round_trips.hpp"
#include "session.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

// Nobody keeps a resource there, so that the answer is short.
constexpr std::string_view nowhere = "netaio-ping:a-resource-that-nobody-keeps";
// What every `netaio node` answers; what it knows nothing of, it answers rarely and briefly.
constexpr std::string_view echo = "echo";
constexpr std::string_view padding = "as long as an answer with an error may be";

struct PingOptions {
    ClientOptions client;
    std::uint64_t count = 10;
};

// On a terminal, says every second how far it is.
class Progress {
public:
    explicit Progress(std::uint64_t total) : total_(total), shown_(::isatty(STDERR_FILENO) != 0) {}
    ~Progress() {
        if (dirty_) std::cerr << "\r\x1b[K";
    }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void at(std::uint64_t done, std::chrono::steady_clock::time_point now) {
        if (!shown_ || now < next_) return;
        next_ = now + std::chrono::seconds(1);
        dirty_ = true;
        std::cerr << '\r' << done << " of " << total_ << std::flush;
    }

private:
    std::uint64_t total_;
    bool shown_;
    bool dirty_ = false;
    std::chrono::steady_clock::time_point next_ =
        std::chrono::steady_clock::now() + std::chrono::seconds(1);
};

awaitable<void> measure(Session& session, std::uint64_t count, RoundTrips& trips) {
    using Clock = std::chrono::steady_clock;
    Progress progress(count);
    const bool udp = session.options().udp;
    const std::string_view uri = udp ? echo : nowhere;
    for (std::uint64_t i = 0; i < count; ++i) {
        const auto before = Clock::now();
        const OwnedMessage answer =
            co_await session.exchange(MessageType::request_uri, uri, udp ? padding : "");
        const auto after = Clock::now();
        if (answer.type() != MessageType::not_found) throw_if_error(answer, uri);
        trips.add(after - before);
        progress.at(i + 1, after);
    }
}

int ping(const PingOptions& options) {
    const Protection protection = make_protection(options.client.protection);
    RoundTrips trips;
    const int code = run_session([&]() -> awaitable<void> {
        const auto session = make_session(options.client, protection);
        co_await session->connect();
        co_await measure(*session, options.count, trips);
    });
    // What was measured before an interruption counts too.
    if (!trips.empty()) {
        const std::string& server = options.client.server;
        write_line(options.client.output.json ? trips.json(server) : trips.text(server));
    }
    return code;
}

}  // namespace

void add_ping_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command = app.add_subcommand("ping", "Measure round trips to a server or node");
    const auto options = std::make_shared<PingOptions>();
    command->add_option("--count", options->count, "how many, one after the other")
        ->type_name("N")
        ->check(whole_number(1, 1000000000))
        ->capture_default_str();
    add_client_options(*command, options->client);
    command->callback([&chosen, options] { chosen = [options] { return ping(*options); }; });
}

}  // namespace netaio::app
