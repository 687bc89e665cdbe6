// The smallest client: what it costs to have the library in a program (scripts/program-cost).
#include <iostream>
#include <netaio/netaio.hpp>

netaio::awaitable<void> ask() {
    netaio::TcpClient client({.auth = netaio::hmac_auth({.secret = "test"})});
    co_await client.connect("127.0.0.1", 8888);
    const netaio::OwnedMessage reply = co_await client.request("echo", "Hello!");
    std::cout << reply.content() << '\n';
}

int main() {
    return netaio::run(ask());
}
