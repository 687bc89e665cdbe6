// The servers of the benchmarks that are netaio's, and the programs on bare sockets that are the
// limit for each: `server KIND`. It prints where it listens and serves until it is ended.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <netaio/daemon_client.hpp>
#include <netaio/make.hpp>
#include <netaio/run.hpp>
#include <netaio/stream_cipher.hpp>
#include <netaio/tcp_server.hpp>
#include <netaio/udp_node.hpp>
#include <thread>

#include "arguments.hpp"
#include "raw_server.hpp"
#include "raw_udp_server.hpp"
#include "ready.hpp"
#include "session_socket.hpp"
#include "udp_notify.hpp"

namespace netaio::bench {
namespace {

constexpr std::string_view uri = "echo";
constexpr std::size_t other_routes = 20;

void serve(TcpServer& server) {
    if (const auto error = server.start()) {
        throw std::system_error(error, "start");
    }
    ready(server.port());
    for (;;) {
        pause();
    }
}

TcpServerOptions options(const Arguments& arguments) {
    TcpServerOptions options{.port = 0};
    if (const std::string socket = arguments.text("socket", ""); !socket.empty()) {
        options.interfaces = {"unix:" + socket};
    }
    options.threads = static_cast<unsigned>(arguments.number("threads", 1));
    if (arguments.text("protected", "no") == "yes") {
        options.auth = hmac_auth({.secret = "test"});
        options.cipher = stream_cipher({.key = "test"});
    }
    if (arguments.text("session", "no") == "yes") {
        options.session.policy = SessionPolicy::offer;
        options.session.seed = session_seed();
    }
    return options;
}

void serve_echo(const Arguments& arguments) {
    TcpServer server(options(arguments));
    const auto echo = [](const Message& m) { return respond(m.uri(), m.content()); };
    for (std::size_t i = 0; i < other_routes; ++i) {
        server.on({MessageType::request_uri, "route" + std::to_string(i)}, echo);
    }
    server.on({MessageType::request_uri, uri}, echo);
    serve(server);
}

// Whatever is asked.
void serve_answering(const Arguments& arguments) {
    TcpServer server(options(arguments));
    server.on(MessageType::request_uri,
              [](const Message& m) { return respond(m.uri(), m.content()); });
    serve(server);
}

// Answers after a while, several at once on a connection.
void serve_waiting(const Arguments& arguments) {
    TcpServerOptions made = options(arguments);
    made.handlers_max = arguments.number("handlers_max", made.handlers_max);
    const std::chrono::milliseconds wait(arguments.number("wait_ms", 10));
    TcpServer server(made);
    server.on(MessageType::request_uri, [wait](const Message& m) -> awaitable<Message> {
        boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, wait);
        co_await timer.async_wait(boost::asio::use_awaitable);
        co_return respond(m.uri(), m.content());
    });
    serve(server);
}

void serve_notify(const Arguments& arguments) {
    TcpServer server(options(arguments));
    server.on(MessageType::subscribe_uri, [&](const Message& m, Connection& from) {
        server.subscribe(m.uri(), from);
        return confirm_subscribe(m.uri());
    });
    server.on(MessageType::publish_uri,
              [&](const Message& m) { server.notify(m.uri(), notify(m.uri(), m.content())); });
    serve(server);
}

template <class OnFrame>
void serve_frames(OnFrame on_frame) {
    auto [socket, port] = listen_loopback();
    ready(port);
    RawServer(std::move(socket), std::move(on_frame)).run();
}

// Passes bytes on between two sockets until one of them ends.
void relay_bytes(int client, int server) {
    const Descriptor epoll(must(epoll_create1(0), "epoll_create1"));
    for (const int fd : {client, server}) {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        must(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }
    std::vector<char> buffer(256 * 1024);
    for (;;) {
        epoll_event event;
        must(epoll_wait(epoll.get(), &event, 1, -1), "epoll_wait");
        const ssize_t count = recv(event.data.fd, buffer.data(), buffer.size(), 0);
        if (count <= 0) {
            return;
        }
        std::string_view rest(buffer.data(), static_cast<std::size_t>(count));
        while (!rest.empty()) {
            rest.remove_prefix(send_some(event.data.fd == client ? server : client, rest));
        }
    }
}

// Stands between a client at a time and the server at a Unix-domain socket, and knows nothing of
// messages: what any process costs that stands between two others.
void serve_bare_relay(const Arguments& arguments) {
    const auto [listening, port] = listen_loopback();
    set_blocking(listening.get());
    ready(port);
    for (;;) {
        const Descriptor client(must(accept(listening.get(), nullptr, nullptr), "accept"));
        set_no_delay(client.get());
        relay_bytes(client.get(), connect_unix(arguments.text("socket", "")).get());
    }
}

// A thread for each connection, which blocks.
void serve_blocking() {
    auto [listening, port] = listen_loopback();
    set_blocking(listening.get());
    ready(port);
    for (;;) {
        const int fd = must(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept");
        std::thread([fd] {
            const Descriptor socket(fd);
            set_no_delay(fd);
            std::vector<char> in(128 * 1024);
            std::vector<char> out;
            std::size_t have = 0;
            for (;;) {
                const ssize_t count = recv(fd, in.data() + have, in.size() - have, 0);
                if (count <= 0) {
                    return;
                }
                have += static_cast<std::size_t>(count);
                have = split_frames(in, have, out, EchoFrames());
                if (!out.empty()) {
                    send_all(fd, {out.data(), out.size()});
                    out.clear();
                }
            }
        }).detach();
    }
}

// Passes what the publisher sends to all subscribers, a send for each of them. The publisher is
// who connects last; it is told by its first byte, as subscribers send one frame and then nothing.
void serve_raw_fan_out(const Arguments& arguments) {
    auto [listening, port] = listen_loopback();
    set_blocking(listening.get());
    ready(port);
    const std::string confirmation = [] {
        std::string frame;
        must(encode_message(confirm_subscribe("topic"), frame) ? -1 : 0, "encode");
        return frame;
    }();
    std::vector<Descriptor> subscribers;
    std::vector<char> buffer(64 * 1024);
    for (std::size_t i = 0; i <= arguments.number("subscribers", 100); ++i) {
        Descriptor socket(must(accept4(listening.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept"));
        set_no_delay(socket.get());
        if (i < arguments.number("subscribers", 100)) {
            receive_some(socket.get(), buffer);
            send_all(socket.get(), confirmation);
        }
        subscribers.push_back(std::move(socket));
    }
    const Descriptor publisher = std::move(subscribers.back());
    subscribers.pop_back();
    for (;;) {
        const std::size_t count = receive_some(publisher.get(), buffer).value_or(0);
        for (const Descriptor& subscriber : subscribers) {
            send_all(subscriber.get(), {buffer.data(), count});
        }
    }
}

// The usual Asio server: a coroutine with a 4 KiB buffer for each connection.
void serve_asio_coroutine() {
    using boost::asio::awaitable;
    using boost::asio::use_awaitable;
    using boost::asio::ip::tcp;
    boost::asio::io_context context(1);
    tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    const auto echo = [](tcp::socket socket) -> awaitable<void> {
        std::array<char, 4096> buffer;
        for (;;) {
            const std::size_t count =
                co_await socket.async_read_some(boost::asio::buffer(buffer), use_awaitable);
            co_await boost::asio::async_write(socket, boost::asio::buffer(buffer.data(), count),
                                              use_awaitable);
        }
    };
    const auto accept = [&]() -> awaitable<void> {
        for (;;) {
            boost::asio::co_spawn(context, echo(co_await acceptor.async_accept(use_awaitable)),
                                  boost::asio::detached);
        }
    };
    boost::asio::co_spawn(context, accept(), boost::asio::detached);
    ready(acceptor.local_endpoint().port());
    context.run();
}

void serve_netaio_udp() {
    boost::asio::io_context context(1);
    use_io_uring(context);
    UdpNode node(context.get_executor(), {.port = 0, .interfaces = {"127.0.0.1"}, .ipv6 = false});
    std::uint64_t notified = 0;
    node.on(MessageType::notify_uri, [&](const Message&) { ++notified; });
    node.on({MessageType::request_uri, uri},
            [](const Message& m) { return respond(m.uri(), m.content()); });
    node.on({MessageType::request_uri, "count"}, [&](const Message& m) {
        return respond(m.uri(), std::string_view(reinterpret_cast<const char*>(&notified), 8));
    });
    node.start([](boost::system::error_code error, std::uint16_t port) {
        if (error) {
            throw boost::system::system_error(error, "start");
        }
        ready(port);
    });
    context.run();
}

// A program behind netaiod, whose socket is named; ready when the daemon knows it.
void serve_daemon_app(const Arguments& arguments) {
    boost::asio::io_context context(1);
    use_io_uring(context);
    DaemonClient app(context.get_executor(),
                     {.socket = arguments.text("socket", ""),
                      .app = "echo",
                      .keep = {.on_state =
                                   [](ConnectionState state, std::error_code, unsigned) {
                                       if (state == ConnectionState::connected) {
                                           ready(0);
                                       }
                                   }},
                      .handlers_max = 8192});
    app.on({MessageType::request_uri, uri},
           [](const Message& m) { return respond(m.uri(), m.content()); });
    if (const std::error_code error = app.start()) {
        throw std::system_error(error, "start");
    }
    context.run();
}

void run(const Arguments& arguments) {
    raise_descriptor_limit();
    const std::string& kind = arguments.what();
    if (kind == "netaio") {
        serve_echo(arguments);
    } else if (kind == "netaio_answering") {
        serve_answering(arguments);
    } else if (kind == "netaio_waiting") {
        serve_waiting(arguments);
    } else if (kind == "netaio_notify") {
        serve_notify(arguments);
    } else if (kind == "daemon_app") {
        serve_daemon_app(arguments);
    } else if (kind == "bare_relay") {
        serve_bare_relay(arguments);
    } else if (kind == "epoll") {
        serve_frames(EchoFrames());
    } else if (kind == "epoll_full") {
        serve_frames(ServeFrames(other_routes));
    } else if (kind == "blocking") {
        serve_blocking();
    } else if (kind == "fan_out") {
        serve_raw_fan_out(arguments);
    } else if (kind == "asio_coroutine") {
        serve_asio_coroutine();
    } else if (kind == "netaio_udp") {
        serve_netaio_udp();
    } else if (kind == "udp_publisher") {
        publish_by_udp(arguments);
    } else if (kind == "udp_one") {
        serve_udp_one();
    } else if (kind == "udp_batch") {
        serve_udp_batch();
    } else if (kind == "udp_asio") {
        AsioUdpServer().run();
    } else {
        throw std::invalid_argument("there is no server '" + kind + "'");
    }
}

}  // namespace
}  // namespace netaio::bench

int main(int argc, char** argv) {
    return netaio::bench::run_program(argc, argv, netaio::bench::run);
}
