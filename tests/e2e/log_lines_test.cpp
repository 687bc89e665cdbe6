#include <gtest/gtest.h>

#include "support/net.hpp"

/// What the log says at debug of why somebody gets nothing.
namespace netaio {
namespace {

using namespace test;

TEST(LogLinesTest, AServerSaysWhoConnectsSubscribesAndIsNotAnswered) {
    LogLines lines;
    auto options = local_options();
    options.environment.log = lines.log();
    TcpServer server(options);
    server.on(MessageType::subscribe_uri, [&](const Message& message, Connection& from) {
        EXPECT_FALSE(server.subscribe(message.uri(), from));
        server.unsubscribe(message.uri(), from);
    });
    server.on({MessageType::request_uri, "mute\x1b"}, [] {});
    server.on({MessageType::request_uri, "mute later"},
              [](const Message&) -> awaitable<std::optional<OwnedMessage>> {
                  co_await pause(1ms);
                  co_return std::nullopt;
              });
    server.on({MessageType::request_uri, "throw"},
              [](const Message&) -> std::optional<OwnedMessage> {
                  throw std::runtime_error("two\nlines \xc2\x9b");
              });
    ASSERT_FALSE(server.start());
    {
        RawPeer peer(server.port());
        peer.send(encoded(OwnedMessage(MessageType::subscribe_uri, "weather", "")));
        for (const char* uri : {"mute\x1b", "mute later", "throw", "unknown"}) {
            peer.send(encoded(request(uri)));
        }
        for (const auto type :
             {MessageType::confirm_subscribe, MessageType::error, MessageType::not_found}) {
            EXPECT_EQ(peer.receive()->type(), type);
        }
    }
    for (const char* line :
         {": connected", ": subscribed to 'weather'", ": unsubscribed from 'weather'",
          ": the handler returned nothing, so nothing answers the REQUEST_URI 'mute\\x1b'",
          ": the handler returned nothing, so nothing answers the REQUEST_URI 'mute later'",
          "threw: two\\nlines \xc2\\x9b",
          ": no handler is registered for the REQUEST_URI 'unknown'", ": disconnected"}) {
        EXPECT_TRUE(eventually([&] { return lines.contains(line); })) << line;
    }
}

TEST(LogLinesTest, AClientSaysThatNobodyWaitedForAReply) {
    LogLines lines;
    TcpServer server(local_options());
    server.on(MessageType::request_uri, [](const Message&) { return respond("another", "x"); });
    ASSERT_FALSE(server.start());
    TcpClientOptions options;
    options.environment.log = lines.log();
    TcpClient client(options);
    const auto program = [](TcpClient& asking, std::uint16_t port) -> awaitable<void> {
        co_await asking.connect("127.0.0.1", port);
        (void)co_await asking.request("one", {.timeout = 100ms}, as_result);
    };
    run(program(client, server.port()));
    EXPECT_TRUE(lines.contains(": connected"));
    EXPECT_TRUE(lines.contains(": no request waits for the RESPOND_URI 'another'"));
    EXPECT_TRUE(lines.contains(": disconnected"));
}

TEST(LogLinesTest, ANodeSaysWhoSubscribesAndIsNotAnswered) {
    LogLines lines;
    UdpNodeOptions options;
    options.port = 0;
    options.interfaces = {"lo"};
    options.ipv6 = false;
    options.environment.log = lines.log();
    UdpNode node(options);
    const auto program = [](UdpNode& asking) -> awaitable<void> {
        co_await asking.start();
        const auto self = *Address::parse("127.0.0.1", asking.port());
        asking.on({MessageType::request_uri, "mute"}, [](const Message&) {});
        asking.on({MessageType::request_uri, "other"},
                  [](const Message&) { return respond("another", "x"); });
        EXPECT_FALSE(asking.subscribe("weather", self));
        EXPECT_TRUE(asking.unsubscribe("weather", self));
        for (const char* uri : {"mute", "other", "unknown"}) {
            (void)co_await asking.request(self, uri, {.timeout = 20ms}, as_result);
        }
    };
    run(program(node));
    for (const char* line :
         {": subscribed to 'weather'", ": unsubscribed from 'weather'",
          ": the handler returned nothing, so nothing answers the REQUEST_URI 'mute'",
          ": no request waits for the RESPOND_URI 'another'",
          ": no handler is registered for the REQUEST_URI 'unknown'"}) {
        EXPECT_TRUE(lines.contains(line)) << line;
    }
}

}  // namespace
}  // namespace netaio
