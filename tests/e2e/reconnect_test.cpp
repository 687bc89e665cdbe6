#include <netaio/reconnect.hpp>

#include "keep_connected.hpp"

/// Clients that connect again to whatever they had connected to.
namespace netaio {
namespace {

using namespace test;

class ReconnectTest : public KeepConnectedTest {
protected:
    ReconnectOptions how() {
        return {.delay = 1s, .done = [this](const Address& at, std::error_code why) {
                    done.emplace_back(at, why);
                }};
    }
    void connect(std::string_view name = "server") {
        network.run(client->connect(network.address(name)));
    }

    // The server dies and is there again, and so is the connection.
    void comes_back() {
        kill(server);
        server = serve();
        network.advance(2s);
        EXPECT_TRUE(client->connected());
    }

    std::vector<std::pair<Address, std::error_code>> done;
};

TEST_F(ReconnectTest, ConnectsAndSubscribesAgainWhenTheServerIsBack) {
    client->set_timeout_handler(auto_reconnect(*client, how()));
    connect();
    network.run(client->subscribe("news"));
    client->start_receive_loop();
    kill(server);
    EXPECT_FALSE(client->connected());
    EXPECT_EQ(why_not(client->request("a"), 0s), Errc::not_connected);
    server = serve();
    network.advance(2s);
    EXPECT_TRUE(client->connected());
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].first, network.address());
    EXPECT_FALSE(done[0].second);
    EXPECT_EQ(server->subscriber_count("news"), 1u);
    server->notify("news", notify("news", "1"));
    network.run();
    EXPECT_EQ(heard, Strings{"news=1"});
}

TEST_F(ReconnectTest, DoesNotBeginAReceiveLoop) {
    client->set_timeout_handler(auto_reconnect(*client, how()));
    connect();
    comes_back();
    EXPECT_TRUE(client->receive_loops().empty());
}

TEST_F(ReconnectTest, KeepsWhatWasConnectedBefore) {
    connect();
    client->set_timeout_handler(auto_reconnect(*client, how()));
    comes_back();
}

TEST_F(ReconnectTest, GivesUpAfterTheLastAttempt) {
    client->set_timeout_handler(auto_reconnect(*client, how()));
    connect();
    kill(server);
    network.advance(10s);
    ASSERT_EQ(done.size(), 1u);
    EXPECT_EQ(done[0].second, std::errc::connection_refused);
    server = serve();
    network.advance(1min);
    EXPECT_FALSE(client->connected());
    connect();
    comes_back();
}

TEST_F(ReconnectTest, LeavesAloneWhatTheUserClosed) {
    client->set_timeout_handler(auto_reconnect(*client, how()));
    connect();
    client->close();
    network.advance(1min);
    EXPECT_FALSE(client->connected());
    connect();
    kill(server);
    client->close();
    server = serve();
    network.advance(1min);
    EXPECT_FALSE(client->connected());
    EXPECT_TRUE(done.empty());
}

TEST_F(ReconnectTest, ActsForAsLongAsItIsKept) {
    client->set_timeout_handler(auto_reconnect(*client, how()));
    connect();
    client->set_timeout_handler([](const TimeoutContext&) {});
    kill(server);
    server = serve();
    network.advance(1min);
    EXPECT_FALSE(client->connected());
}

TEST_F(ReconnectTest, CanBeReplacedByAnother) {
    client->set_timeout_handler(auto_reconnect(*client));
    connect();
    client->set_timeout_handler(auto_reconnect(*client, how()));
    comes_back();
    EXPECT_EQ(done.size(), 1u);
}

TEST_F(ReconnectTest, KeepsEachServerOnItsOwn) {
    auto second = serve("second");
    client->set_timeout_handler(auto_reconnect(*client, how()));
    connect();
    connect("second");
    kill(server);
    kill(second);
    second = serve("second");
    network.advance(1500ms);
    EXPECT_EQ(client->servers(), (std::vector<Address>{network.address("second")}));
    server = serve();
    network.advance(1s);
    EXPECT_EQ(client->servers().size(), 2u);
    EXPECT_EQ(client->default_server(), network.address());
}

TEST_F(ReconnectTest, LastsUntilItIsKnownHowItEnded) {
    std::vector<std::string> order;
    auto handler = auto_reconnect(
        *client, {.done = [&](const Address&, std::error_code) { order.push_back("done"); }});
    client->set_timeout_handler([&, handler](TimeoutContext context) -> awaitable<void> {
        co_await handler(context);
        order.push_back("after");
    });
    connect();
    hangs = true;
    std::error_code other;
    client->request("b", {.timeout = 1min},
                    [&](boost::system::error_code error, const OwnedMessage&) { other = error; });
    EXPECT_EQ(why_not(client->request("a", {.timeout = 1s}), 2s), Errc::timeout);
    network.advance(1s);
    EXPECT_EQ(order, (Strings{"done", "after"}));
    EXPECT_EQ(other, Errc::closed);
    EXPECT_TRUE(client->connected());
    EXPECT_EQ(server->connection_count(), 1u);
}

TEST_F(ReconnectTest, EndsWithTheClient) {
    bool after = false;
    auto handler = auto_reconnect(*client, {.delay = 1h});
    client->set_timeout_handler([&, handler](TimeoutContext context) -> awaitable<void> {
        co_await handler(context);
        after = true;
    });
    connect();
    hangs = true;
    kill(server);
    server = serve();
    connect();
    why_not(client->request("a", {.timeout = 1s}), 2s);
    kill(server);
    client.reset();
    network.advance(2h);
    EXPECT_FALSE(after);
    // It may be called all the same.
    network.run(handler(TimeoutContext{request_uri, "a", 1s, TestNetwork::address()}));
}

}  // namespace
}  // namespace netaio
