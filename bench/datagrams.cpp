// Datagrams a second that a UdpNode echoes, beside a raw loop of recvmmsg and sendmmsg and one of
// recvfrom and sendto, in turns within one run.
//   datagrams [--rounds N] [--seconds S] [--smoke]
#include <sys/wait.h>

#include <cstdio>
#include <cstring>
#include <map>
#include <netaio/netaio.hpp>
#include <numeric>

#include "sockets.hpp"

namespace netaio::bench {
namespace {

constexpr std::size_t batch_max = 64;

struct Options {
    int rounds = 7;
    double seconds = 0.5;
};

Descriptor udp_socket(std::uint16_t port) {
    Descriptor socket(must(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    const sockaddr_in address = loopback(port);
    must(bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
    return socket;
}

std::uint16_t port_of(int fd) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    must(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return ntohs(address.sin_port);
}

// Room for a batch, with the headers that system calls want.
struct Batch {
    std::array<std::array<char, 2048>, batch_max> bytes;
    std::array<sockaddr_in, batch_max> sources;
    std::array<iovec, batch_max> buffers;
    std::array<mmsghdr, batch_max> headers{};

    Batch() {
        for (std::size_t i = 0; i < batch_max; ++i) {
            buffers[i] = {bytes[i].data(), bytes[i].size()};
            headers[i].msg_hdr.msg_iov = &buffers[i];
            headers[i].msg_hdr.msg_iovlen = 1;
            headers[i].msg_hdr.msg_name = &sources[i];
        }
    }
    std::size_t receive(int fd) {
        for (std::size_t i = 0; i < batch_max; ++i) {
            buffers[i].iov_len = bytes[i].size();
            headers[i].msg_hdr.msg_namelen = sizeof(sockaddr_in);
        }
        return static_cast<std::size_t>(
            must(recvmmsg(fd, headers.data(), batch_max, MSG_WAITFORONE, nullptr), "recvmmsg"));
    }
    void send_back(int fd, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            buffers[i].iov_len = headers[i].msg_len;
        }
        for (std::size_t sent = 0; sent < count;) {
            sent += static_cast<std::size_t>(
                must(sendmmsg(fd, headers.data() + sent, static_cast<unsigned>(count - sent), 0),
                     "sendmmsg"));
        }
    }
};

[[noreturn]] void serve_batches(int fd) {
    Batch batch;
    while (true) {
        batch.send_back(fd, batch.receive(fd));
    }
}

[[noreturn]] void serve_one_by_one(int fd) {
    std::array<char, 2048> bytes;
    while (true) {
        sockaddr_in from;
        socklen_t size = sizeof from;
        auto* source = reinterpret_cast<sockaddr*>(&from);
        const auto count =
            must(recvfrom(fd, bytes.data(), bytes.size(), 0, source, &size), "recvfrom");
        must(sendto(fd, bytes.data(), static_cast<std::size_t>(count), 0, source, size), "sendto");
    }
}

void serve_netaio(int ready) {
    boost::asio::io_context context(1);
    UdpNodeOptions options;
    options.port = 0;
    options.interfaces = {"lo"};
    options.ipv6 = false;
    UdpNode node(context.get_executor(), options);
    node.on(MessageType::request_uri,
            [](const Message& message) { return respond(message.uri(), message.content()); });
    node.start([&](boost::system::error_code error, std::uint16_t port) {
        if (error) {
            std::fprintf(stderr, "the node cannot start: %s\n", error.message().c_str());
            std::exit(1);
        }
        must(write(ready, &port, sizeof port), "write");
    });
    context.run();
}

// A server in a process of its own, ended with it.
class Server {
public:
    Server(std::string_view kind, int cpu) {
        std::array<int, 2> ready;
        must(pipe(ready.data()), "pipe");
        process_ = must(fork(), "fork");
        if (process_ == 0) {
            pin_to(cpu);
            run(kind, ready[1]);
        }
        must(read(ready[0], &port_, sizeof port_), "read");
        close(ready[0]);
        close(ready[1]);
    }
    ~Server() {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
    std::uint16_t port() const noexcept { return port_; }
    double cpu_seconds() const { return process_cpu_seconds(process_); }

private:
    [[noreturn]] static void run(std::string_view kind, int ready) {
        try {
            if (kind == "netaio") {
                serve_netaio(ready);
            } else {
                const Descriptor socket = udp_socket(0);
                const std::uint16_t port = port_of(socket.get());
                must(write(ready, &port, sizeof port), "write");
                kind == "batches" ? serve_batches(socket.get()) : serve_one_by_one(socket.get());
            }
        } catch (const std::exception& failure) {
            std::fprintf(stderr, "%s\n", failure.what());
        }
        std::_Exit(1);
    }

    pid_t process_ = 0;
    std::uint16_t port_ = 0;
};

struct Rate {
    double per_second;
    double cpu_ns;
};

// Keeps `window` datagrams on their way. One that is lost is replaced after a while.
Rate measure(const Server& server, ByteView frame, std::size_t window, double seconds) {
    const Descriptor socket = udp_socket(0);
    const sockaddr_in address = loopback(server.port());
    must(connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address),
         "connect");
    const timeval patience{0, 50000};
    must(setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience),
         "SO_RCVTIMEO");
    Batch batch;
    for (std::size_t i = 0; i < batch_max; ++i) {
        batch.headers[i].msg_hdr.msg_name = nullptr;
    }
    std::array<iovec, batch_max> frames;
    std::array<mmsghdr, batch_max> departing{};
    for (std::size_t i = 0; i < batch_max; ++i) {
        frames[i] = {const_cast<char*>(frame.data()), frame.size()};
        departing[i].msg_hdr.msg_iov = &frames[i];
        departing[i].msg_hdr.msg_iovlen = 1;
    }
    const auto send = [&](std::size_t count) {
        must(sendmmsg(socket.get(), departing.data(), static_cast<unsigned>(count), 0), "sendmmsg");
    };
    send(window);
    std::uint64_t done = 0;
    std::uint64_t before = 0;
    double cpu_before = 0;
    double began = 0;
    const double warm_at = monotonic_seconds() + seconds / 4;
    while (true) {
        const int count = recvmmsg(socket.get(), batch.headers.data(),
                                   static_cast<unsigned>(window), MSG_WAITFORONE, nullptr);
        send(count > 0 ? static_cast<std::size_t>(count) : window);
        done += count > 0 ? static_cast<std::uint64_t>(count) : 0;
        const double now = monotonic_seconds();
        if (began == 0 && now >= warm_at) {
            began = now;
            before = done;
            cpu_before = server.cpu_seconds();
        } else if (began > 0 && now >= began + seconds) {
            const auto messages = static_cast<double>(done - before);
            return {messages / (now - began), (server.cpu_seconds() - cpu_before) * 1e9 / messages};
        }
    }
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

void run(const Options& options) {
    std::string frame;
    if (const auto error = encode_message(request("echo", std::string(64, 'x')), frame)) {
        throw std::system_error(error);
    }
    const auto cpus = usable_cpus();
    constexpr std::array<std::string_view, 3> kinds{"netaio", "batches", "one by one"};
    for (const std::size_t window : {batch_max, std::size_t{1}}) {
        std::map<std::string_view, std::vector<double>> rates;
        std::map<std::string_view, std::vector<double>> costs;
        for (int round = 0; round < options.rounds; ++round) {
            for (std::size_t i = 0; i < kinds.size(); ++i) {
                const auto kind = kinds[(i + static_cast<std::size_t>(round)) % kinds.size()];
                const Server server(kind, cpus.front());
                pin_to(window == 1 ? cpus.front() : cpus.back());
                const Rate rate = measure(server, frame, window, options.seconds);
                rates[kind].push_back(rate.per_second);
                costs[kind].push_back(rate.cpu_ns);
            }
        }
        std::printf("echo, 64 B, %zu on their way%s\n", window,
                    window == 1 ? ", both ends on one core" : "");
        for (const auto kind : kinds) {
            std::vector<double> ratios;
            for (std::size_t i = 0; i < rates[kind].size(); ++i) {
                ratios.push_back(rates["netaio"][i] / rates[kind][i]);
            }
            std::printf(
                "  %-12s %9.0f datagrams/s, %6.0f ns of server CPU; netaio has %.2f of it\n",
                std::string(kind).c_str(), median(rates[kind]), median(costs[kind]),
                median(ratios));
        }
    }
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    netaio::bench::Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--smoke") {
            options = {1, 0.03};
        } else if (name == "--rounds" && i + 1 < argc) {
            options.rounds = std::max(1, std::atoi(argv[++i]));
        } else if (name == "--seconds" && i + 1 < argc) {
            options.seconds = std::max(0.01, std::atof(argv[++i]));
        } else {
            std::fprintf(stderr, "usage: datagrams [--rounds N] [--seconds S] [--smoke]\n");
            return 64;
        }
    }
    try {
        netaio::bench::run(options);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 1;
    }
}
