#include <gtest/gtest.h>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;

const auto secret = hmac_auth({.secret = "shared"});

std::string seed(char letter) {
    return std::string(32, letter);
}

// A client that knows the server as a peer, and the server it.
class Introduced {
public:
    Introduced(char letter, const std::shared_ptr<const AuthPlugin>& auth = secret)
        : own(x25519_cipher({.seed = seed(letter)})),
          client({.auth = auth, .local_peer = x25519_peer(seed(letter))}) {
        client.manage_peers();
    }

    awaitable<void> connect(std::uint16_t port) {
        co_await client.connect("127.0.0.1", port);
        for (int i = 0; i < 2000 && client.peers().empty(); ++i) {
            co_await pause(5ms);
        }
    }

    std::shared_ptr<const CipherPlugin> own;
    TcpClient client;
};

class X25519EndToEnd : public testing::Test {
protected:
    X25519EndToEnd() {
        TcpServerOptions options = local_options();
        options.auth = secret;
        options.local_peer = x25519_peer(seed('s'));
        options.environment.log = log.log();
        server.emplace(std::move(options));
        server->manage_peers();
        server->on(MessageType::request_uri, {.cipher = own}, [this](const Message& message) {
            ++handled;
            return respond(message.uri(), message.content());
        });
        server->on(MessageType::subscribe_uri, {.cipher = own},
                   [this](const Message& message, Connection& from) {
                       server->subscribe(message.uri(), from);
                       return confirm_subscribe(message.uri());
                   });
        EXPECT_FALSE(server->start());
    }

    std::shared_ptr<const CipherPlugin> own = x25519_cipher({.seed = seed('s')});
    LogLines log;
    std::optional<TcpServer> server;
    std::atomic<int> handled = 0;
};

TEST_F(X25519EndToEnd, AnswersEachPeerUnderItsOwnKey) {
    run([this]() -> awaitable<void> {
        Introduced first('1');
        Introduced second('2');
        for (Introduced* one : {&first, &second}) {
            co_await one->connect(server->port());
            const OwnedMessage reply =
                co_await one->client.request("uri", "hello", {.cipher = one->own});
            EXPECT_EQ(reply.content(), "hello");
        }
        EXPECT_EQ(server->peers().size(), 2u);
    }());
    EXPECT_EQ(handled, 2);
}

TEST_F(X25519EndToEnd, NotifiesEachPeerUnderItsOwnKey) {
    run([this]() -> awaitable<void> {
        Introduced first('1');
        Introduced second('2');
        std::vector<std::string> received;
        for (Introduced* one : {&first, &second}) {
            co_await one->connect(server->port());
            one->client.on(
                MessageType::notify_uri, {.cipher = one->own},
                [&](const Message& message) { received.push_back(message.content().str()); });
            co_await one->client.subscribe("news", {.cipher = one->own});
            one->client.start_receive_loop();
        }
        EXPECT_FALSE(
            server->notify("news", notify("news", "for you"), {.plugins = {.cipher = own}}));
        for (int i = 0; i < 2000 && received.size() < 2; ++i) {
            co_await pause(5ms);
        }
        EXPECT_EQ(received, std::vector<std::string>({"for you", "for you"}));
    }());
}

TEST_F(X25519EndToEnd, SendsNothingToWhoIsNotKnown) {
    run([this]() -> awaitable<void> {
        const auto key = x25519_cipher({.seed = seed('1')});
        TcpClient client({.auth = secret, .local_peer = x25519_peer(seed('1'))});
        co_await client.connect("127.0.0.1", server->port());
        const auto [error, reply] =
            co_await client.request("uri", "hello", {.cipher = key}, as_result);
        EXPECT_EQ(error, Errc::encrypt_failed);
        EXPECT_EQ(client.counters().frames_out, 0u);
    }());
    EXPECT_EQ(handled, 0);
}

TEST_F(X25519EndToEnd, DropsWhatAnUnknownSenderEncrypted) {
    run([this]() -> awaitable<void> {
        Introduced known('1');
        co_await known.connect(server->port());
        // It knows the server, but has not introduced itself.
        const auto key = x25519_cipher({.seed = seed('2')});
        TcpClient client({.auth = secret});
        const Address address = co_await client.connect("127.0.0.1", server->port());
        Peer peer = x25519_peer(seed('s'));
        peer.addresses = {address};
        EXPECT_TRUE(client.add_peer(peer));
        const auto [error, reply] =
            co_await client.request("uri", "hello", {.timeout = 300ms, .cipher = key}, as_result);
        EXPECT_EQ(error, Errc::timeout);
        const OwnedMessage answer =
            co_await known.client.request("uri", "hello", {.cipher = known.own});
        EXPECT_EQ(answer.content(), "hello");
    }());
    EXPECT_EQ(handled, 1);
    EXPECT_TRUE(log.contains("x25519: the peer at the other end is not known"));
}

TEST_F(X25519EndToEnd, BelievesNoPeerThatDoesNotKnowTheSecret) {
    run([this]() -> awaitable<void> {
        Introduced wrong('1', hmac_auth({.secret = "wrong"}));
        co_await wrong.client.connect("127.0.0.1", server->port());
        co_await pause(100ms);
        EXPECT_TRUE(wrong.client.peers().empty());
    }());
    EXPECT_TRUE(server->peers().empty());
}

}  // namespace
}  // namespace netaio
