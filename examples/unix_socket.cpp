// A service for the users of this machine: knows who asks without being told a secret.
//   unix_socket     listens in a file beside, asks itself, and ends
#include <unistd.h>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;

awaitable<void> ask(std::string where) {
    TcpClient client;
    co_await client.connect(where);
    const OwnedMessage reply = co_await client.request("whoami");
    std::cout << reply.content() << '\n';
}

int main() {
    const std::string where = "unix:example.sock";
    TcpServer server({
        .interfaces = {where},
        .unix_socket = {.mode = 0660},  // for its owner and group; 0600 unless told
    });
    server.on({request_uri, "whoami"}, [](const Message&, Connection& from) {
        const auto& who = from.credentials();
        if (!who) {
            throw Refusal::error("this system does not tell");
        }
        return who->uid == ::getuid() ? "you are me" : "you are somebody else";
    });
    if (const std::error_code error = server.start()) {
        std::cerr << "unix_socket: cannot listen: " << error.message() << '\n';
        return 1;
    }
    run(ask(where));
}
