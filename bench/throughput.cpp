// Echo over TCP, from one end to the other: the TcpServer beside two servers on bare epoll, driven
// by one client in turns, so that what else the machine does strikes all of them. Prints medians
// and ratios; judging them is left to the reader.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cstdio>
#include <map>
#include <netaio/make.hpp>
#include <netaio/tcp_server.hpp>

#include "load.hpp"
#include "raw_server.hpp"

namespace netaio::bench {
namespace {

constexpr std::string_view uri = "echo";
constexpr std::size_t other_routes = 20;

struct Options {
    int rounds = 5;
    double seconds = 0.4;
    std::string only = {};
    std::string server = {};
};

struct Scenario {
    std::string_view name;
    std::size_t payload;
    std::size_t connections;
    std::size_t in_flight;
};

constexpr std::array scenarios{
    Scenario{"64 B, 1 connection, 8192 in flight", 64, 1, 8192},
    Scenario{"1 KiB, 1 connection, 1024 in flight", 1024, 1, 1024},
    Scenario{"64 B, 50 connections, 64 in flight on each", 64, 50, 64},
    Scenario{"1 KiB, 50 connections, 32 in flight on each", 1024, 50, 32},
    Scenario{"64 B, one in flight", 64, 1, 1},
    Scenario{"1 KiB, one in flight", 1024, 1, 1},
};

using Ready = std::function<void(std::uint16_t port)>;

void serve_netaio(const Ready& ready) {
    TcpServer server({.port = 0});
    const auto echo = [](const Message& m) { return respond(m.uri(), m.content()); };
    for (std::size_t i = 0; i < other_routes; ++i) {
        server.on({MessageType::request_uri, "route" + std::to_string(i)}, echo);
    }
    server.on({MessageType::request_uri, uri}, echo);
    if (const auto error = server.start()) {
        throw std::system_error(error, "start");
    }
    ready(server.port());
    for (;;) {
        pause();
    }
}

void serve_full(const Ready& ready) {
    auto [socket, port] = listen_loopback();
    ready(port);
    RawServer(std::move(socket), ServeFrames(other_routes)).run();
}

void serve_echo(const Ready& ready) {
    auto [socket, port] = listen_loopback();
    ready(port);
    RawServer(std::move(socket), EchoFrames()).run();
}

struct Server {
    std::string_view name;
    void (*serve)(const Ready& ready);
};

constexpr std::array servers{
    Server{"netaio", serve_netaio},
    Server{"epoll_full", serve_full},
    Server{"epoll_echo", serve_echo},
};

// A server in a process of its own, which ends with this object, or with this process.
class Child {
public:
    Child(const Server& server, int cpu) {
        std::array<int, 2> ends;
        must(pipe(ends.data()), "pipe");
        const Descriptor from_child(ends[0]);
        Descriptor to_parent(ends[1]);
        pid_ = must(fork(), "fork");
        if (pid_ == 0) {
            run(server, cpu, to_parent.get());
        }
        to_parent = Descriptor();
        if (read(from_child.get(), &port_, sizeof port_) != sizeof port_) {
            throw std::runtime_error("the server " + std::string(server.name) + " did not start");
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        kill(pid_, SIGKILL);
        waitpid(pid_, nullptr, 0);
    }

    pid_t pid() const noexcept { return pid_; }
    std::uint16_t port() const noexcept { return port_; }

private:
    [[noreturn]] static void run(const Server& server, int cpu, int to_parent) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin_to(cpu);
        try {
            server.serve([to_parent](std::uint16_t port) {
                must(write(to_parent, &port, sizeof port), "write");
                close(to_parent);
            });
        } catch (const std::exception& failure) {
            std::fprintf(stderr, "%s: %s\n", std::string(server.name).c_str(), failure.what());
        }
        _exit(1);
    }

