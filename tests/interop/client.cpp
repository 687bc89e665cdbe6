// Our client for what the tool has no command for: takes steps on one connection.
//   interop_client PORT DIALECT TYPE:URI:CONTENT...
// NOTIFY_URI waits for a notification, every other type is sent. Prints the type and content of
// each answer. Secrets come from INTEROP_HMAC, INTEROP_CIPHER, INTEROP_INNER_HMAC,
// INTEROP_INNER_CIPHER; the source of a lock and the digits of a seed from INTEROP_LOCK, INTEROP_KEY.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <netaio/netaio.hpp>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/compiler.hpp>
#include <string>
#include <vector>

using namespace netaio;
using namespace std::chrono_literals;

namespace {

std::string secret(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

// The plugins of one layer; `inner` names its fields and leaves the uri readable.
Plugins layer(const char* hmac_name, const char* cipher_name, Dialect dialect, bool inner) {
    Plugins plugins;
    if (const std::string text = secret(hmac_name); !text.empty()) {
        plugins.auth =
            hmac_auth({.secret = text, .hmac_field = inner ? "camh" : "hmac", .dialect = dialect});
    }
    if (const std::string text = secret(cipher_name); !text.empty()) {
        plugins.cipher = stream_cipher({.key = text,
                                        .iv_field = inner ? "iv2" : "iv",
                                        .encrypt_uri = !inner,
                                        .dialect = dialect});
    }
    return plugins;
}

// The node's plugin for scripts, if it is to have one.
std::shared_ptr<const AuthPlugin> scripts(Dialect dialect) {
    const std::string lock = secret("INTEROP_LOCK");
    if (lock.empty()) return nullptr;
    return tapescript_auth({.lock = tapescript::compile(lock).value(),
                            .seed = tapescript::from_hex(secret("INTEROP_KEY")).value(),
                            .dialect = dialect});
}

struct Step {
    MessageType type;
    std::string uri;
    std::string content;
};

Step read_step(const std::string& text) {
    const auto first = text.find(':');
    const auto second = text.find(':', first + 1);
    const auto type = MessageTypes().find(text.substr(0, first));
    if (second == std::string::npos || !type) {
        throw std::invalid_argument("not TYPE:URI:CONTENT: " + text);
    }
    return {*type, text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

void print(const Message& message) {
    std::cout << built_in_name(message.type()) << (message.content().empty() ? "" : " ")
              << message.content() << '\n';
}

awaitable<void> walk(std::uint16_t port, Dialect dialect, const std::vector<Step>& steps) {
    Plugins node = layer("INTEROP_HMAC", "INTEROP_CIPHER", dialect, false);
    if (!node.auth) node.auth = scripts(dialect);
    const Plugins inner = layer("INTEROP_INNER_HMAC", "INTEROP_INNER_CIPHER", dialect, true);

    const auto executor = co_await boost::asio::this_coro::executor;
    std::deque<OwnedMessage> notifications;
    boost::asio::steady_timer arrived(executor, std::chrono::steady_clock::time_point::max());
    TcpClient client({.auth = node.auth, .cipher = node.cipher});
    client.on(MessageType::notify_uri, {.auth = inner.auth, .cipher = inner.cipher},
              [&](const Message& message) {
                  notifications.push_back(message.own());
                  arrived.cancel();
              });
    co_await client.connect("127.0.0.1", port);
    client.start_receive_loop();

    for (const Step& step : steps) {
        if (step.type != MessageType::notify_uri) {
            print(co_await client.exchange(step.type, step.uri, step.content,
                                           {.auth = inner.auth, .cipher = inner.cipher}));
            continue;
        }
        if (notifications.empty()) {
            arrived.expires_after(5s);
            co_await arrived.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
        }
        if (notifications.empty()) {
            throw std::runtime_error("no notification came");
        }
        print(notifications.front());
        notifications.pop_front();
    }
    client.close_all();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        const auto port = static_cast<std::uint16_t>(std::stoi(arguments.at(0)));
        const Dialect dialect = arguments.at(1) == "0.0.8" ? Dialect::v0_0_8 : Dialect::v0_0_9;
        std::vector<Step> steps;
        for (std::size_t i = 2; i < arguments.size(); ++i) {
            steps.push_back(read_step(arguments[i]));
        }
        netaio::run(walk(port, dialect, steps));
    } catch (const std::exception& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
