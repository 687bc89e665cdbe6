// What a user's first program may look like: a server and a client of it, protected by a secret.
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;

awaitable<void> ask(std::uint16_t port) {
    TcpClient client({.auth = hmac_auth({.secret = "test"})});
    co_await client.connect("127.0.0.1", port);
    const OwnedMessage reply = co_await client.request("something");
    std::cout << reply.content() << '\n';
}

int main() {
    TcpServer server({.port = 0, .auth = hmac_auth({.secret = "test"})});
    server.on({MessageType::request_uri, "something"},
              [](const Message&, Connection&) { return respond("something", "This is it."); });
    if (const auto error = server.start()) {
        std::cerr << error.message() << '\n';
        return 1;
    }
    run(ask(server.port()));
}
