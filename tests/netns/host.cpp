// One host of the tests with network namespaces: a UdpNode that says on standard output what
// happens to it, and does what standard input says, a line each. It ends with its input.
//   netns_host id=ID [port=N] [interface=NAME] [ipv4=0] [ipv6=0] [advertise=MS] [timeout=MS]
//              [dialect=0.0.8]        advertise=0: peers are not managed
// Secrets are in INTEROP_HMAC, INTEROP_CIPHER, INTEROP_INNER_HMAC, INTEROP_INNER_CIPHER,
// INTEROP_PEERS_HMAC (for peer management), and INTEROP_X25519, a seed in hex.
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <iostream>
#include <map>
#include <netaio/netaio.hpp>
#include <sstream>
#include <stdexcept>
#include <string>

#include "support/layers.hpp"

using namespace netaio;
using boost::asio::use_awaitable;
using std::chrono::milliseconds;

namespace {

using Settings = std::map<std::string, std::string>;

std::string setting(const Settings& settings, const std::string& name, const char* otherwise) {
    const auto found = settings.find(name);
    return found == settings.end() ? otherwise : found->second;
}

std::string from_hex(const std::string& hex) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return bytes;
}

template <class... Parts>
void say(const Parts&... parts) {
    std::ostringstream line;
    (line << ... << parts);
    std::cout << line.str() << std::endl;
}

std::string describe(const Message& message) {
    return std::string(built_in_name(message.type())) + " " + std::string(message.uri()) + " " +
           std::string(message.content());
}

std::string describe(const Peer& peer) {
    std::string text = peer.id;
    for (const Address& address : peer.addresses) {
        text += " " + address.str();
    }
    return text;
}

class Host {
public:
    explicit Host(const Settings& settings)
        : dialect_(test::dialect_named(setting(settings, "dialect", "0.0.9"))),
          inner_(test::inner_layer(dialect_)),
          input_(context_, dup(STDIN_FILENO)),
          node_(context_.get_executor(), options(settings)) {
        if (const std::string seed = from_hex(test::told("INTEROP_X25519")); !seed.empty()) {
            inner_.cipher = x25519_cipher({.seed = seed});
        }
        node_.set_peer_callbacks(
            {.joined = [](const Peer& peer) { say("joined ", describe(peer)); },
             .changed = [](const Peer& peer) { say("changed ", describe(peer)); },
             .left = [](const Peer& peer) { say("left ", describe(peer)); }});
        handle();
        const milliseconds every(std::stoi(setting(settings, "advertise", "300")));
        if (every.count() > 0) {
            PeerManagementOptions peers{
                .advertise_every = every,
                .peer_timeout = milliseconds(std::stoi(setting(settings, "timeout", "6000")))};
            if (const std::string secret = test::told("INTEROP_PEERS_HMAC"); !secret.empty()) {
                peers.plugins.auth =
                    hmac_auth({.secret = secret, .hmac_field = "peers", .dialect = dialect_});
            }
            node_.manage_peers(peers);
        }
    }

    void run() {
        boost::asio::co_spawn(context_, work(), [](const std::exception_ptr& failure) {
            if (failure) {
                std::rethrow_exception(failure);
            }
        });
        context_.run();
    }

private:
    UdpNodeOptions options(const Settings& settings) const {
        const Plugins outer = test::node_layer(dialect_);
        UdpNodeOptions options;
        options.port = static_cast<std::uint16_t>(std::stoi(setting(settings, "port", "8888")));
        options.ipv4 = setting(settings, "ipv4", "1") == "1";
        options.ipv6 = setting(settings, "ipv6", "1") == "1";
        if (const std::string name = setting(settings, "interface", ""); !name.empty()) {
            options.interfaces = {name};
        }
        options.auth = outer.auth;
        options.cipher = outer.cipher;
        const std::string seed = from_hex(test::told("INTEROP_X25519"));
        options.local_peer = seed.empty() ? Peer{} : x25519_peer(seed);
        options.local_peer->id = settings.at("id");
        return options;
    }

    // Echoes requests, keeps subscriptions, and tells of all that is pushed.
    void handle() {
        const HandlerOptions layer{.auth = inner_.auth, .cipher = inner_.cipher};
        node_.on(MessageType::request_uri, layer,
                 [](const Message& message) { return respond(message.uri(), message.content()); });
        node_.on(MessageType::subscribe_uri, layer,
                 [this](const Message& message, const Address& from) {
                     node_.subscribe(message.uri(), from);
                     return confirm_subscribe(message.uri());
                 });
        node_.on(MessageType::unsubscribe_uri, layer,
                 [this](const Message& message, const Address& from) {
                     node_.unsubscribe(message.uri(), from);
                     return confirm_unsubscribe(message.uri());
                 });
        for (const MessageType type : {MessageType::publish_uri, MessageType::notify_uri}) {
            node_.on(type, layer, [](const Message& message, const Address& from) {
                say("heard ", describe(message), " ", from.str());
            });
        }
    }

