#pragma once

#include <gtest/gtest.h>

#include <netaio/testing.hpp>

#include "support/net.hpp"

namespace netaio::test {

/// A client and servers in a network and a time of their own, and what the client says of how it
/// stands.
class KeepConnectedTest : public ::testing::Test {
protected:
    using Strings = std::vector<std::string>;

    KeepConnectedTest() { make_client({}); }

    void make_client(TcpClientOptions options) {
        client.reset();
        options.environment.log = lines.log();
        client.emplace(network.executor(), network.options(std::move(options)));
        client->on(notify_uri, [this](const Message& message) {
            heard.push_back(message.uri().str() + "=" + message.content().str());
        });
    }
    std::unique_ptr<TcpServer> serve(std::string_view name = "server",
                                     TcpServerOptions options = {}) {
        auto made = std::make_unique<TcpServer>(network.executor(),
                                                network.options(std::move(options), name));
        made->on(request_uri, [this](const Message& message) -> std::optional<OwnedMessage> {
            if (hangs) {
                return std::nullopt;
            }
            return respond(message.uri(), message.content());
        });
        made->grant_subscriptions();
        EXPECT_FALSE(made->start());
        return made;
    }
    void kill(std::unique_ptr<TcpServer>& killed) {
        killed.reset();
        network.run();
    }
    KeepOptions options() {
        return {.on_state = [this](ConnectionState state, std::error_code why, unsigned attempt) {
            states.push_back(std::string(to_string(state)) + " " + std::to_string(attempt));
            errors.push_back(why);
        }};
    }
    void keep(KeepOptions how) {
        client->keep_connected(network.address(), std::move(how));
        network.run();
    }
    void keep() { keep(options()); }
    static std::string host(std::string_view name) { return TestNetwork::address(name).str(); }
    std::error_code why_not(awaitable<OwnedMessage> call, std::chrono::nanoseconds patience) {
        try {
            network.run(std::move(call), patience);
        } catch (const boost::system::system_error& error) {
            return error.code();
        }
        return {};
    }
    bool stands(std::string_view state) const {
        return !states.empty() && states.back().starts_with(state);
    }

    LogLines lines;
    TestNetwork network;
    std::unique_ptr<TcpServer> server = serve();
    std::optional<TcpClient> client;
    bool hangs = false;
    Strings states;
    std::vector<std::error_code> errors;
    Strings heard;
};

}  // namespace netaio::test
