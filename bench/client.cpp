// The clients of the benchmarks: `client WHAT port=P server=PID ...`, which prints one line of
// JSON. All but `request`, `blocking_request` and `together` send prepared bytes and count those
// that come back.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <netaio/blocking_client.hpp>
#include <netaio/daemon_client.hpp>
#include <netaio/run.hpp>
#include <netaio/stream_cipher.hpp>
#include <netaio/tcp_client.hpp>

#include "arguments.hpp"
#include "fan_out_load.hpp"
#include "load.hpp"
#include "ready.hpp"
#include "session_socket.hpp"
#include "udp_load.hpp"
#include "udp_notify.hpp"

namespace netaio::bench {
namespace {

struct Prepared {
    explicit Prepared(const Arguments& arguments)
        : exchange(
              exchange_of(arguments.text("protocol", "netaio"), arguments.number("payload", 64))),
          load{.request = exchange.request,
               .reply = exchange.reply,
               .connections = arguments.number("connections", 1),
               .active = arguments.number("active", arguments.number("connections", 1)),
               .in_flight = arguments.number("in_flight", 1),
               .duration = duration_of(arguments)} {
        check_reply(arguments.port(), load);
    }

    Exchange exchange;
    Load load;
};

void pipelined(const Arguments& arguments) {
    const Prepared prepared(arguments);
    run_pipelined(arguments.port(), prepared.load).print();
}

// One at a time on a socket that blocks.
void raw_request(const Arguments& arguments) {
    const Prepared prepared(arguments);
    const Descriptor socket = connect_loopback(arguments.port());
    std::string reply(prepared.load.reply.size(), '\0');
    run_one_in_flight(prepared.load.duration, [&] {
        send_all(socket.get(), prepared.load.request);
        receive_all(socket.get(), reply);
    }).print();
}

void check_content(const OwnedMessage& reply, std::string_view content) {
    if (reply.content() != content) {
        throw std::runtime_error("a server's reply is not the one expected");
    }
}

TcpClientOptions client_options(const Arguments& arguments) {
    TcpClientOptions options;
    if (arguments.text("protected", "no") == "yes") {
        options.auth = hmac_auth({.secret = "test"});
        options.cipher = stream_cipher({.key = "test"});
    }
    if (arguments.text("session", "no") == "yes") {
        options.session.policy = SessionPolicy::offer;
    }
    return options;
}

// One at a time by netaio's client for programs without a loop.
void blocking_request(const Arguments& arguments) {
    BlockingClient client("127.0.0.1", arguments.port(), client_options(arguments));
    const std::string content(arguments.number("payload", 64), 'c');
    run_one_in_flight(duration_of(arguments), [&] {
        check_content(client.request("echo", content), content);
    }).print();
}

// One at a time by netaio's own clients.
awaitable<void> request_again(const Arguments& arguments, Requester& requester) {
    const std::string content(arguments.number("payload", 64), 'c');
    Stopwatch watch(duration_of(arguments));
    std::uint64_t done = 0;
    double now = monotonic_seconds();
    do {
        const double began = now;
        check_content(co_await requester.request("echo", content), content);
        ++done;
        now = monotonic_seconds();
        watch.round_trip(now - began);
    } while (watch.goes_on(done, now));
    watch.print();
}

template <class Make>
void run_requests(Make make) {
    boost::asio::io_context context(1);
    use_io_uring(context);
    std::exception_ptr failure;
    boost::asio::co_spawn(context, make(), [&](std::exception_ptr why) {
        failure = std::move(why);
        context.stop();
    });
    context.run();
    if (failure) {
        std::rethrow_exception(failure);
    }
}

// Over TCP, or at the Unix-domain socket that is named.
void netaio_request(const Arguments& arguments) {
    run_requests([&]() -> awaitable<void> {
        TcpClient client(client_options(arguments));
        const std::string socket = arguments.text("socket", "");
        if (socket.empty()) {
            co_await client.connect("127.0.0.1", arguments.port());
        } else {
            co_await client.connect("unix:" + socket);
        }
        co_await request_again(arguments, client);
    });
}

// From one program to another of this machine.
void daemon_request(const Arguments& arguments) {
    run_requests([&]() -> awaitable<void> {
        const auto executor = co_await boost::asio::this_coro::executor;
        DaemonClientOptions options;
        options.socket = arguments.text("socket", "");
        options.app = "asker";
        DaemonClient client(executor, options);
        if (const std::error_code error = client.start()) {
            throw std::system_error(error, "start");
        }
        co_await request_again(arguments, client);
    });
}

// Many requests at once by netaio's own client, each for a uri of its own, until all are answered,
// again and again.
class Together {
public:
    Together(const Arguments& arguments, TcpClient& client)
        : client_(client),
          content_(arguments.number("payload", 64), 'c'),
          watch_(duration_of(arguments)) {
        for (std::size_t i = 0; i < arguments.number("in_flight", 64); ++i) {
            uris_.push_back("echo/" + std::to_string(i));
        }
    }
    void begin() {
        began_ = monotonic_seconds();
        waiting_ = uris_.size();
        for (const std::string& uri : uris_) {
            client_.request(uri, content_, {},
                            [&](boost::system::error_code error, const OwnedMessage& reply) {
                                if (error || reply.uri() != ByteView(uri)) {
                                    throw std::runtime_error("a reply is not the one expected");
                                }
                                if (--waiting_ == 0) {
                                    ended();
                                }
                            });
        }
    }

private:
    void ended() {
        done_ += uris_.size();
        const double now = monotonic_seconds();
        watch_.round_trip(now - began_);
        if (watch_.goes_on(done_, now)) {
            begin();
        } else {
            watch_.print();
            client_.close();
        }
    }

