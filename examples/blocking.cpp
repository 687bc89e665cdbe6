// A program without an event loop asks the server of server.cpp.
//   blocking [HOST PORT]     127.0.0.1 8888 unless given
#include <cstdlib>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;
using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    const std::string host = argc > 2 ? argv[1] : "127.0.0.1";
    const auto port = static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 8888);

    BlockingClient client(host, port, {.auth = hmac_auth({.secret = "test"})});
    std::cout << client.request("echo", "Hello!", {.timeout = 2s}).content() << '\n';

    // Handlers run while a call waits, here for what it is told of.
    client.on(notify_uri, [](const Message& news) {
        std::cout << news.uri() << " is " << news.content() << '\n';
    });
    client.create("cellar/lamp", "on");
    client.subscribe("cellar/lamp");
    client.update("cellar/lamp", "off");
    client.remove("cellar/lamp");

    // Where a failure is no surprise, an error code takes it.
    std::error_code error;
    client.receive_once(20ms, error);
    std::cout << "and then: " << error.message() << '\n';
} catch (const Error& problem) {
    std::cerr << "blocking: " << problem.code().message() << '\n';
    return 1;
}
