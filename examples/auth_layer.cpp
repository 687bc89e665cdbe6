// An auth layer of its own for some handlers: everybody who knows the node's secret may read, only
// who also knows the admin's may write. Server and clients in one program.
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;

const auto everyone = hmac_auth({.secret = "test"});
// Both tags travel in one message, so they need different fields.
const auto admin = hmac_auth({.secret = "adminpassword", .hmac_field = "camh"});

awaitable<void> session(std::uint16_t port) {
    TcpClient client({.auth = everyone});
    co_await client.connect("127.0.0.1", port);

    OwnedMessage reply = co_await client.create("motd", "anybody can write this");
    std::cout << "without the admin's secret: " << built_in_name(reply.type()) << '\n';

    reply = co_await client.create("motd", "Welcome!", {.auth = admin});
    std::cout << "with it: " << built_in_name(reply.type()) << '\n';

    reply = co_await client.request("motd");
    std::cout << "everybody reads: " << reply.content() << '\n';
}

int main() {
    TcpServer server({.port = 0, .auth = everyone});
    std::string motd;
    server.on(request_uri, [&] { return motd; });
    server.on(create_uri, {.auth = admin},
              [&](const Message& message) { motd = message.content(); });
    if (const std::error_code error = server.start()) {
        std::cerr << "cannot listen: " << error.message() << '\n';
        return 1;
    }
    run(session(server.port()));
}
