// A resource server: keeps resources in a map, answers whoever knows the secret, and tells
// subscribers what changed. Ends on SIGINT or SIGTERM.
//   server [PORT]     8888 unless given; 0 lets the system pick one
#include <cstdlib>
#include <iostream>
#include <map>
#include <netaio/netaio.hpp>

using namespace netaio;

int main(int argc, char** argv) {
    TcpServer server({
        .port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8888),
        .auth = hmac_auth({.secret = "test"}),
        .environment = {.log = Log(LogLevel::info,
                                   [](LogLevel, std::string_view line) {
                                       std::cout << line << std::endl;
                                   })},
    });
    // One event loop, so handlers never run at the same time and need no lock.
    std::map<std::string, std::string, std::less<>> resources;

    // What a handler returns is the content of the answer, about the same uri.
    server.on({request_uri, "echo"}, [](const Message& message) { return message.content(); });
    server.on(request_uri, [&](const Message& message) -> std::optional<std::string> {
        const auto found = resources.find(message.uri());
        return found == resources.end() ? std::nullopt : std::optional(found->second);
    });
    server.on(create_uri, [&](const Message& message) {
        // The message is a view over the connection's buffer; what is kept is copied.
        if (!resources.emplace(message.uri(), message.content()).second) {
            throw Refusal::error("it exists");
        }
        return "stored";
    });
    server.on(update_uri, [&](const Message& message) {
        const auto found = resources.find(message.uri());
        if (found == resources.end()) {
            throw Refusal::not_found();
        }
        found->second = message.content();
        server.notify(message.uri(), notify(message.uri(), message.content()));
        return "stored";
    });
    server.on(delete_uri, [&](const Message& message) {
        if (resources.erase(message.uri().str()) == 0) {
            throw Refusal::not_found();
        }
        server.notify(message.uri(), notify(message.uri(), "deleted"));
        return "deleted";
    });
    server.on(subscribe_uri, [&](const Message& message, Connection& from) {
        server.subscribe(message.uri(), from);
    });
    server.on(unsubscribe_uri, [&](const Message& message, Connection& from) {
        server.unsubscribe(message.uri(), from);
    });

    try {
        server.run();
    } catch (const Error& problem) {
        std::cerr << "server: " << problem.code().message() << '\n';
        return 1;
    }
    std::cout << "stopped with " << resources.size() << " resources\n";
}
