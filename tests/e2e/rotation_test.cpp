#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <thread>

#include "support/net.hpp"

/// Secrets are replaced while messages go both ways; the server, or the clients, go first.
namespace netaio::rotation_tests {
namespace {

using namespace test;

// Protection by secrets and keys of these names, the first of which is for strangers.
Plugins layer(const std::vector<std::string>& names) {
    HmacOptions secrets;
    StreamCipherOptions keys;
    for (const std::string& name : names) {
        secrets.secrets.push_back({name, "secret " + name});
        keys.keys.push_back({name, "key " + name});
    }
    return {.auth = hmac_auth(secrets), .cipher = stream_cipher(keys)};
}

// The same for who has one secret, and knows nothing of names.
Plugins one(const std::string& name) {
    return {.auth = hmac_auth({.secret = "secret " + name}),
            .cipher = stream_cipher({.key = "key " + name})};
}

template <class Options>
Options protect(Options options, Plugins plugins) {
    options.auth = std::move(plugins.auth);
    options.cipher = std::move(plugins.cipher);
    return options;
}

struct Tcp {
    using Server = TcpServer;
    using Client = TcpClient;

    static TcpServerOptions server(Plugins plugins) {
        return protect(local_options(), std::move(plugins));
    }
    static TcpClientOptions client(Plugins plugins) {
        return protect(TcpClientOptions(), std::move(plugins));
    }
    static awaitable<Address> begin(TcpClient& client, std::uint16_t port) {
        const Address server = co_await client.connect("127.0.0.1", port);
        client.start_receive_loop();
        co_return server;
    }
    static std::uint64_t refused(const TcpClient& client) {
        return client.counters().rejected_auth;
    }
};

struct Udp {
    using Server = UdpNode;
    using Client = UdpNode;

    static UdpNodeOptions server(Plugins plugins) {
        return protect(local_node_options("server"), std::move(plugins));
    }
    static UdpNodeOptions client(Plugins plugins) {
        return protect(local_node_options("client"), std::move(plugins));
    }
    static awaitable<Address> begin(UdpNode& client, std::uint16_t port) {
        co_await client.start();
        co_return *Address::parse("127.0.0.1", port);
    }
    static std::uint64_t refused(const UdpNode& client) { return client.counters().rejected_auth; }
};

// Who asks again and again, and hears the news.
template <class Way>
class Member {
public:
    Member(boost::asio::io_context& context, Plugins plugins)
        : client_(context.get_executor(), Way::client(std::move(plugins))) {
        client_.on(MessageType::notify_uri,
                   [this](const Message& message) { news.push_back(message.content().str()); });
    }

    awaitable<void> begin(std::uint16_t port) {
        server_ = co_await Way::begin(client_, port);
        co_await subscribe();
    }
    awaitable<void> subscribe() {
        const RequestOptions terms{.timeout = 30s, .server = server_};
        const auto granted =
            co_await client_.exchange(MessageType::subscribe_uri, "news", "", terms);
        EXPECT_EQ(granted.type(), MessageType::confirm_subscribe);
    }
    // Whether the server answers, so that both can read each other.
    awaitable<bool> asks(std::chrono::milliseconds timeout = 30s) {
        const RequestOptions terms{.timeout = timeout, .server = server_};
        const auto [error, answer] = co_await client_.request("uri", terms, as_result);
        co_return !error && answer.content() == ByteView("answer");
    }
    // Until it is told to end. Counts what was not answered.
    awaitable<void> go_on_asking() {
        while (!ends) {
            failed += co_await asks() ? 0 : 1;
            ++asked;
            co_await pause(1ms);
        }
        ended = true;
    }
    std::uint64_t refused() const { return Way::refused(client_); }
    void use(Plugins plugins) { client_.set_plugins(std::move(plugins)); }

