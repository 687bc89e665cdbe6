#include "bench.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <ctime>
#include <deque>

#include "duration.hpp"
#include "json.hpp"
#include "latencies.hpp"
#include "output.hpp"
#include "session.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

using Clock = std::chrono::steady_clock;

// How much of a processor a client may take before its own speed is in doubt.
constexpr double busy_limit = 0.6;

struct BenchOptions {
    ClientOptions client;
    std::string uri;  // empty: nobody's, or over UDP the echo of `netaio node`
    std::size_t size = 0;
    std::size_t connections = 1;
    std::size_t in_flight = 0;  // 0: what suits the loop
    double rate = 0;            // a second; 0 for a closed loop
    double duration_seconds = 5;

    std::string_view wanted_uri() const {
        if (!uri.empty()) return uri;
        return client.udp ? "echo" : "netaio-bench:a-resource-that-nobody-keeps";
    }
    std::size_t wanted_in_flight() const { return in_flight > 0 ? in_flight : rate > 0 ? 1024 : 1; }
};

// One run: those who ask, and what they measure together.
class Bench {
public:
    explicit Bench(const BenchOptions& options)
        : options_(options), uri_(options.wanted_uri()), content_(options.size, 'c') {}

    awaitable<void> run(const Protection& protection) {
        const auto executor = co_await boost::asio::this_coro::executor;
        const auto ways = std::make_shared<Ways>(executor);
        for (std::size_t i = 0; i < options_.connections; ++i) {
            ways->sessions.push_back(make_session(options_.client, protection));
            co_await ways->sessions.back()->connect();
        }
        began_at_ = Clock::now();
        ends_at_ = began_at_ + to_milliseconds(options_.duration_seconds);
        const Stop stop{*this, *ways};
        const std::clock_t cpu_before = std::clock();
        askers_ = std::max(options_.wanted_in_flight(), ways->sessions.size());
        for (std::size_t i = askers_; i > 0; --i) {
            Session& session = *ways->sessions[i % ways->sessions.size()];
            boost::asio::co_spawn(
                executor, ask(session, ways->timers.emplace_back(executor)),
                [this, ways](std::exception_ptr failure) { ended(*ways, failure); });
        }
        boost::system::error_code ignored;
        co_await ways->ended.async_wait(
            boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
        busy_ =
            static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC /
            std::max(seconds(), std::chrono::duration<double>(Clock::now() - began_at_).count());
        if (failure_) std::rethrow_exception(failure_);
    }

    bool empty() const noexcept { return latencies_.count() == 0; }
    std::string text() const;
    std::string json() const;

private:
    // What belongs to the event loop, and goes with the last who asks.
    struct Ways {
        explicit Ways(const boost::asio::any_io_executor& executor)
            : ended(executor, Clock::time_point::max()) {}

        std::vector<std::unique_ptr<Session>> sessions;
        std::deque<boost::asio::steady_timer> timers;  // of those who ask
        boost::asio::steady_timer ended;
    };

    // However a run ends, nobody is left asking.
    struct Stop {
        Bench& bench;
        Ways& ways;
        ~Stop() {
            bench.ends_at_ = Clock::now();
            for (const auto& session : ways.sessions) session->close();
            for (auto& timer : ways.timers) timer.cancel();
        }
    };

    // The last one, or the first that failed, ends the run.
    void ended(Ways& ways, std::exception_ptr failure) {
        if (failure && !failure_) failure_ = failure;
        if (--askers_ == 0 || failure) ways.ended.expires_at(Clock::time_point::min());
    }

    // With a rate, requests are due at times that are fixed beforehand, and their latency counts
    // from then: a server that falls behind can't hide that by being asked less (coordinated
    // omission).
    awaitable<void> ask(Session& session, boost::asio::steady_timer& timer) {
        for (;;) {
            auto due_at = Clock::now();
            if (options_.rate > 0) {
                const double offset = static_cast<double>(next_++) / options_.rate;
                due_at = began_at_ + std::chrono::duration_cast<Clock::duration>(
                                         std::chrono::duration<double>(offset));
            }
            // Somebody asks once, however short the time and slow the machine: something is said.
            if (sent_ > 0 && (due_at >= ends_at_ || Clock::now() >= ends_at_)) co_return;
            if (due_at > Clock::now()) {
                timer.expires_at(due_at);
                co_await timer.async_wait(boost::asio::use_awaitable);
            }
            ++sent_;
            const OwnedMessage answer =
                co_await session.exchange(MessageType::request_uri, uri_, content_);
            if (answer.type() != MessageType::not_found) throw_if_error(answer, uri_);
            last_at_ = Clock::now();
            latencies_.add(last_at_ - due_at);
        }
    }

    // With a rate, the time that belongs to the last request counts as well.
    double seconds() const {
        const double passed = std::chrono::duration<double>(last_at_ - began_at_).count();
        return options_.rate > 0 ? std::max(passed, static_cast<double>(sent_) / options_.rate)
                                 : passed;
    }
    // Requests that were due before the end, but for which nobody was free.
    std::uint64_t not_sent() const {
        const double due =
            options_.rate * std::chrono::duration<double>(ends_at_ - began_at_).count();
        return due > static_cast<double>(sent_) ? static_cast<std::uint64_t>(due) - sent_ : 0;
    }
    double per_second() const { return static_cast<double>(latencies_.count()) / seconds(); }
    static double ms(Latencies::Duration time) {
        return std::chrono::duration<double, std::milli>(time).count();
    }

    const BenchOptions& options_;
    std::string uri_;
    std::string content_;
    Latencies latencies_;
    std::uint64_t next_ = 0;
    std::uint64_t sent_ = 0;
    double busy_ = 0;  // the part of a processor that this end took
    std::size_t askers_ = 0;
    std::exception_ptr failure_;
    Clock::time_point began_at_{};
    Clock::time_point ends_at_{};
    Clock::time_point last_at_{};
};

std::string Bench::text() const {
    const std::string server = printable(options_.client.server);
    char lines[320];
    std::snprintf(lines, sizeof lines,
                  " in %.2f s: %.0f a second\n"
                  "p50 %.3f ms, p90 %.3f ms, p99 %.3f ms, p99.9 %.3f ms, max %.3f ms",
                  seconds(), per_second(), ms(latencies_.quantile(0.5)),
                  ms(latencies_.quantile(0.9)), ms(latencies_.quantile(0.99)),
                  ms(latencies_.quantile(0.999)), ms(latencies_.max()));
    std::string text = std::to_string(latencies_.count()) + " answers from " + server + lines;
    if (const auto missing = not_sent(); missing > 0) {
        std::snprintf(
            lines, sizeof lines,
            "\n%llu requests of %g a second could not be sent in time: the server or this "
            "client falls behind",
            static_cast<unsigned long long>(missing), options_.rate);
        text += lines;
    }
    if (busy_ >= busy_limit) {
        std::snprintf(lines, sizeof lines,
                      "\nthis client took %.0f %% of a processor, so the limit may be its own: run "
                      "several at a time",
                      busy_ * 100);
        text += lines;
    }
    return text;
}

std::string Bench::json() const {
    Json object;
    put_bytes(object, "server", "server_base64", options_.client.server);
    object.update(
        {{"connections", options_.connections}, {"in_flight", options_.wanted_in_flight()}});
    if (options_.rate > 0) object.update({{"rate", options_.rate}, {"not_sent", not_sent()}});
    object.update({{"seconds", seconds()},
                   {"count", latencies_.count()},
                   {"per_second", per_second()},
                   {"p50_ms", ms(latencies_.quantile(0.5))},
                   {"p90_ms", ms(latencies_.quantile(0.9))},
                   {"p99_ms", ms(latencies_.quantile(0.99))},
                   {"p99_9_ms", ms(latencies_.quantile(0.999))},
                   {"max_ms", ms(latencies_.max())},
                   {"client_busy", busy_}});
    return json_text(object);
}

int bench(const BenchOptions& options) {
    const Protection protection = make_protection(options.client.protection);
    Bench run(options);
    const int code = run_session([&] { return run.run(protection); });
    // What was measured before an interruption counts too.
    if (!run.empty()) write_line(options.client.output.json ? run.json() : run.text());
    return code;
}

}  // namespace

