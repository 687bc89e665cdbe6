#include "keep_connected.hpp"

/// Clients that stay connected.
namespace netaio {
namespace {

using namespace test;

TEST_F(KeepConnectedTest, ConnectsAndSaysSoOnceTheServerAnswered) {
    keep();
    EXPECT_EQ(states, (Strings{"connecting 1", "connected 1"}));
    EXPECT_TRUE(client->connected());
    EXPECT_EQ(client->default_server(), network.address());
    EXPECT_EQ(client->receive_loops(), client->servers());
    EXPECT_EQ(network.run(client->request("a", "b")).content(), "b");
}

TEST_F(KeepConnectedTest, ConnectsAgainWhenTheServerHasClosedAndIsBack) {
    keep();
    states.clear();
    kill(server);
    EXPECT_EQ(states, (Strings{"waiting 0"}));
    EXPECT_EQ(errors.back(), Errc::closed);
    network.advance(10s);
    EXPECT_FALSE(client->connected());
    EXPECT_EQ(errors.back(), std::errc::connection_refused);
    EXPECT_GE(states.size(), 8u);
    server = serve();
    network.advance(30s);
    EXPECT_TRUE(stands("connected"));
    EXPECT_TRUE(client->connected());
    EXPECT_EQ(client->receive_loops().size(), 1u);
}

TEST_F(KeepConnectedTest, WaitsForAServerThatIsNotThereYet) {
    kill(server);
    keep();
    EXPECT_EQ(states, (Strings{"connecting 1", "waiting 1"}));
    network.advance(1h);
    EXPECT_TRUE(stands("waiting"));
    server = serve();
    network.advance(30s);
    EXPECT_TRUE(stands("connected"));
}

TEST_F(KeepConnectedTest, PausesForLongerEachTimeAndNeverForLongerThanItMay) {
    kill(server);
    auto how = options();
    std::vector<std::chrono::steady_clock::time_point> attempts;
    how.on_state = [&](ConnectionState state, std::error_code, unsigned) {
        if (state == ConnectionState::connecting) {
            attempts.push_back(network.environment().clock->steady_now());
        }
    };
    how.backoff = {.delay = 1s, .factor = 3, .delay_max = 20s, .jitter = 0.5};
    keep(how);
    network.advance(10min);
    ASSERT_GE(attempts.size(), 6u);
    const std::vector<std::chrono::milliseconds> longest{1s, 3s, 9s, 20s, 20s};
    for (std::size_t i = 0; i < longest.size(); ++i) {
        EXPECT_GE(attempts[i + 1] - attempts[i], longest[i] / 2) << i;
        EXPECT_LE(attempts[i + 1] - attempts[i], longest[i] + 1s) << i;
    }
}

TEST_F(KeepConnectedTest, GivesUpAfterTheLastAttempt) {
    kill(server);
    auto how = options();
    how.attempts = 3;
    keep(how);
    std::error_code error;
    client->request("a", {.timeout = 1h},
                    [&](boost::system::error_code failed, const OwnedMessage&) { error = failed; });
    network.advance(5min);
    EXPECT_EQ(states, (Strings{"connecting 1", "waiting 1", "connecting 2", "waiting 2",
                               "connecting 3", "refused 3"}));
    EXPECT_EQ(errors.back(), std::errc::connection_refused);
    EXPECT_EQ(error, std::errc::connection_refused);
    EXPECT_FALSE(client->stop_keeping());
    EXPECT_EQ(why_not(client->request("a"), 0s), Errc::not_connected);
}

TEST_F(KeepConnectedTest, FindsAServerThatHangsWhenItIsReached) {
    hangs = true;
    keep();
    EXPECT_EQ(states, (Strings{"connecting 1"}));
    network.advance(11s);
    EXPECT_EQ(states[1], "waiting 1");
    EXPECT_EQ(errors[1], Errc::timeout);
    hangs = false;
    network.advance(30s);
    EXPECT_TRUE(stands("connected"));
}

TEST_F(KeepConnectedTest, FindsAServerThatBeginsToHang) {
    keep();
    network.advance(1h);
    EXPECT_TRUE(stands("connected"));
    hangs = true;
    network.advance(24s);
    EXPECT_TRUE(stands("connected"));
    network.advance(2s);
    EXPECT_FALSE(stands("connected"));
    EXPECT_EQ(errors[2], Errc::timeout);
    hangs = false;
    network.advance(1min);
    EXPECT_TRUE(stands("connected"));
}

TEST_F(KeepConnectedTest, TakesAnyAnswerForASignOfLife) {
    server->remove_handler(request_uri);
    keep();
    EXPECT_TRUE(stands("connected"));
    network.advance(1h);
    EXPECT_TRUE(stands("connected"));
    EXPECT_EQ(states.size(), 2u);
    const auto answered = server->counters().frames_out;
    EXPECT_GE(answered, 200u);
}

TEST_F(KeepConnectedTest, AsksForNoSignOfLifeWhereItHearsOthers) {
    keep();
    network.run(client->subscribe("news"));
    const auto before = server->counters().frames_in;
    for (int i = 0; i < 60; ++i) {
        server->notify("news", notify("news", ""));
        network.advance(1s);
    }
    EXPECT_EQ(server->counters().frames_in, before);
    EXPECT_TRUE(stands("connected"));
}

TEST_F(KeepConnectedTest, AsksForNoneWhereItMustNot) {
    hangs = true;
    auto how = options();
    how.heartbeat = never;
    keep(how);
    EXPECT_TRUE(stands("connected"));
    network.advance(1h);
    EXPECT_EQ(server->counters().frames_in, 0u);
}

// As long as that runs, nothing else is read.
TEST_F(KeepConnectedTest, TakesAHandlerOfItsOwnThatLastsForNoSilence) {
    client->on({notify_uri, "slow"}, [](const Message&) -> awaitable<void> {
        Timer timer(co_await boost::asio::this_coro::executor, 10min);
        co_await timer.async_wait(boost::asio::use_awaitable);
    });
    keep();
    network.run(client->subscribe("slow"));
    server->notify("slow", notify("slow", ""));
    network.advance(1h);
    EXPECT_EQ(states.size(), 2u);
}

TEST_F(KeepConnectedTest, TriesServersInTurn) {
    kill(server);
    auto third = serve("third");
    client->keep_connected({{host("first"), 0}, {host("second"), 0}, {host("third"), 0}},
                           options());
    network.advance(5s);
    EXPECT_EQ(states.back(), "connected 3");
    EXPECT_EQ(client->default_server(), network.address("third"));
    auto first = serve("first");
    network.run(client->subscribe("news"));
    kill(third);
    network.advance(5s);
    EXPECT_TRUE(stands("connected"));
    EXPECT_EQ(client->default_server(), network.address("first"));
    EXPECT_EQ(client->servers(), (std::vector<Address>{network.address("first")}));
    EXPECT_EQ(first->subscriber_count("news"), 1u);
    EXPECT_EQ(network.run(client->request("a", "b")).content(), "b");
}

class RefusedTest : public KeepConnectedTest {
protected:
    RefusedTest() {
        kill(server);
        server = serve("server", {.auth = hmac_auth({.secret = "right"})});
        make_client({.auth = hmac_auth({.secret = "wrong"})});
    }
};

TEST_F(RefusedTest, EndsWhenAuthenticationFails) {
    std::error_code error;
    client->keep_connected(host("server"), 0, options());
    client->request("a", {},
                    [&](boost::system::error_code failed, const OwnedMessage&) { error = failed; });
    network.advance(1h);
    EXPECT_EQ(states, (Strings{"connecting 1", "refused 1"}));
    EXPECT_EQ(errors.back(), Errc::auth_failed_unverified);
    EXPECT_EQ(error, Errc::auth_failed_unverified);
    EXPECT_TRUE(client->servers().empty());
    EXPECT_EQ(server->connection_count(), 0u);
}

TEST_F(RefusedTest, GoesOnWhereThatIsWanted) {
    auto how = options();
    how.end_on_refusal = false;
    keep(how);
    network.advance(5s);
    EXPECT_FALSE(stands("refused"));
    kill(server);
    server = serve("server", {.auth = hmac_auth({.secret = "wrong"})});
    network.advance(1min);
    EXPECT_TRUE(stands("connected"));
}

TEST_F(KeepConnectedTest, IsNoMoreOnceItIsClosed) {
    for (const bool all : {false, true}) {
        keep();
        EXPECT_TRUE(stands("connected"));
        if (all) {
            client->close_all();
        } else {
            client->close();
        }
        states.clear();
        network.advance(1h);
        EXPECT_TRUE(states.empty());
        EXPECT_FALSE(client->connected());
        EXPECT_FALSE(client->stop_keeping());
    }
}

TEST_F(KeepConnectedTest, IsNoMoreOnceItIsClosedWhileItWaits) {
    kill(server);
    for (const bool reached : {false, true}) {
        if (reached) {
            server = serve();
        }
        keep();
        kill(server);
        std::error_code error;
        client->request("a", {}, [&](boost::system::error_code failed, const OwnedMessage&) {
            error = failed;
        });
        client->close();
        states.clear();
        network.run();
        EXPECT_EQ(error, Errc::closed);
        network.advance(1h);
        EXPECT_TRUE(states.empty());
    }
}

TEST_F(KeepConnectedTest, LeavesTheConnectionWhenItIsKeptNoMore) {
    keep();
    EXPECT_TRUE(client->stop_keeping());
    EXPECT_FALSE(client->stop_keeping());
    EXPECT_EQ(network.run(client->request("a", "b")).content(), "b");
    kill(server);
    network.advance(1h);
    EXPECT_EQ(states.size(), 2u);
    EXPECT_FALSE(client->connected());
}

TEST_F(KeepConnectedTest, ReplacesWhatWasKeptBefore) {
    keep();
    auto second = serve("second");
    client->keep_connected(host("second"), 0, options());
    network.run();
    EXPECT_EQ(client->servers(), (std::vector<Address>{network.address("second")}));
    EXPECT_EQ(client->default_server(), network.address("second"));
    EXPECT_EQ(server->connection_count(), 0u);
}

TEST_F(KeepConnectedTest, TakesAConnectionThatTheUserMade) {
    keep();
    network.run(client->subscribe("news"));
    kill(server);
    server = serve();
    network.run(client->connect(network.address()));
    network.run();
    EXPECT_TRUE(stands("connected"));
    EXPECT_EQ(server->connection_count(), 1u);
    EXPECT_EQ(server->subscriber_count("news"), 1u);
    network.advance(1h);
    EXPECT_EQ(server->connection_count(), 1u);
}

TEST_F(KeepConnectedTest, LeavesOtherConnectionsAlone) {
    auto other = serve("other");
    network.run(client->connect(network.address("other")));
    keep();
    EXPECT_EQ(client->default_server(), network.address("other"));
    EXPECT_EQ(client->servers().size(), 2u);
    kill(server);
    EXPECT_EQ(network.run(client->request("a", "b")).content(), "b");
    client->set_default_server(network.address("other"));
    server = serve();
    network.advance(30s);
    EXPECT_EQ(client->servers().size(), 2u);
    EXPECT_EQ(client->default_server(), network.address("other"));
    kill(other);
    network.advance(30s);
    EXPECT_EQ(client->servers(), (std::vector<Address>{network.address()}));
}

TEST_F(KeepConnectedTest, MayBeDestroyedByWhoeverIsTold) {
    for (const auto at : {ConnectionState::connecting, ConnectionState::connected,
                          ConnectionState::waiting, ConnectionState::refused}) {
        make_client({});
        server = at == ConnectionState::connected ? serve() : nullptr;
        network.run();
        std::error_code error;
        auto how = options();
        how.attempts = 2;
        how.on_state = [&](ConnectionState state, std::error_code, unsigned) {
            if (state == at) {
                client.reset();
            }
        };
        client->keep_connected(host("server"), 0, how);
        client->request(
            "a", {.timeout = 1min},
            [&](boost::system::error_code failed, const OwnedMessage&) { error = failed; });
        network.advance(10s);
        EXPECT_FALSE(client.has_value());
        EXPECT_EQ(error, at == ConnectionState::refused
                             ? std::error_code(std::make_error_code(std::errc::connection_refused))
                             : make_error_code(Errc::cancelled));
        kill(server);
    }
}

TEST_F(KeepConnectedTest, MayBeStoppedOrBegunAnewByWhoeverIsTold) {
    for (const auto at : {ConnectionState::connecting, ConnectionState::connected,
                          ConnectionState::waiting, ConnectionState::refused}) {
        kill(server);
        make_client({});
        states.clear();
        if (at == ConnectionState::connected) {
            server = serve();
        }
        auto how = options();
        how.attempts = 2;
        bool done = false;
        how.on_state = [&](ConnectionState state, std::error_code, unsigned) {
            if (state == at && !done) {
                done = true;
                client->keep_connected(host("second"), 0, options());
            }
        };
        client->keep_connected(host("server"), 0, how);
        network.advance(10s);
        auto second = serve("second");
        network.advance(30s);
        EXPECT_TRUE(done);
        EXPECT_TRUE(stands("connected"));
        EXPECT_EQ(client->servers(), (std::vector<Address>{network.address("second")}));
    }
}

TEST_F(KeepConnectedTest, LogsWhatIsThrownByWhoeverIsTold) {
    auto how = options();
    how.on_state = [](ConnectionState, std::error_code, unsigned) {
        throw std::runtime_error("no");
    };
    keep(how);
    EXPECT_TRUE(client->connected());
    EXPECT_EQ(lines.count("the state handler threw: no"), 2u);
}

TEST_F(KeepConnectedTest, EndsWithTheClient) {
    kill(server);
    keep();
    std::error_code error;
    client->request("a", {},
                    [&](boost::system::error_code failed, const OwnedMessage&) { error = failed; });
    client.reset();
    network.run();
    EXPECT_EQ(error, Errc::cancelled);
}

TEST_F(KeepConnectedTest, ThrowsForWhatCannotBe) {
    EXPECT_THROW(client->keep_connected(std::vector<ServerName>()), std::invalid_argument);
    EXPECT_THROW(client->keep_connected("", 1), std::invalid_argument);
    EXPECT_THROW(client->keep_connected("nowhere:x", 0), std::invalid_argument);
    EXPECT_THROW(client->keep_connected("a", 1, {.heartbeat = 0ms}), std::invalid_argument);
    EXPECT_THROW(client->keep_connected("a", 1, {.heartbeat_timeout = 0ms}), std::invalid_argument);
}

}  // namespace
}  // namespace netaio
