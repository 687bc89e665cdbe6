#include "upstreams.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <netaio/testing.hpp>

#include "support/net.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::daemon {
namespace {

using namespace test;

// Servers that are asked by their addresses.
class UpstreamsTest : public ::testing::Test {
public:
    TcpServer& serve(std::string_view name) {
        auto& server = *servers.emplace_back(std::make_unique<TcpServer>(
            network.executor(), network.options(TcpServerOptions(), name)));
        server.on({request_uri, "slow"}, [](const Message&) -> awaitable<std::string> {
            co_await netaio::sleep(10s);
            co_return "slow";
        });
        server.on({request_uri, "now"}, [] { return "now"; });
        server.grant_subscriptions();
        EXPECT_FALSE(server.start());
        return server;
    }
    // A sentence that refuses it, or nothing.
    std::optional<std::string> ask(std::string_view name, OwnedMessage message) {
        return ask({FarEnd::Kind::tcp, TestNetwork::address(name)}, std::move(message));
    }
    std::optional<std::string> ask(const FarEnd& far, OwnedMessage message) {
        return upstreams.ask(
            {.program = 1, .uid = 1000}, far, std::move(message), 1min,
            [this](std::error_code error, const OwnedMessage&) { answered += error ? 0 : 1; });
    }

    TestNetwork network;
    RelayOptions options{.quota = {.servers = 2}, .environment = network.environment()};
    Upstreams upstreams{network.executor(),
                        options,
                        {.notified = [](auto&&...) {},
                         .subscribes = [](auto&&...) { return std::optional<std::string>(); },
                         .unsubscribed = [](auto&&...) {},
                         .lost = [](auto&&...) {}}};
    int answered = 0;
    std::vector<std::unique_ptr<TcpServer>> servers;
};

TEST_F(UpstreamsTest, ServersByAddressAreBoundedAndMakeRoomWhenIdle) {
    serve("s0");
    serve("s1");
    serve("s2");
    EXPECT_EQ(ask("s0", request("slow")), std::nullopt);
    EXPECT_EQ(ask("s1", request("slow")), std::nullopt);
    network.run();
    EXPECT_NE(ask("s2", request("now")).value_or("").find("may reach 2 servers"),
              std::string::npos);
    network.advance(10s);
    EXPECT_EQ(answered, 2);
    EXPECT_EQ(ask("s2", request("now")), std::nullopt);
    network.run();
    EXPECT_EQ(answered, 3);
    EXPECT_EQ(upstreams.size(), 2u);
}

TEST_F(UpstreamsTest, AConnectionByAddressGoesWhenNobodyUsesIt) {
    options.server_idle = 10s;
    const TcpServer& hub = serve("hub");
    const auto idle = [&](std::chrono::seconds time) {
        network.advance(time);
        upstreams.tidy(options.environment.clock->steady_now());
        network.run();
    };
    ask("hub", request("now"));
    network.run();
    idle(8s);
    EXPECT_EQ(hub.connection_count(), 1u);
    ask("hub", request("now"));
    idle(8s);
    EXPECT_EQ(hub.connection_count(), 1u) << "it was used";
    idle(8s);
    EXPECT_EQ(hub.connection_count(), 0u);
    ask("hub", OwnedMessage(subscribe_uri, "news"));
    network.run();
    idle(60s);
    EXPECT_EQ(hub.connection_count(), 1u) << "something is subscribed to there";
}

TEST_F(UpstreamsTest, WhatEndsWhileAServerIsAwayEndsThereWhenItIsBack) {
    upstreams.set_servers({{"hub", {TestNetwork::address("hub").str()}}}, {});
    const FarEnd hub{FarEnd::Kind::server, {}, "hub"};
    serve("hub");
    for (const auto uri : {"left", "ended"}) {
        ask(hub, OwnedMessage(subscribe_uri, uri));
    }
    network.run();
    EXPECT_EQ(answered, 2);
    servers.clear();
    network.run();
    ask(hub, OwnedMessage(unsubscribe_uri, "ended"));
    upstreams.gone(1);
    network.advance(10min);
    const TcpServer& back = serve("hub");
    network.advance(5min);
    EXPECT_EQ(back.connection_count(), 1u);
    upstreams.tidy(options.environment.clock->steady_now());
    network.run();
    EXPECT_EQ(back.subscriber_count("left"), 0u);
    EXPECT_EQ(back.subscriber_count("ended"), 0u);
}

TEST_F(UpstreamsTest, TheDaemonIsNoServerOfItsOwn) {
    const TemporaryFolder folder;
    const std::string socket = folder.write("socket", "");
    std::filesystem::create_symlink(socket, folder.file("link"));
    options.socket = *Address::parse("unix:" + socket);
    upstreams.set_servers({{"me", {"unix:" + folder.file("link")}}}, {});
    EXPECT_EQ(ask(FarEnd{FarEnd::Kind::server, {}, "me"}, request("now")),
              "[servers.me] is where programs connect to netaiod itself");
    EXPECT_EQ(upstreams.size(), 0u);
}

}  // namespace
}  // namespace netaio::daemon
