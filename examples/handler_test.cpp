// Tests handlers without sockets, in a time that the test moves: a lamp that somebody may switch on
// for a while.
#include <iostream>
#include <netaio/netaio.hpp>
#include <netaio/testing.hpp>

using namespace netaio;
using namespace std::chrono_literals;

// The program: its handlers know no more of where they run than the server.
class Lamp {
public:
    explicit Lamp(TcpServer& server) {
        server.on({request_uri, "lamp"}, [this] { return lit_ ? "on" : "off"; });
        server.on({update_uri, "lamp"}, [this]() -> awaitable<std::string> {
            lit_ = true;
            co_await netaio::sleep(10min);
            lit_ = false;
            co_return "went out";
        });
    }

private:
    bool lit_ = false;
};

// Its test.
int main() {
    TestNetwork network;
    TcpServer server(network.executor(), network.options(TcpServerOptions()));
    Lamp lamp(server);
    if (server.start()) {
        return 1;
    }

    TcpClient switcher(network.executor(), network.options(TcpClientOptions()));
    TcpClient watcher(network.executor(), network.options(TcpClientOptions()));
    network.run(switcher.connect(network.address()));
    network.run(watcher.connect(network.address()));

    switcher.update("lamp", "on", {.timeout = 1h}, [](std::error_code, const OwnedMessage& reply) {
        std::cout << "it " << reply.content() << '\n';
    });
    const auto look = [&] { return network.run(watcher.request("lamp")); };
    network.run();
    std::cout << "at first: " << look().content() << '\n';
    network.advance(9min);
    std::cout << "after 9 minutes: " << look().content() << '\n';
    network.advance(1min);
    std::cout << "after 10 minutes: " << look().content() << '\n';
}