    awaitable<void> work() {
        const std::uint16_t port = co_await node_.start();
        say("ready ", port);
        std::string buffer;
        boost::system::error_code ended;
        while (!ended) {
            const std::size_t size = co_await boost::asio::async_read_until(
                input_, boost::asio::dynamic_buffer(buffer), '\n',
                boost::asio::redirect_error(use_awaitable, ended));
            std::istringstream line(buffer.substr(0, size));
            buffer.erase(0, size);
            std::string command;
            line >> command;
            if (ended || command == "stop") {
                break;
            }
            co_await obey(command, line);
        }
        node_.stop();
        say("stopped");
    }

    awaitable<void> obey(const std::string& command, std::istringstream& words) {
        if (command == "request" || command == "subscribe" || command == "unsubscribe") {
            co_await ask(command, words);
        } else if (command == "send") {
            std::string to;
            std::string type;
            words >> to >> type;
            report(node_.send(address(to), message(MessageTypes().find(type).value(), words)));
        } else if (command == "multicast") {
            report(node_.multicast(message(MessageType::publish_uri, words), sending()));
        } else if (command == "broadcast") {
            report(node_.broadcast(message(MessageType::publish_uri, words), sending()));
        } else if (command == "notify") {
            const OwnedMessage made = message(MessageType::notify_uri, words);
            report(node_.notify(made.uri(), made, sending()));
        } else if (command == "interfaces") {
            for (const InterfaceChoice& one : node_.interfaces()) {
                say("interface ", one.interface.name, one.used ? " used " : " unused ", one.why);
            }
            say("done");
        } else if (command == "peers") {
            for (const Peer& peer : node_.peers()) {
                say("peer ", describe(peer));
            }
            say("done");
        } else if (command == "counters") {
            const Counters c = node_.counters();
            say("counters in=", c.frames_in, " out=", c.frames_out, " unhandled=", c.unhandled,
                " malformed=", c.rejected_malformed, " auth=", c.rejected_auth,
                " checksum=", c.rejected_checksum, " late=", c.late_answers,
                " send_failures=", c.send_failures);
            say("done");
        } else {
            throw std::invalid_argument("no such command: " + command);
        }
    }

    awaitable<void> ask(const std::string& command, std::istringstream& words) {
        std::string to;
        std::string uri;
        std::string content;
        words >> to >> uri >> content;
        const auto type = command == "request"     ? MessageType::request_uri
                          : command == "subscribe" ? MessageType::subscribe_uri
                                                   : MessageType::unsubscribe_uri;
        const UdpRequestOptions terms{
            .timeout = milliseconds(1000), .auth = inner_.auth, .cipher = inner_.cipher};
        try {
            const OwnedMessage answer =
                co_await node_.exchange(address(to), type, uri, content, terms);
            say("answer ", describe(answer));
        } catch (const boost::system::system_error& problem) {
            say("failed ", problem.code().message());
        }
        say("done");
    }

    SendOptions sending() const { return {.plugins = inner_}; }

    static Address address(const std::string& text) {
        const auto read = Address::parse(text);
        if (!read) {
            throw std::invalid_argument("no address: " + text);
        }
        return *read;
    }

    static OwnedMessage message(MessageType type, std::istringstream& words) {
        std::string uri;
        std::string content;
        words >> uri >> content;
        return OwnedMessage(type, uri, content);
    }

    static void report(std::error_code error) {
        if (error) {
            say("failed ", error.message());
        }
        say("done");
    }

    Dialect dialect_;
    Plugins inner_;
    boost::asio::io_context context_{1};
    boost::asio::posix::stream_descriptor input_;
    UdpNode node_;
};

}  // namespace

int main(int argc, char** argv) {
    try {
        Settings settings;
        for (int i = 1; i < argc; ++i) {
            const std::string argument = argv[i];
            const auto equals = argument.find('=');
            settings[argument.substr(0, equals)] =
                equals == std::string::npos ? "" : argument.substr(equals + 1);
        }
        Host(settings).run();
    } catch (const std::exception& problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
}