    std::vector<std::string> news;
    int asked = 0;
    int failed = 0;
    bool ends = false;
    bool ended = false;

private:
    typename Way::Client client_;
    Address server_;
};

// A server with an eager client, and one that only ever listens.
template <class Way>
struct World {
    explicit World(boost::asio::io_context& context, Plugins of_server, Plugins of_clients)
        : server(context.get_executor(), Way::server(std::move(of_server))),
          eager(context, of_clients),
          quiet(context, of_clients) {
        server.grant_subscriptions();
        server.on(MessageType::request_uri, [this](const Message& asked) {
            who = asked.who().str();
            return respond(asked.uri(), "answer");
        });
    }

    awaitable<void> begin(boost::asio::io_context& context) {
        EXPECT_FALSE(server.start());
        co_await eager.begin(server.port());
        co_await quiet.begin(server.port());
        boost::asio::co_spawn(context, eager.go_on_asking(), boost::asio::detached);
    }
    // What was changed works on: some requests later, and with news for both.
    awaitable<void> expect_to_go_on(const char* when) {
        const int before = eager.asked;
        for (int i = 0; i < 5; ++i) {
            told.push_back(std::to_string(told.size()));
            EXPECT_FALSE(server.publish("news", told.back()));
            co_await pause(1ms);
        }
        const bool goes_on = co_await until([&] {
            return eager.asked >= before + 10 && eager.news.size() >= told.size() &&
                   quiet.news.size() >= told.size();
        });
        EXPECT_TRUE(goes_on) << when << ", after " << eager.asked - before << " requests";
        EXPECT_EQ(eager.failed, 0) << when;
        EXPECT_EQ(eager.news, told) << when;
        EXPECT_EQ(quiet.news, told) << when;
    }
    awaitable<void> end() {
        eager.ends = true;
        EXPECT_TRUE(co_await until([&] { return eager.ended; }));
    }

