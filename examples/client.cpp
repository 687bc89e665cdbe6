// Walks through what the server of server.cpp offers.
//   client [HOST PORT]     127.0.0.1 8888 unless given
#include <cstdlib>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;
using namespace std::chrono_literals;

void show(const Message& reply) {
    std::cout << built_in_name(reply.type()) << ' ' << reply.uri() << ": " << reply.content()
              << '\n';
}

awaitable<void> session(std::string host, std::uint16_t port) {
    TcpClient client({.auth = hmac_auth({.secret = "test"})});
    client.on(MessageType::notify_uri, show);
    co_await client.connect(host, port);

    show(co_await client.request("echo", "Hello!", {.timeout = 2s}));

    show(co_await client.create("kitchen/lamp", "on"));
    show(co_await client.request("kitchen/lamp"));
    show(co_await client.create("kitchen/lamp", "on"));  // answered with an error: it exists

    show(co_await client.subscribe("kitchen/lamp"));
    show(co_await client.update("kitchen/lamp", "off"));  // and the notification of it
    show(co_await client.unsubscribe("kitchen/lamp"));

    show(co_await client.remove("kitchen/lamp"));
    show(co_await client.request("kitchen/lamp"));  // not found
}

int main(int argc, char** argv) {
    const std::string host = argc > 2 ? argv[1] : "127.0.0.1";
    const auto port = static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 8888);
    try {
        run(session(host, port));
    } catch (const Error& problem) {
        std::cerr << "client: " << problem.code().message() << '\n';
        return 1;
    }
}
