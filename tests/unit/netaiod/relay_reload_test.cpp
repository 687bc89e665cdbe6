#include "relay_testbed.hpp"

namespace netaio::daemon {
namespace {

using namespace test;

class RelayReloadTest : public RelayTest {
public:
    void reload() {
        relay->reload(options);
        network.run();
    }
    std::unique_ptr<TcpServer> serve(const std::string& name) {
        auto server = std::make_unique<TcpServer>(network.executor(),
                                                  network.options(TcpServerOptions(), name));
        server->on(request_uri, [name] { return name; });
        server->grant_subscriptions();
        EXPECT_FALSE(server->start());
        return server;
    }
    // What the program is told of subscriptions that have ended.
    static void collect_lost(TestProgram& program, std::vector<std::string>& lost) {
        program.client.on(notify_uri, [&](const Message& m) {
            const auto said = unpack(m.content());
            ASSERT_EQ(m.uri(), "netaiod/subscription/lost");
            EXPECT_FALSE(m.auth().contains("@"));
            lost.push_back(said->find("who")->as_bytes()->str() + " " +
                           said->find("uri")->as_bytes()->str());
        });
    }
};

TEST_F(RelayReloadTest, OtherRulesHoldForAppsAtOnce) {
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    kitchen.client.on(request_uri, [] { return "yes"; });
    kitchen.serve(request_uri, "lamp");
    EXPECT_EQ(hall.exchange(request("lamp")).content(), "yes");
    options.local_rules = std::make_shared<AccessRules>(std::vector<AccessRule>{
        {.access = Access::deny, .who = {"app:hall"}}, {.access = Access::allow, .who = {"*"}}});
    reload();
    EXPECT_EQ(hall.exchange(request("lamp")).type(), MessageType::not_permitted);
    EXPECT_EQ(kitchen.exchange(request("lamp")).content(), "yes");
    options.local_rules = nullptr;
    reload();
    EXPECT_EQ(hall.exchange(request("lamp")).content(), "yes");
}

TEST_F(RelayReloadTest, OtherRulesHoldForOtherMachinesAtOnce) {
    TestProgram kitchen(network, "kitchen");
    kitchen.client.on(request_uri, [] { return "yes"; });
    kitchen.serve(request_uri, "lamp");
    EXPECT_EQ(asked("lamp"), "yes");
    options.tcp->rules = std::make_shared<AccessRules>(std::vector<AccessRule>());
    reload();
    EXPECT_EQ(asked("lamp"), "NOT_PERMITTED not permitted");
}

TEST_F(RelayReloadTest, OtherSecretsAreAskedForAtOnce) {
    TestProgram kitchen(network, "kitchen");
    kitchen.client.on(request_uri, [] { return "yes"; });
    kitchen.serve(request_uri, "lamp");
    EXPECT_EQ(asked("lamp"), "yes");
    options.tcp->auth = hmac_auth({.secret = "new"});
    reload();
    TcpClientOptions knowing = network.options(TcpClientOptions());
    knowing.auth = hmac_auth({.secret = "new"});
    TcpClient client(network.executor(), std::move(knowing));
    network.run(client.connect(TestNetwork::address("machine")));
    EXPECT_EQ(network.run(client.request("lamp")).content(), "yes");
}

TEST_F(RelayReloadTest, OtherQuotasHoldAtOnce) {
    TestProgram kitchen(network, "kitchen");
    EXPECT_EQ(kitchen.serve(request_uri, "a").type(), MessageType::ok);
    options.quota.app.registrations = 1;
    reload();
    EXPECT_EQ(kitchen.serve(request_uri, "b").type(), MessageType::not_permitted);
    options.quota.app.registrations = 2;
    reload();
    EXPECT_EQ(kitchen.serve(request_uri, "b").type(), MessageType::ok);
}

TEST_F(RelayReloadTest, OtherServersAreAskedAtOnce) {
    const auto one = serve("one");
    const auto two = serve("two");
    options.servers["hub"] = {TestNetwork::address("one").str()};
    restart();
    TestProgram kitchen(network, "kitchen");
    std::vector<std::string> lost;
    collect_lost(kitchen, lost);
    EXPECT_EQ(kitchen.exchange(request("x"), "server:hub").content(), "one");
    EXPECT_EQ(kitchen.exchange(OwnedMessage(subscribe_uri, "news"), "server:hub").type(),
              MessageType::confirm_subscribe);
    options.servers["other"] = {TestNetwork::address("two").str()};
    reload();
    EXPECT_EQ(kitchen.exchange(request("x"), "server:other").content(), "two");
    EXPECT_TRUE(lost.empty()) << "a server that stays goes on";
    options.servers["hub"] = {TestNetwork::address("two").str()};
    reload();
    EXPECT_EQ(lost, std::vector<std::string>{"server:hub news"});
    EXPECT_EQ(kitchen.exchange(request("x"), "server:hub").content(), "two");
    options.servers.erase("hub");
    reload();
    EXPECT_EQ(kitchen.exchange(request("x"), "server:hub").type(), MessageType::error);
}

TEST_F(RelayReloadTest, AServerIsReachedAnewWhereItsSessionsAreToBeOthers) {
    TcpServerOptions with_sessions = network.options(TcpServerOptions(), "hub");
    with_sessions.session = {.policy = SessionPolicy::offer, .seed = std::string(32, 's')};
    TcpServer hub(network.executor(), with_sessions);
    hub.on(request_uri, [] { return "hub"; });
    ASSERT_FALSE(hub.start());
    options.servers["hub"] = {TestNetwork::address("hub").str()};
    restart();
    TestProgram kitchen(network, "kitchen");
    EXPECT_EQ(kitchen.exchange(request("x"), "server:hub").content(), "hub");
    EXPECT_EQ(hub.counters().sessions, 0u);
    options.servers["hub"].session.policy = SessionPolicy::offer;
    reload();
    EXPECT_EQ(kitchen.exchange(request("x"), "server:hub").content(), "hub");
    EXPECT_EQ(hub.counters().sessions, 1u);
    EXPECT_EQ(hub.connection_count(), 1u);
    reload();
    EXPECT_EQ(kitchen.exchange(request("x"), "server:hub").content(), "hub");
    EXPECT_EQ(hub.counters().sessions, 1u);
}

TEST_F(RelayReloadTest, ProgramsAreToldWhatAServerHasEnded) {
    const auto hub = serve("hub");
    options.servers["hub"] = {TestNetwork::address("hub").str()};
    restart();
    TestProgram kitchen(network, "kitchen");
    TestProgram hall(network, "hall");
    std::vector<std::string> lost;
    collect_lost(kitchen, lost);
    EXPECT_EQ(kitchen.exchange(OwnedMessage(subscribe_uri, "news"), "server:hub").type(),
              MessageType::confirm_subscribe);
    EXPECT_EQ(kitchen.exchange(OwnedMessage(subscribe_uri, "room/", "prefix"), "server:hub").type(),
              MessageType::confirm_subscribe);
    hub->set_rules(std::make_shared<AccessRules>(
        std::vector<AccessRule>{{.access = Access::allow, .who = {"*"}, .prefixes = {"room/"}}}));
    network.run();
    EXPECT_EQ(lost, std::vector<std::string>{"server:hub news"});
    hub->set_rules(std::make_shared<AccessRules>(std::vector<AccessRule>()));
    network.run();
    EXPECT_EQ(lost, (std::vector<std::string>{"server:hub news", "server:hub room/"}));
    EXPECT_EQ(kitchen.exchange(OwnedMessage(subscribe_uri, "news"), "server:hub").type(),
              MessageType::not_permitted);
}

TEST_F(RelayReloadTest, AnAppMayTakeSoLongToAnswer) {
    options.answer_timeout = 2s;
    restart();
    TestProgram kitchen(network, "kitchen");
    kitchen.client.on(request_uri, [](const Message&) -> awaitable<std::string> {
        co_await netaio::sleep(5s);
        co_return "late";
    });
    kitchen.serve(request_uri, "lamp");
    EXPECT_EQ(asked("lamp"), "ERROR no answer came in time");
    options.answer_timeout = 20s;
    reload();
    network.advance(10s);
    EXPECT_EQ(asked("lamp"), "late");
}

}  // namespace
}  // namespace netaio::daemon
