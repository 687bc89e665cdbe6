#pragma once

#include <netaio/make.hpp>
#include <string>

#include "frames.hpp"
#include "sockets.hpp"

/// The same work in the bytes of each protocol, so that one client can drive all servers.
namespace netaio::bench {

/// A request and its reply.
struct Exchange {
    std::string request;
    std::string reply;
};

/// One message to all subscribers: what a subscriber sends first, and how many bytes it gets then;
/// what the publisher sends, and what arrives for it.
struct Publication {
    std::string hello = {};    ///< by both, before all else
    std::size_t greeting = 0;  ///< bytes in answer to that, or before it
    std::string subscribe = {};
    std::size_t confirmation = 0;
    std::string publish = {};
    std::size_t delivered = 0;
};

namespace detail {

inline std::string resp(std::initializer_list<std::string_view> words) {
    std::string out = '*' + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
        out += '$' + std::to_string(word.size()) + "\r\n" + std::string(word) + "\r\n";
    }
    return out;
}

}  // namespace detail

inline Exchange exchange_of(std::string_view protocol, std::size_t payload) {
    const std::string content(payload, 'c');
    if (protocol == "redis") {
        return {detail::resp({"GET", "echo"}),
                '$' + std::to_string(payload) + "\r\n" + content + "\r\n"};
    }
    const auto id = protocol == "netaio_id" ? std::optional<RequestId>(7) : std::nullopt;
    const std::string frame = frame_of(request("echo", content), id);
    return {frame, protocol == "echo" ? frame : frame_of(respond("echo", content), id)};
}

inline Publication publication_of(std::string_view protocol, std::size_t payload) {
    const std::string content(payload, 'c');
    if (protocol == "redis") {
        return {.subscribe = detail::resp({"SUBSCRIBE", "topic"}),
                .confirmation = detail::resp({"subscribe", "topic"}).size() + 4,
                .publish = detail::resp({"PUBLISH", "topic", content}),
                .delivered = detail::resp({"message", "topic", content}).size()};
    }
    if (protocol == "nats") {
        const std::string size = std::to_string(payload);
        return {.hello = "CONNECT {\"verbose\":false}\r\n",
                .subscribe = "SUB topic 1\r\nPING\r\n",
                .publish = "PUB topic " + size + "\r\n" + content + "\r\n",
                .delivered = ("MSG topic 1 " + size + "\r\n").size() + payload + 2};
    }
    const OwnedMessage confirmation(MessageType::confirm_subscribe, "topic");
    return {.subscribe = frame_of(OwnedMessage(MessageType::subscribe_uri, "topic")),
            .confirmation = frame_of(confirmation).size(),
            .publish = frame_of(publish("topic", content)),
            .delivered = frame_of(notify("topic", content)).size()};
}

}  // namespace netaio::bench
