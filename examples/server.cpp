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

    server.on({MessageType::request_uri, "echo"},
              [](const Message& message) { return respond("echo", message.content()); });
    server.on(MessageType::request_uri, [&](const Message& message) {
        const auto found = resources.find(message.uri());
        return found == resources.end() ? not_found(message.uri())
                                        : respond(message.uri(), found->second);
    });
    server.on(MessageType::create_uri, [&](const Message& message) {
        // The message is a view over the connection's buffer; what is kept is copied.
        const bool created = resources.emplace(message.uri(), message.content()).second;
        return created ? ok(message.uri(), "stored") : error("it exists", message.uri());
    });
    server.on(MessageType::update_uri, [&](const Message& message) {
        const auto found = resources.find(message.uri());
        if (found == resources.end()) {
            return not_found(message.uri());
        }
        found->second = message.content();
        server.notify(message.uri(), notify(message.uri(), message.content()));
        return ok(message.uri(), "stored");
    });
    server.on(MessageType::delete_uri, [&](const Message& message) {
        const auto found = resources.find(message.uri());
        if (found == resources.end()) {
            return not_found(message.uri());
        }
        resources.erase(found);
        server.notify(message.uri(), notify(message.uri(), "deleted"));
        return ok(message.uri(), "deleted");
    });
    server.on(MessageType::subscribe_uri, [&](const Message& message, Connection& from) {
        server.subscribe(message.uri(), from);
        return confirm_subscribe(message.uri());
    });
    server.on(MessageType::unsubscribe_uri, [&](const Message& message, Connection& from) {
        server.unsubscribe(message.uri(), from);
        return confirm_unsubscribe(message.uri());
    });

    try {
        server.run();
    } catch (const std::exception& problem) {
        std::cerr << "server: " << problem.what() << '\n';
        return 1;
    }
    std::cout << "stopped with " << resources.size() << " resources\n";
}
