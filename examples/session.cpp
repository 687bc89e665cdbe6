// Connections in sessions: sealed with keys that are forgotten, with a server whose key is
// remembered, so that nobody can take its place. Server and client in one program.
#include <cstdio>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;

const auto shared = hmac_auth({.secret = "shared"});

TcpServerOptions server_with(Secret seed, std::uint16_t port = 0) {
    TcpServerOptions options{.port = port, .auth = shared};
    options.session.policy = SessionPolicy::require;  // offer: with whoever knows of sessions
    options.session.seed = std::move(seed);           // 32 random bytes, as of `netaio keygen`
    return options;
}

void ask(std::uint16_t port) {
    TcpClientOptions options{.auth = shared};
    options.session.policy = SessionPolicy::require;
    options.session.known = known_peers_file("known_servers");
    try {
        BlockingClient client("127.0.0.1", port, options);
        std::cout << client.request("secret").content() << '\n';
    } catch (const Error& problem) {
        std::cout << "not asked: " << problem.code().message() << '\n';
    }
}

int main() {
    std::uint16_t port = 0;
    {
        TcpServer server(server_with(std::string(32, 's')));
        server.on({request_uri, "secret"}, [] { return "said to nobody else"; });
        if (const std::error_code error = server.start()) {
            std::cerr << "cannot listen: " << error.message() << '\n';
            return 1;
        }
        port = server.port();
        ask(port);  // keeps the key in known_servers
        ask(port);  // finds it there
    }
    TcpServer thief(server_with(std::string(32, 't'), port));  // who knows the secret, too
    if (const std::error_code error = thief.start()) {
        std::cerr << "cannot listen: " << error.message() << '\n';
        return 1;
    }
    ask(port);
    std::remove("known_servers");
}
