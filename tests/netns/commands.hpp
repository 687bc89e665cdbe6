#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <iostream>
#include <map>
#include <netaio/netaio.hpp>
#include <sstream>
#include <stdexcept>
#include <string>

/// What the programs share that stand for hosts and apps in tests: what they say on standard
/// output, and the commands that they take from standard input, a line each.
namespace netaio::test {

using Settings = std::map<std::string, std::string>;

/// Of arguments that are NAME=VALUE each.
inline Settings settings_from(int argc, char** argv) {
    Settings settings;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        const auto equals = argument.find('=');
        settings[argument.substr(0, equals)] =
            equals == std::string::npos ? "" : argument.substr(equals + 1);
    }
    return settings;
}

inline std::string setting(const Settings& settings, const std::string& name,
                           const char* otherwise) {
    const auto found = settings.find(name);
    return found == settings.end() ? otherwise : found->second;
}

template <class... Parts>
void say(const Parts&... parts) {
    std::ostringstream line;
    (line << ... << parts);
    std::cout << line.str() << std::endl;
}

inline std::string describe(const Message& message) {
    return std::string(built_in_name(message.type())) + " " + std::string(message.uri()) + " " +
           std::string(message.content());
}

inline std::string describe(const Peer& peer) {
    std::string text = peer.id;
    for (const Address& address : peer.addresses) {
        text += " " + address.str();
    }
    return text;
}

inline PeerCallbacks saying_peers() {
    return {.joined = [](const Peer& peer) { say("joined ", describe(peer)); },
            .changed = [](const Peer& peer) { say("changed ", describe(peer)); },
            .left = [](const Peer& peer) { say("left ", describe(peer)); }};
}

inline Address address(const std::string& text) {
    const auto read = Address::parse(text);
    if (!read) {
        throw std::invalid_argument("no address: " + text);
    }
    return *read;
}

/// Of the type, and the uri and content that the words are.
inline OwnedMessage message(MessageType type, std::istream& words) {
    std::string uri;
    std::string content;
    words >> uri >> content;
    return OwnedMessage(type, uri, content);
}

inline void report(std::error_code error) {
    if (error) {
        say("failed ", error.message());
    }
    say("done");
}

/// The lines of standard input, until its end or `stop`; each is obeyed by
/// `obey(command, words)`, which gives an awaitable.
template <class Obey>
awaitable<void> read_commands(boost::asio::posix::stream_descriptor& input, Obey obey) {
    std::string buffer;
    boost::system::error_code ended;
    while (true) {
        const std::size_t size = co_await boost::asio::async_read_until(
            input, boost::asio::dynamic_buffer(buffer), '\n',
            boost::asio::redirect_error(boost::asio::use_awaitable, ended));
        std::istringstream line(buffer.substr(0, size));
        buffer.erase(0, size);
        std::string command;
        line >> command;
        if (ended || command == "stop") {
            co_return;
        }
        co_await obey(command, line);
    }
}

/// Has a node grant subscriptions, and tell of all that is pushed.
template <class Node>
void handle(Node& node, const Plugins& inner) {
    const HandlerOptions layer{.auth = inner.auth, .cipher = inner.cipher};
    node.on(MessageType::subscribe_uri, layer, [&node](const Message& asked, const Address& from) {
        node.subscribe(asked.uri(), from);
        return confirm_subscribe(asked.uri());
    });
    node.on(MessageType::unsubscribe_uri, layer,
            [&node](const Message& asked, const Address& from) {
                node.unsubscribe(asked.uri(), from);
                return confirm_unsubscribe(asked.uri());
            });
    for (const MessageType type : {MessageType::publish_uri, MessageType::notify_uri}) {
        node.on(type, layer, [](const Message& pushed, const Address& from) {
            say("heard ", describe(pushed), " ", from.str());
        });
    }
}

/// Does what a node of any kind can, and says so; false for another command. A request whose
/// address is `-` names nobody.
template <class Node>
awaitable<bool> obey(Node& node, const Plugins& inner, const std::string& command,
                     std::istream& words) {
    const SendOptions sending{.plugins = inner};
    if (command == "request" || command == "subscribe" || command == "unsubscribe") {
        std::string to;
        std::string uri;
        std::string content;
        words >> to >> uri >> content;
        const auto type = command == "request"     ? MessageType::request_uri
                          : command == "subscribe" ? MessageType::subscribe_uri
                                                   : MessageType::unsubscribe_uri;
        RequestOptions terms{
            .timeout = std::chrono::seconds(1), .auth = inner.auth, .cipher = inner.cipher};
        if (to != "-") {
            terms.server = address(to);
        }
        try {
            const OwnedMessage answer = co_await node.exchange(type, uri, content, terms);
            say("answer ", describe(answer));
        } catch (const boost::system::system_error& problem) {
            say("failed ", problem.code().message());
        }
        say("done");
    } else if (command == "send") {
        std::string to;
        std::string type;
        words >> to >> type;
        report(node.send(address(to), message(MessageTypes().find(type).value(), words)));
    } else if (command == "multicast") {
        report(node.multicast(message(MessageType::publish_uri, words), sending));
    } else if (command == "broadcast") {
        report(node.broadcast(message(MessageType::publish_uri, words), sending));
    } else if (command == "notify") {
        const OwnedMessage made = message(MessageType::notify_uri, words);
        report(node.notify(made.uri(), made, sending));
    } else if (command == "peers") {
        for (const Peer& peer : node.peers()) {
            say("peer ", describe(peer));
        }
        say("done");
    } else {
        co_return false;
    }
    co_return true;
}

}  // namespace netaio::test
