// The smallest server: what it costs to have the library in a program (scripts/program-cost).
#include <netaio/netaio.hpp>

int main() {
    netaio::TcpServer server({.auth = netaio::hmac_auth({.secret = "test"})});
    server.on({netaio::request_uri, "echo"},
              [](const netaio::Message& message) { return message.content(); });
    server.run();
}
