// Message types of the application's own, 31 to 255: both ends register them, then use them like
// the built-in ones. Server and client in one program.
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;

constexpr auto launch = static_cast<MessageType>(50);
constexpr auto launched = static_cast<MessageType>(51);

MessageTypes rocket_types() {
    MessageTypes types;
    types.add("LAUNCH", launch);
    types.add("LAUNCHED", launched);
    types.set_answer(launch, launched);
    return types;
}

awaitable<void> session(std::uint16_t port) {
    const MessageTypes types = rocket_types();
    TcpClient client({.types = types});
    co_await client.connect("127.0.0.1", port);

    const OwnedMessage reply = co_await client.exchange(launch, "rocket", "to the moon");
    std::cout << types.name(reply.type()) << ' ' << reply.uri() << ' ' << reply.content() << '\n';
}

int main() {
    TcpServer server({.port = 0, .types = rocket_types()});
    server.on(launch, [](const Message& message) { return message.content(); });
    if (const std::error_code error = server.start()) {
        std::cerr << "cannot listen: " << error.message() << '\n';
        return 1;
    }
    run(session(server.port()));

    try {
        MessageTypes types = rocket_types();
        types.add("ABORT", 50);
    } catch (const std::invalid_argument& problem) {
        std::cout << "a clash is refused: " << problem.what() << '\n';
    }
}
