// A telemetry hub: sensors bring values, dashboards show them, only an admin removes one. Kill the
// hub and start it again, or end it with Ctrl-C: everybody comes back to it.
//   telemetry_hub hub | dashboard | sensor NAME | remove NAME     each with [--port PORT], or 8889
#include <cstdlib>
#include <iostream>
#include <netaio/netaio.hpp>

using namespace netaio;
using namespace std::chrono_literals;

const auto everybody = hmac_auth({.secret = "test"});
const auto admin = hmac_auth({.secret = "adminpassword", .hmac_field = "camh"});

int hub(std::uint16_t port) {
    TcpServer server({.port = port, .auth = everybody});
    server.grant_subscriptions();
    server.on(update_uri, prefix("sensor/"), [&](const Message& value) {
        if (const auto error = server.publish(value.uri(), value.content())) {
            throw Refusal::error(error.message());
        }
    });
    server.on(delete_uri, prefix("sensor/"), {.auth = admin}, [&](const Message& asked) {
        if (!server.withdraw(asked.uri())) {
            throw Refusal::not_found("there is no such sensor");
        }
    });
    server.run();
    return 0;
}

awaitable<void> sensor(std::string name, std::uint16_t port) {
    TcpClient client({.auth = everybody});
    client.keep_connected("127.0.0.1", port);
    for (int value = 1;; ++value) {
        try {
            co_await client.update("sensor/" + name, std::to_string(value), {.timeout = 2s});
        } catch (const Error& problem) {
            if (problem.code() == Errc::cancelled) {
                throw;  // Ctrl-C
            }
            std::cout << "nobody heard " << value << ": " << problem.code().message() << std::endl;
        }
        co_await sleep(200ms);
    }
}

awaitable<void> dashboard(std::uint16_t port) {
    TcpClient client({.auth = everybody});
    client.on(notify_uri, prefix("sensor/"), [](const Message& news) {
        std::cout << news.rest() << (news.content().empty() ? " is gone" : " says ")
                  << news.content() << std::endl;
    });
    client.keep_connected("127.0.0.1", port,
                          {.on_state = [](ConnectionState state, std::error_code, unsigned) {
                              std::cout << to_string(state) << std::endl;
                          }});
    co_await client.subscribe("sensor/", {.prefix = true, .present = true, .timeout = never});
    co_await until_signal();
}

awaitable<void> remove(std::string name, std::uint16_t port) {
    TcpClient client({.auth = everybody});
    co_await client.connect("127.0.0.1", port);
    const auto reply = co_await client.remove("sensor/" + name, {.auth = admin});
    std::cout << built_in_name(reply.type()) << ' ' << reply.content() << '\n';
}

int main(int argc, char** argv) try {
    std::vector<std::string> words(argv + 1, argv + argc);
    std::uint16_t port = 8889;
    if (words.size() > 2 && words[words.size() - 2] == "--port") {
        port = static_cast<std::uint16_t>(std::atoi(words.back().c_str()));
        words.resize(words.size() - 2);
    }
    const std::string role = words.empty() ? "" : words[0];
    const std::string name = words.size() > 1 ? words[1] : "nameless";
    return role == "hub"         ? hub(port)
           : role == "sensor"    ? run(sensor(name, port))
           : role == "dashboard" ? run(dashboard(port))
           : role == "remove"    ? run(remove(name, port))
                                 : throw std::invalid_argument("which role?");
} catch (const Error& problem) {
    std::cerr << "telemetry_hub: " << problem.code().message() << '\n';
    return 1;
} catch (const std::exception& problem) {
    std::cerr << "telemetry_hub: " << problem.what() << '\n';
    return 1;
}
