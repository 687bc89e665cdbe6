#include "ping.hpp"

#include <unistd.h>

#include <iostream>

#include "asking.hpp"
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

int measure(const ClientOptions& options, std::uint64_t count, RoundTrips& trips) {
    using Clock = std::chrono::steady_clock;
    const std::string_view uri = options.udp ? echo : nowhere;
    const std::string_view content = options.udp ? padding : "";
    Progress progress(count);
    Clock::time_point asked_at;
    const auto next = [&](const OwnedMessage* answer) -> std::optional<Question> {
        const auto now = Clock::now();
        if (answer) {
            if (answer->type() != MessageType::not_found) throw_if_error(*answer, uri);
            trips.add(now - asked_at);
            progress.at(trips.count(), now);
        }
        if (trips.count() == count) return std::nullopt;
        asked_at = Clock::now();
        return Question{MessageType::request_uri, uri, content};
    };
    return ask(options, make_protection(options.protection), next);
}

int ping(const PingOptions& options) {
    RoundTrips trips;
    const int code = measure(options.client, options.count, trips);
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