    TcpClient& client_;
    std::vector<std::string> uris_;
    std::string content_;
    Stopwatch watch_;
    std::size_t waiting_ = 0;
    std::uint64_t done_ = 0;
    double began_ = 0;
};

void together(const Arguments& arguments) {
    boost::asio::io_context context(1);
    use_io_uring(context);
    TcpClient client(context.get_executor(), client_options(arguments));
    Together work(arguments, client);
    client.connect("127.0.0.1", arguments.port(),
                   [&](boost::system::error_code error, const Address&) {
                       if (error) {
                           throw boost::system::system_error(error, "connect");
                       }
                       work.begin();
                   });
    context.run();
}

void fan_out(const Arguments& arguments) {
    run_fan_out(arguments.port(),
                {.publication = publication_of(arguments.text("protocol", "netaio"),
                                               arguments.number("payload", 64)),
                 .subscribers = arguments.number("subscribers", 100),
                 .in_flight = arguments.number("in_flight", 64),
                 .sessions = arguments.text("session", "no") == "yes",
                 .duration = duration_of(arguments)})
        .print();
}

// What a process holds of memory, in bytes.
std::size_t resident(pid_t process) {
    const std::string name = "/proc/" + std::to_string(process) + "/smaps_rollup";
    std::FILE* file = std::fopen(name.c_str(), "r");
    if (!file) {
        throw std::system_error(errno, std::system_category(), name);
    }
    std::array<char, 256> line;
    std::size_t kib = 0;
    while (std::fgets(line.data(), line.size(), file)) {
        if (std::sscanf(line.data(), "Rss: %zu kB", &kib) == 1) {
            break;
        }
    }
    std::fclose(file);
    return kib * 1024;
}

// A Redis command, and its reply, of which only the size is looked at.
std::string redis_command(std::initializer_list<std::string_view> words) {
    std::string text = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
        text += "$" + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
    }
    return text;
}

// What BLPOP gives: the list's name and the value.
std::string popped(std::string_view list, std::size_t payload) {
    return "*2\r\n$" + std::to_string(list.size()) + "\r\n" + std::string(list) + "\r\n$" +
           std::to_string(payload) + "\r\n" + std::string(payload, 'c') + "\r\n";
}

// Answers what another client puts into a list, by another list.
void work_by_redis(std::uint16_t port) {
    constexpr std::size_t payload = 64;
    const Descriptor socket = connect_loopback(port);
    const std::string content(payload, 'c');
    std::string reply(popped("asked", payload).size(), '\0');
    std::string pushed(4, '\0');
    ready(port);
    for (;;) {
        send_all(socket.get(), redis_command({"BLPOP", "asked", "0"}));
        receive_all(socket.get(), reply);
        send_all(socket.get(), redis_command({"RPUSH", "answered", content}));
        receive_all(socket.get(), pushed);  // ":1\r\n"
    }
}

void request_by_redis(const Arguments& arguments) {
    const std::size_t payload = arguments.number("payload", 64);
    const Descriptor socket = connect_loopback(arguments.port());
    const std::string asked = redis_command({"RPUSH", "asked", std::string(payload, 'c')}) +
                              redis_command({"BLPOP", "answered", "0"});
    std::string reply(4 + popped("answered", payload).size(), '\0');
    run_one_in_flight(duration_of(arguments), [&] {
        send_all(socket.get(), asked);
        receive_all(socket.get(), reply);
    }).print();
}

// Many connections that had one message each, or the question for a session, and then none.
void idle(const Arguments& arguments) {
    const Prepared prepared(arguments);
    const bool sessions = arguments.text("session", "no") == "yes";
    const auto server = static_cast<pid_t>(arguments.number("server", 0));
    std::string reply(prepared.load.reply.size(), '\0');
    // What is taken once for all of them: also the buffers that the loop reads into in turns.
    const Descriptor first = connect_loopback(arguments.port());
    std::optional<core::Session> session;
    if (sessions) {
        session.emplace(begin_session(first.get()));
    }
    std::string first_reply(reply.size() + (sessions ? sealed_overhead : 0), '\0');
    for (std::size_t i = 0; i < 1000; ++i) {
        send_all(first.get(),
                 session ? sealed(*session, prepared.load.request) : prepared.load.request);
        receive_all(first.get(), first_reply);
    }
    const std::size_t before = resident(server);
    std::vector<Descriptor> sockets;
    for (std::size_t i = 0; i < prepared.load.connections; ++i) {
        sockets.push_back(connect_loopback(arguments.port()));
        if (sessions) {
            begin_session(sockets.back().get());
            continue;
        }
        send_all(sockets.back().get(), prepared.load.request);
        receive_all(sockets.back().get(), reply);
    }
    const double each = static_cast<double>(resident(server) - before) /
                        static_cast<double>(prepared.load.connections);
    std::printf("{\"messages\": %zu, \"bytes\": %.1f}\n", prepared.load.connections, each);
}

void run(const Arguments& arguments) {
    raise_descriptor_limit();
    const std::string& what = arguments.what();
    if (what == "pipelined") {
        pipelined(arguments);
    } else if (what == "raw_request") {
        raw_request(arguments);
    } else if (what == "request") {
        netaio_request(arguments);
    } else if (what == "daemon_request") {
        daemon_request(arguments);
    } else if (what == "redis_worker") {
        work_by_redis(arguments.port());
    } else if (what == "redis_request") {
        request_by_redis(arguments);
    } else if (what == "blocking_request") {
        blocking_request(arguments);
    } else if (what == "together") {
        together(arguments);
    } else if (what == "fan_out") {
        fan_out(arguments);
    } else if (what == "idle") {
        idle(arguments);
    } else if (what == "udp_echo") {
        run_udp_echo(arguments.port(), arguments.number("payload", 64),
                     arguments.number("in_flight", 1), duration_of(arguments))
            .print();
    } else if (what == "udp_notify") {
        run_udp_notify(arguments.port(), arguments).print();
    } else if (what == "udp_flood") {
        run_udp_flood(arguments.port(), arguments.number("payload", 64), duration_of(arguments))
            .print();
    } else {
        throw std::invalid_argument("there is no client '" + what + "'");
    }
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    return netaio::bench::run_program(argc, argv, netaio::bench::run);
}