    typename Way::Server server;
    Member<Way> eager;
    Member<Way> quiet;
    std::vector<std::string> told = {};
    std::string who = {};
};

template <class Way>
struct RotationTest : testing::Test {
    void in_loop(std::function<awaitable<void>(boost::asio::io_context&)> body) {
        boost::asio::io_context context(1);
        boost::asio::co_spawn(context, body(context), [&](std::exception_ptr failure) {
            context.stop();
            if (failure) std::rethrow_exception(failure);
        });
        context.run();
    }
};

struct WayNames {
    template <class Way>
    static std::string GetName(int) {
        return std::is_same_v<Way, Udp> ? "OverUdp" : "OverTcp";
    }
};
using Ways = testing::Types<Tcp, Udp>;
TYPED_TEST_SUITE(RotationTest, Ways, WayNames);

TYPED_TEST(RotationTest, LosesNothingWhereTheServerGoesFirst) {
    this->in_loop([](boost::asio::io_context& context) -> awaitable<void> {
        World<TypeParam> world(context, layer({"old"}), one("old"));
        co_await world.begin(context);
        co_await world.expect_to_go_on("before");
        world.server.set_plugins(layer({"old", "new"}));
        co_await world.expect_to_go_on("when the server took another secret");
        world.server.set_plugins(layer({"new", "old"}));
        co_await world.expect_to_go_on("when the server prefers the new secret");
        EXPECT_EQ(world.who, "hmac:old");

        // What is told goes as it was asked for.
        world.eager.use(layer({"new", "old"}));
        world.quiet.use(layer({"new", "old"}));
        co_await world.eager.subscribe();
        co_await world.quiet.subscribe();
        co_await world.expect_to_go_on("when the clients moved");
        world.eager.use(layer({"new"}));
        world.quiet.use(layer({"new"}));
        co_await world.expect_to_go_on("when the clients dropped the old secret");
        EXPECT_EQ(world.who, "hmac:new");
        world.server.set_plugins(layer({"new"}));
        co_await world.expect_to_go_on("when the server dropped the old secret");
        EXPECT_EQ(world.eager.refused() + world.quiet.refused(), 0u);
        co_await world.end();
    });
}

TYPED_TEST(RotationTest, LosesNothingWhereTheClientsGoFirst) {
    this->in_loop([](boost::asio::io_context& context) -> awaitable<void> {
        World<TypeParam> world(context, one("old"), layer({"old"}));
        co_await world.begin(context);
        co_await world.expect_to_go_on("before");
        world.eager.use(layer({"old", "new"}));
        world.quiet.use(layer({"old", "new"}));
        co_await world.expect_to_go_on("when the clients took another secret");
        world.server.set_plugins(layer({"new", "old"}));
        EXPECT_TRUE(co_await world.quiet.asks());
        co_await world.expect_to_go_on("when the server took both");
        world.eager.use(layer({"new", "old"}));
        world.quiet.use(layer({"new", "old"}));
        EXPECT_TRUE(co_await world.quiet.asks());
        // A node does so by itself within a second, which the server does not wait for here.
        co_await world.eager.subscribe();
        co_await world.quiet.subscribe();
        co_await world.expect_to_go_on("when the clients prefer the new secret");
        world.server.set_plugins(layer({"new"}));
        EXPECT_TRUE(co_await world.quiet.asks());
        co_await world.expect_to_go_on("when the server dropped the old secret");
        EXPECT_EQ(world.who, "hmac:new");
        co_await world.end();
    });
}

TYPED_TEST(RotationTest, RefusesWhoStayedWithASecretThatWasDropped) {
    this->in_loop([](boost::asio::io_context& context) -> awaitable<void> {
        World<TypeParam> world(context, layer({"new", "old"}), one("old"));
        co_await world.begin(context);
        co_await world.expect_to_go_on("before");
        co_await world.end();
        world.server.set_plugins(layer({"new"}));
        const bool answered = co_await world.quiet.asks(100ms);
        EXPECT_FALSE(answered);
        // A server closes the connections of those whom it knew, so that they hear no more.
        EXPECT_TRUE(co_await until([&] {
            const Counters counters = world.server.counters();
            return std::is_same_v<TypeParam, Tcp> ? counters.connections == 0
                                                  : counters.rejected_auth > 0;
        }));
    });
}

TEST(Rotation, MayBeDoneByAnyThread) {
    TcpServerOptions options = Tcp::server(layer({"old", "new"}));
    options.threads = 2;
    TcpServer server(std::move(options));
    server.on(MessageType::request_uri,
              [](const Message& asked) { return respond(asked.uri(), asked.who().str()); });
    ASSERT_FALSE(server.start());
    std::atomic<bool> ends = false;
    std::vector<std::thread> askers;
    for (const char* name : {"old", "new"}) {
        askers.emplace_back([&, name] {
            BlockingClient client("127.0.0.1", server.port(), Tcp::client(one(name)));
            while (!ends) {
                EXPECT_EQ(client.request("uri", 30s).content(), "hmac:" + std::string(name));
                client.set_plugins(one(name));
            }
        });
    }
    for (int i = 0; i < 200; ++i) {
        server.set_plugins(layer({"new", "old"}));
        std::this_thread::yield();
        server.set_plugins(layer({"old", "new"}));
    }
    ends = true;
    for (std::thread& asker : askers) {
        asker.join();
    }
}

// With no auth plugin left, nobody is a stranger who has to prove anything.
TEST(Rotation, LeavesNobodyAStrangerWhereNothingIsToBeProven) {
    TcpServerOptions options = Tcp::server(one("old"));
    options.stranger_failures_max = 2;
    TcpServer server(std::move(options));
    server.on(MessageType::request_uri,
              [](const Message& asked) { return respond(asked.uri(), "answer"); });
    ASSERT_FALSE(server.start());
    BlockingClient client("127.0.0.1", server.port());
    EXPECT_EQ(client.request("uri", 30s).type(), MessageType::auth_error);
    server.set_plugins({});
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(client.request("uri", 30s).content(), "answer");
    }
}

}  // namespace
}  // namespace netaio::rotation_tests
