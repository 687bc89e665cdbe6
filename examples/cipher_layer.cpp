// A cipher layer of its own for one handler: all traffic is authenticated and encrypted with the
// node's keys, the diary once more with a key that few have. Server and client in one program.
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;

const auto auth = hmac_auth({.secret = "test"});
const auto cipher = stream_cipher({.key = "everyone's key"});
// A handler is found by its uri before its own layer is taken off, so the uri stays readable there;
// the node's cipher hides it on the wire all the same.
const auto diary_cipher =
    stream_cipher({.key = "diary key", .iv_field = "iv2", .encrypt_uri = false});

awaitable<void> session(std::uint16_t port) {
    TcpClient client({.auth = auth, .cipher = cipher});
    co_await client.connect("127.0.0.1", port);

    OwnedMessage reply = co_await client.request("weather");
    std::cout << "weather: " << reply.content() << '\n';

    reply = co_await client.request("diary", {.cipher = diary_cipher});
    std::cout << "diary: " << reply.content() << '\n';

    const auto guess = stream_cipher({.key = "a guess", .iv_field = "iv2", .encrypt_uri = false});
    reply = co_await client.request("diary", {.cipher = guess});
    std::cout << "diary with a guessed key: " << reply.content().size() << " bytes of noise\n";
}

int main() {
    TcpServer server({.port = 0, .auth = auth, .cipher = cipher});
    server.on({request_uri, "weather"}, [] { return "Sunny."; });
    server.on({request_uri, "diary"}, {.cipher = diary_cipher}, [] { return "Dear diary, ..."; });
    if (const std::error_code error = server.start()) {
        std::cerr << "cannot listen: " << error.message() << '\n';
        return 1;
    }
    run(session(server.port()));
}
