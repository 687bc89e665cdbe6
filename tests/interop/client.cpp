// Our client for what the tool has no command for: takes steps on one connection.
//   interop_client PORT DIALECT TYPE:URI:CONTENT...
// NOTIFY_URI waits for a notification, every other type is sent. Prints the type and content of
// each answer. Secrets come from INTEROP_HMAC, INTEROP_CIPHER, INTEROP_INNER_HMAC,
// INTEROP_INNER_CIPHER; the source of a lock and the digits of seeds from INTEROP_LOCK, INTEROP_KEY
// and INTEROP_X25519_KEY; what is paid, and for whom, from INTEROP_HASHCASH and
// INTEROP_HASHCASH_REALM.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdlib>
#include <deque>
#include <iostream>
#include <netaio/netaio.hpp>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript_auth.hpp>
#include <string>
#include <vector>

#include "support/layers.hpp"

using namespace netaio;
using namespace std::chrono_literals;

namespace {

// The node's plugin for scripts, if it is to have one.
std::shared_ptr<const AuthPlugin> scripts(Dialect dialect) {
    const char* lock = std::getenv("INTEROP_LOCK");
    const char* key = std::getenv("INTEROP_KEY");
    if (!lock || !key || *lock == '\0') return nullptr;
    return tapescript_auth({.lock = tapescript::compile(lock).value(),
                            .seed = tapescript::from_hex(key).value(),
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
    Plugins node = test::node_layer(dialect);
    if (!node.auth) node.auth = scripts(dialect);
    if (const std::string bits = test::told("INTEROP_HASHCASH"); !bits.empty()) {
        auto stamps = hashcash_auth({.realm = test::told("INTEROP_HASHCASH_REALM"),
                                     .pay = static_cast<unsigned>(std::stoul(bits))});
        node.auth = node.auth ? all_of({stamps, node.auth}) : stamps;
    }
    Plugins inner = test::inner_layer(dialect);
    const std::string seed = tapescript::from_hex(test::told("INTEROP_X25519_KEY")).value();
    if (!seed.empty()) inner.cipher = x25519_cipher({.seed = seed});

    const auto executor = co_await boost::asio::this_coro::executor;
    std::deque<OwnedMessage> notifications;
    boost::asio::steady_timer arrived(executor, std::chrono::steady_clock::time_point::max());
    TcpClientOptions options;
    options.auth = node.auth;
    options.cipher = node.cipher;
    if (!seed.empty()) options.local_peer = x25519_peer(seed);
    TcpClient client(options);
    client.on(MessageType::notify_uri, {.auth = inner.auth, .cipher = inner.cipher},
              [&](const Message& message) {
                  notifications.push_back(message.own());
                  arrived.cancel();
              });
    co_await client.connect("127.0.0.1", port);
    client.start_receive_loop();
    if (!seed.empty()) {
        client.set_peer_callbacks({.joined = [&](const Peer&) { arrived.cancel(); }});
        client.manage_peers();
        arrived.expires_after(5s);
        co_await arrived.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }

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
        const Dialect dialect = test::dialect_named(arguments.at(1));
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