    pid_t pid_ = 0;
    std::uint16_t port_ = 0;
};

double quantile(std::vector<double> values, double part) {
    if (values.empty()) {
        return 0;
    }
    const auto at =
        static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

double median(const std::vector<double>& values) {
    return quantile(values, 0.5);
}

// What the rounds of one server brought.
struct Series {
    std::vector<double> rates;
    std::vector<double> cpu_ns;
    std::vector<double> p50_us;
    std::vector<double> p99_us;

    void add(const Measured& measured) {
        rates.push_back(measured.messages / measured.seconds);
        cpu_ns.push_back(measured.server_cpu_seconds * 1e9 / std::max(measured.messages, 1.0));
        if (!measured.round_trips_us.empty()) {
            p50_us.push_back(quantile(measured.round_trips_us, 0.5));
            p99_us.push_back(quantile(measured.round_trips_us, 0.99));
        }
    }
};

std::string frame_of(const Message& message) {
    std::string frame;
    if (const auto error = encode_message(message, frame)) {
        throw std::system_error(error);
    }
    return frame;
}

class Benchmark {
public:
    Benchmark(const Scenario& scenario, const Options& options)
        : scenario_(scenario),
          options_(options),
          frame_(frame_of(request(uri, std::string(scenario.payload, 'c')))),
          reply_(frame_of(respond(uri, std::string(scenario.payload, 'c')))),
          load_{
              frame_,         reply_, scenario.connections, scenario.in_flight, options.seconds / 4,
              options.seconds} {}

    void run(const std::vector<int>& cpus) {
        // A message alone waits for one core to wake the other, which hides the server's cost;
        // messages in plenty are best served by a core of the server's own.
        const bool together = cpus.size() < 2 || one_in_flight();
        pin_to(together ? cpus.front() : cpus[1]);
        for (int round = 0; round < options_.rounds; ++round) {
            for (std::size_t i = 0; i < servers.size(); ++i) {
                const Server& server =
                    servers[(i + static_cast<std::size_t>(round)) % servers.size()];
                if (options_.server.empty() || server.name == options_.server) {
                    const Child child(server, cpus.front());
                    results_[server.name].add(measure(child));
                }
            }
        }
    }

    void print() const {
        std::printf("%s\n", std::string(scenario_.name).c_str());
        for (const Server& server : servers) {
            if (const auto found = results_.find(server.name); found != results_.end()) {
                print(server.name, found->second);
            }
        }
        for (const Server& other : std::span(servers).subspan(1)) {
            if (results_.contains("netaio") && results_.contains(other.name)) {
                print_ratio(other.name);
            }
        }
        std::printf("\n");
        std::fflush(stdout);
    }

private:
    bool one_in_flight() const noexcept {
        return scenario_.connections == 1 && scenario_.in_flight == 1;
    }

    Measured measure(const Child& child) const {
        check_reply(child.port(), load_);
        const auto run = one_in_flight() ? run_one_in_flight : run_pipelined;
        return run(child.port(), child.pid(), load_);
    }

    static void print(std::string_view name, const Series& series) {
        std::printf("  %-11.*s %10.0f messages/s [%.0f..%.0f], %6.0f ns of server CPU each",
                    static_cast<int>(name.size()), name.data(), median(series.rates),
                    quantile(series.rates, 0), quantile(series.rates, 1), median(series.cpu_ns));
        if (!series.p50_us.empty()) {
            std::printf(", p50 %.1f us, p99 %.1f us", median(series.p50_us), median(series.p99_us));
        }
        std::printf("\n");
    }

    // Each round's runs are compared with one another, then the rounds.
    void print_ratio(std::string_view other) const {
        const auto ratio = [&](std::vector<double> Series::* what) {
            std::vector<double> ratios;
            const auto& ours = results_.at("netaio").*what;
            const auto& theirs = results_.at(other).*what;
            for (std::size_t i = 0; i < ours.size(); ++i) {
                ratios.push_back(ours[i] / theirs[i]);
            }
            return median(ratios);
        };
        std::printf("  netaio has %.2f of the rate of %.*s, with %.2f of its server CPU\n",
                    ratio(&Series::rates), static_cast<int>(other.size()), other.data(),
                    ratio(&Series::cpu_ns));
    }

    const Scenario& scenario_;
    const Options& options_;
    std::string frame_;
    std::string reply_;
    Load load_;
    std::map<std::string_view, Series> results_;
};

constexpr const char* usage =
    "usage: throughput [--rounds N] [--seconds S] [--only TEXT] [--server NAME] [--smoke]\n"
    "  --rounds N     how often each server is measured in each scenario (5)\n"
    "  --seconds S    how long each time, after a warm-up of a quarter of that (0.4)\n"
    "  --only TEXT    only scenarios with this in their names, e.g. '64 B' or 'one in flight'\n"
    "  --server NAME  only netaio, epoll_full or epoll_echo\n"
    "  --smoke        one short round: only to see that everything works\n";

Options parse(std::span<char*> arguments) {
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--smoke") {
            options.rounds = 1;
            options.seconds = 0.03;
            continue;
        }
        if (i + 1 == arguments.size()) {
            throw std::invalid_argument(usage);
        }
        const char* value = arguments[++i];
        if (name == "--rounds") {
            options.rounds = std::max(1, std::stoi(value));
        } else if (name == "--seconds") {
            options.seconds = std::max(0.01, std::stod(value));
        } else if (name == "--only") {
            options.only = value;
        } else if (name == "--server") {
            options.server = value;
        } else {
            throw std::invalid_argument(usage);
        }
    }
    return options;
}

void run(const Options& options) {
    const std::vector<int> cpus = usable_cpus();
    if (cpus.empty()) {
        throw std::runtime_error("which processors there are can't be told");
    }
    bool any = false;
    for (const Scenario& scenario : scenarios) {
        if (scenario.name.find(options.only) != std::string_view::npos) {
            Benchmark benchmark(scenario, options);
            benchmark.run(cpus);
            benchmark.print();
            any = true;
        }
    }
    if (!any) {
        throw std::invalid_argument("no scenario has '" + options.only + "' in its name");
    }
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    try {
        netaio::bench::run(
            netaio::bench::parse(std::span(argv, static_cast<std::size_t>(argc)).subspan(1)));
        return 0;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
}