void add_bench_command(CLI::App& app, std::function<int()>& chosen) {
    CLI::App* command =
        app.add_subcommand("bench", "Measure how many requests a server answers, and how fast");
    const auto options = std::make_shared<BenchOptions>();
    const auto count = [&](const std::string& name, std::size_t& value, const std::string& text) {
        return command->add_option(name, value, text)
            ->type_name("N")
            ->check(whole_number(1, 60000));
    };
    command
        ->add_option("--duration", options->duration_seconds, "how long to ask; fractions are fine")
        ->type_name("SECONDS")
        ->check(decimal_number(0.01, 31536000))
        ->capture_default_str();
    count("--connections", options->connections, "how many connections")->capture_default_str();
    count("--in-flight", options->in_flight,
          "requests waiting at the same time; default 1, with --rate 1024");
    command
        ->add_option("--rate", options->rate,
                     "send so many a second, and count latency from when each was due")
        ->type_name("N")
        ->check(decimal_number(0.001, 1e9));
    command->add_option("--size", options->size, "bytes of content to send along")
        ->type_name("BYTES")
        ->check(whole_number(0, 65000))
        ->capture_default_str();
    command
        ->add_option("--uri", options->uri,
                     "what to ask for; by default what is not there, over UDP echo")
        ->type_name("URI");
    add_client_options(*command, options->client);
    command->callback([&chosen, options] { chosen = [options] { return bench(*options); }; });
}

}  // namespace netaio::app
