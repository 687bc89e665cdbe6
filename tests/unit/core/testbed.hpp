#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>
#include <netaio/stream_cipher.hpp>

#include "core/dispatcher.hpp"
#include "core/layers.hpp"
#include "support/calling_handler.hpp"
#include "support/fixed_environment.hpp"
#include "support/log_lines.hpp"

/// A node without a network: frames go in, frames come out.
namespace netaio::core::test {

using netaio::test::calling;
using netaio::test::CallingHandler;
using netaio::test::fixed_environment;

inline const Address here = *Address::parse("192.0.2.1", 4000);
inline const Address there = *Address::parse("192.0.2.2", 4000);
inline const Address elsewhere = *Address::parse("192.0.2.3", 4000);

/// One of many hosts.
inline Address host(int number, std::uint16_t port = 4000) {
    return Address(std::array<std::uint8_t, 4>{10, 0, static_cast<std::uint8_t>(number >> 8),
                                               static_cast<std::uint8_t>(number)},
                   port);
}

inline Route answering(std::string content, Plugins inner = {}) {
    return calling(
        [content](const Message& message, Source&) { return respond(message.uri(), content); },
        std::move(inner));
}

inline Plugins hmac(const char* secret, const char* field = "hmac") {
    return {.auth = hmac_auth({.secret = secret, .hmac_field = field})};
}

inline Plugins hmac_and_cipher(const char* secret, bool encrypt_uri = true) {
    return {.auth = hmac_auth({.secret = secret}),
            .cipher = stream_cipher({.key = secret, .encrypt_uri = encrypt_uri})};
}

class TestSource final : public Source {
public:
    explicit TestSource(const Address& address) : address_(address) {}

    const Address& remote() const noexcept override { return address_; }
    void push(OwnedMessage message, const Plugins&) override {
        pushed.push_back(std::move(message));
    }
    RequestTable* requests() noexcept override { return table; }
    /// Has handlers run for this uri.
    void handle(std::string uri) {
        handled_ = std::move(uri);
        handlers_run_ = true;
    }

    const Vouched* vouched() const override { return &vouched_; }
    Vouched* note_vouched() override { return &vouched_; }

    RequestTable* table = nullptr;
    std::vector<OwnedMessage> pushed;

private:
    bool is_handled(ByteView uri) const noexcept override { return uri == ByteView(handled_); }

    Address address_;
    Vouched vouched_;
    std::string handled_;
};

/// What a request was told.
struct Told {
    int times = 0;
    std::error_code error = {};
    std::optional<OwnedMessage> message = std::nullopt;

    RequestTable::Completion completion() {
        return [this](std::error_code why, const Message* reply) {
            ++times;
            error = why;
            message = reply ? std::optional(reply->own()) : std::nullopt;
        };
    }
};

class TestNode {
public:
    explicit TestNode(Role role, Plugins outer = {}, const Address& remote = there)
        : node(role), source(remote), dispatcher_(node, tallies) {
        node.environment = fixed_environment();
        node.environment.log = lines.log(LogLevel::trace);
        node.outer = std::move(outer);
        if (role == Role::client) {
            source.table = &requests;
        }
    }

    /// A message as a frame, protected with these plugins, with a request id if there is to be one.
    std::string frame(OwnedMessage message, const Plugins& inner = {}, const Plugins& outer = {},
                      std::optional<RequestId> id = {}) {
        std::string out;
        EXPECT_FALSE(seal(message, inner, outer, node.context(nullptr)));
        EXPECT_FALSE(encode_message(message, out, id));
        return out;
    }

    /// Feeds one frame; its replies are in `sent` afterwards, and nothing else is.
    Outcome receive(std::string bytes) {
        std::string& kept = buffers_.emplace_back(std::move(bytes));
        sent.clear();
        const auto found = datagram_frame(kept, node.types, node.limits);
        EXPECT_TRUE(found.has_value());
        return dispatcher_.receive(*found, source, sent);
    }

    /// The one reply, with these layers taken off.
    OwnedMessage reply(const Plugins& outer = {}, const Plugins& inner = {}) {
        auto message = decode_message(sent, node.types);
        EXPECT_TRUE(message.has_value()) << "no single reply was sent";
        if (!message) {
            return {};
        }
        EXPECT_FALSE(open_layer(*message, outer, node.context(nullptr)));
        EXPECT_FALSE(open_layer(*message, inner, node.context(nullptr)));
        return std::move(*message);
    }

    /// Adds a request that waits until it is told.
    RequestTable::Id request(ByteView uri, Told& told, MessageType type = MessageType::request_uri,
                             Plugins inner = {}) {
        return *requests.add(uri, type, std::move(inner), RequestTable::TimePoint::max(),
                             told.completion());
    }

    bool logged(std::string_view part) const { return lines.contains(part); }

    Dispatcher& dispatcher() noexcept { return dispatcher_; }

    Node node;
    Tallies tallies;
    RequestTable requests;
    TestSource source;
    std::string sent;
    netaio::test::LogLines lines;

private:
    Dispatcher dispatcher_;
    std::deque<std::string> buffers_;
};

/// A frame whose body was changed on the way.
inline std::string with_bad_checksum(std::string frame) {
    frame.back() = static_cast<char>(frame.back() ^ 1);
    return frame;
}

}  // namespace netaio::core::test
