#include "fake_daemon.hpp"

/// The peers that a daemon tells a program of.
namespace netaio::test {
namespace {

class DaemonClientPeersTest : public DaemonClientTest {
protected:
    DaemonClientPeersTest() {
        options.app_id = "climate";
        options.local_peer = Peer{.id = "me", .data = "data"};
        make();
        client->set_peer_callbacks(
            {.joined = [&](const Peer& peer) { told.push_back("+" + peer.id); },
             .changed = [&](const Peer& peer) { told.push_back("~" + peer.id); },
             .left = [&](const Peer& peer) { told.push_back("-" + peer.id); }});
        daemon->peers_at["a"] = {"10.0.0.2:8888"};
        daemon->peers_at["b"] = {"10.0.0.3:8888"};
    }
    /// One that has another port, and finds peers anew.
    void restart_finding(Strings peers = {}) {
        const auto peers_at = daemon->peers_at;
        restart();
        daemon->peers_at = peers_at;
        daemon->peers = std::move(peers);
        network.advance(2s);
        EXPECT_TRUE(client->connected());
    }

    Strings told;
};

TEST_F(DaemonClientPeersTest, KnowsThePeersOfItsAppId) {
    daemon->peers = {"a"};
    start();
    EXPECT_EQ(daemon->said.front(),
              "app advertise_ms=20000 app_id=climate data=data name=thermostat peer_id=me "
              "timeout_ms=60000");
    daemon->tell_of_peer("joined", "b");
    daemon->tell_of_peer("changed", "b", "new");
    daemon->tell_of_peer("changed", "b", "new");
    network.run();
    EXPECT_EQ(told, (Strings{"+a", "+b", "~b"}));
    EXPECT_EQ(client->peer("b")->data, "new");
    EXPECT_EQ(client->peer_at(far)->id, "a");
    EXPECT_FALSE(client->peer("c"));
}

TEST_F(DaemonClientPeersTest, ASubscriberGoesWithTheLastPeerAtItsAddress) {
    daemon->peers_at["b"] = {"10.0.0.2:8888"};
    daemon->peers = {"a", "b"};
    start();
    EXPECT_FALSE(client->subscribe("news", far));
    daemon->tell_of_peer("left", "a");
    network.run();
    EXPECT_EQ(daemon->said.back(), "subscriber key=news prefix=no who=10.0.0.2:8888");
    daemon->tell_of_peer("left", "b");
    network.run();
    EXPECT_EQ(daemon->said.back(), "no subscriber key=news prefix=no who=10.0.0.2:8888");
}

TEST_F(DaemonClientPeersTest, PeersStayThatTheDaemonFindsAgainInTime) {
    daemon->peers = {"a", "b"};
    start();
    EXPECT_FALSE(client->subscribe("news", far));
    EXPECT_FALSE(client->subscribe("news", address("10.0.0.3:8888")));
    network.run();
    told.clear();
    restart_finding({"c"});
    EXPECT_EQ(told, Strings{"+c"});
    EXPECT_EQ(client->peers().size(), 3u);
    const auto registered = daemon->said;
    EXPECT_EQ(registered.size(), 3u) << "those subscribed stay so";
    daemon->tell_of_peer("joined", "a");
    network.advance(57s);
    EXPECT_EQ(told, Strings{"+c"});
    EXPECT_EQ(daemon->said, registered);
    network.advance(3s);
    EXPECT_EQ(told, (Strings{"+c", "-b"}));
    EXPECT_EQ(daemon->said.back(), "no subscriber key=news prefix=no who=10.0.0.3:8888");
    network.advance(1h);
    EXPECT_EQ(client->peers().size(), 2u);
    EXPECT_EQ(daemon->said.size(), 4u);
}

TEST_F(DaemonClientPeersTest, APeerKeepsTheAddressesWhereItIsFoundAgainInTime) {
    daemon->peers_at["a"] = {"10.0.0.2:8888", "10.0.0.4:8888", "10.0.0.5:8888"};
    daemon->peers = {"a"};
    start();
    told.clear();
    restart_finding();
    daemon->peers_at["a"] = {"10.0.0.2:8888", "10.0.0.4:8888"};
    daemon->tell_of_peer("joined", "a");
    network.run();
    EXPECT_EQ(told, Strings());
    EXPECT_EQ(client->peer("a")->addresses.size(), 3u);
    daemon->peers_at["a"] = {"10.0.0.2:8888"};
    daemon->tell_of_peer("changed", "a");
    network.run();
    EXPECT_EQ(client->peer("a")->addresses.size(), 2u) << "it has left one that it was found at";
    network.advance(1min);
    EXPECT_EQ(told, (Strings{"~a", "~a"}));
    EXPECT_EQ(client->peer("a")->addresses, std::set{far});
}

TEST_F(DaemonClientPeersTest, OneThatLeavesWhileOthersAreFoundAgainIsGone) {
    daemon->peers = {"a", "b"};
    start();
    told.clear();
    restart_finding({"a", "b"});
    daemon->tell_of_peer("left", "a");
    network.run();
    EXPECT_EQ(told, Strings{"-a"});
    network.advance(2min);
    EXPECT_EQ(told, Strings{"-a"});
    EXPECT_EQ(client->peers().size(), 1u);
}

TEST_F(DaemonClientPeersTest, PeersStayWhileTheDaemonIsGone) {
    daemon->peers = {"a"};
    start();
    restart_finding();
    network.advance(30s);
    stop_daemon();
    network.advance(1h);
    EXPECT_EQ(client->peers().size(), 1u);
    start_daemon();
    network.advance(50s);
    EXPECT_EQ(client->peers().size(), 1u);
    network.advance(12s);
    EXPECT_EQ(client->peers().size(), 0u);
}

TEST_F(DaemonClientPeersTest, ManagingAnewFindsThemAnew) {
    daemon->peers = {"a", "b"};
    start();
    daemon->peers = {"a"};
    client->manage_peers({.app_id = "climate", .advertise_every = 5s, .peer_timeout = 10s});
    network.advance(9s);
    EXPECT_EQ(told, (Strings{"+a", "+b"}));
    network.advance(2s);
    EXPECT_EQ(told, (Strings{"+a", "+b", "-b"}));
    daemon->refuses_app = true;
    client->manage_peers({.app_id = "climate", .advertise_every = 5s, .peer_timeout = 10s});
    network.advance(11s);
    EXPECT_EQ(told.back(), "-a") << "who is refused is told of nobody";
}

TEST_F(DaemonClientPeersTest, EndingItEndsAllThatIsKnown) {
    daemon->peers = {"a", "b"};
    start();
    EXPECT_FALSE(client->subscribe("news", far));
    daemon->tell_of_peer("joined", "c");
    client->stop_managing_peers();
    EXPECT_EQ(told, (Strings{"+a", "+b", "-a", "-b"}));
    network.run();
    EXPECT_EQ(told.size(), 4u) << "what was under way means nothing";
    EXPECT_TRUE(client->peers().empty());
    EXPECT_EQ(daemon->said.back(), "no subscriber key=news prefix=no who=10.0.0.2:8888");
    client->stop_managing_peers();
    EXPECT_EQ(told.size(), 4u);
}

TEST_F(DaemonClientPeersTest, ItsCallbacksMayEndIt) {
    client->set_peer_callbacks({.joined =
                                    [&](const Peer& peer) {
                                        told.push_back("+" + peer.id);
                                        client->stop_managing_peers();
                                    },
                                .left = [&](const Peer& peer) { told.push_back("-" + peer.id); }});
    daemon->peers = {"a", "b"};
    start();
    EXPECT_EQ(told, (Strings{"+a", "-a"}));
    EXPECT_TRUE(client->peers().empty());
}

TEST_F(DaemonClientPeersTest, AnotherAppIdHasOtherPeers) {
    daemon->peers = {"a"};
    start();
    daemon->peers = {"b"};
    client->manage_peers({.app_id = "weather"});
    EXPECT_EQ(told, (Strings{"+a", "-a"}));
    network.run();
    EXPECT_EQ(told, (Strings{"+a", "-a", "+b"}));
}

TEST_F(DaemonClientPeersTest, ItsCallbacksMayDestroyTheProgram) {
    daemon->peers = {"a"};
    start();
    client->set_peer_callbacks({.left = [&](const Peer&) { client.reset(); }});
    client->stop_managing_peers();
    EXPECT_FALSE(client);
    make();
    client->set_peer_callbacks({.left = [&](const Peer&) { client.reset(); }});
    start();
    restart_finding();
    network.advance(1min);
    EXPECT_FALSE(client);
}

TEST_F(DaemonClientPeersTest, NobodyElseSaysWhatPeersThereAre) {
    options.rules = std::make_shared<const AccessRules>(std::vector<AccessRule>{});
    make();
    start();
    daemon->tell_of_peer("joined", "b", "data", {"app:hostile"});
    network.run();
    EXPECT_TRUE(client->peers().empty());
    EXPECT_TRUE(lines.contains("passed over 'netaiod/peer/joined' of app:hostile"));
    daemon->tell_of_peer("joined", "b");
    network.run();
    EXPECT_EQ(client->peers().size(), 1u) << "rules are about what others say";
}

TEST_F(DaemonClientTest, ManagesPeersWhenAskedTo) {
    EXPECT_THROW(client->manage_peers(), std::logic_error);
    options.local_peer = Peer{.id = "me"};
    make();
    EXPECT_THROW(client->manage_peers({.plugins = {hmac_auth({.secret = "x"}), nullptr}}),
                 std::invalid_argument);
    start();
    client->manage_peers({.app_id = "climate"});
    daemon->peers = {"a"};
    network.run();
    EXPECT_EQ(client->peers().size(), 1u);
    client->stop_managing_peers();
    network.run();
    EXPECT_EQ(daemon->said.back(), "app name=thermostat");
}

}  // namespace
}  // namespace netaio::test
