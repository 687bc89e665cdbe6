#include <gtest/gtest.h>

#include <deque>
#include <netaio/testing.hpp>

#include "support/net.hpp"
#include "support/temporary_folder.hpp"

namespace netaio {
namespace {

using namespace test;

// A server that keeps what it is asked until the test answers, and a client of it.
class AnswersLaterTest : public ::testing::Test {
public:
    struct Asked {
        OwnedMessage message;
        Answer answer;
    };

    void start(TcpServerOptions options = {}, TcpClientOptions client_options = {}) {
        server.emplace(network.executor(), network.options(std::move(options)));
        server->on(create_uri, [this](const Message& message, Connection& from, Answer answer) {
            connection = from.shared();
            asked.push_back({message.own(), std::move(answer)});
        });
        server->on(request_uri, [](const Message& message) { return message.uri().str(); });
        ASSERT_FALSE(server->start());
        client.emplace(network.executor(), network.options(std::move(client_options)));
        network.run(client->connect(network.address()));
    }
    void create(std::string_view uri) {
        client->create(
            uri, "", {.timeout = 1h}, [this](std::error_code error, const OwnedMessage& reply) {
                answers.push_back(error ? error.message()
                                        : reply.uri().str() + " " + reply.content().str());
            });
        network.run();
    }

    TestNetwork network;
    std::optional<TcpServer> server;
    std::shared_ptr<Connection> connection;
    std::deque<Asked> asked;
    std::vector<std::string> answers;
    std::optional<TcpClient> client;
};

using Answers = std::vector<std::string>;

TEST_F(AnswersLaterTest, InAnyOrderAlsoForOneUri) {
    start();
    create("a");
    create("a");
    create("b");
    ASSERT_EQ(asked.size(), 3u);
    asked[2].answer("third");
    asked[1].answer(reply("second"));
    network.run();
    asked[0].answer(OwnedMessage(MessageType::ok, "a", "first"));
    network.run();
    EXPECT_EQ(answers, (Answers{"b third", "a second", "a first"}));
}

TEST_F(AnswersLaterTest, WithoutHoldingBackOthers) {
    start();
    create("a");
    EXPECT_EQ(network.run(client->request("a")).content(), "a");
    EXPECT_TRUE(asked[0].answer.open());
}

TEST_F(AnswersLaterTest, WithRefusals) {
    start();
    create("a");
    asked[0].answer(Refusal::not_found("no such thing"));
    network.run();
    EXPECT_EQ(answers, (Answers{"a no such thing"}));
}

TEST_F(AnswersLaterTest, OnceAlone) {
    start();
    create("a");
    OwnedMessage passed(MessageType::ok, "a", "passed");
    asked[0].answer.pass(passed);
    EXPECT_EQ(passed.content(), "passed");
    EXPECT_FALSE(asked[0].answer.open());
    EXPECT_THROW(asked[0].answer("again"), std::logic_error);
    EXPECT_THROW(asked[0].answer.pass(passed), std::logic_error);
    network.run();
    EXPECT_EQ(answers, (Answers{"a passed"}));
}

TEST_F(AnswersLaterTest, PassedOnesAreAboutWhatWasAsked) {
    start();
    for (int i = 0; i < 3; ++i) {
        create("a");
    }
    OwnedMessage stray(MessageType::ok, "b", "forged");
    asked[0].answer.pass(stray);
    OwnedMessage bare(MessageType::error, "", "broken");
    asked[1].answer.pass(bare);
    OwnedMessage automatic(MessageType::not_found, "ERROR", "nothing");
    asked[2].answer.pass(automatic);
    network.run();
    EXPECT_EQ(answers,
              (Answers{"a the program answered about another uri", "a broken", "a nothing"}));
}

TEST_F(AnswersLaterTest, OneThatGoesUnusedIsAnError) {
    start();
    create("a");
    asked.clear();
    network.run();
    EXPECT_EQ(answers, (Answers{"a handler failed"}));
    EXPECT_EQ(server->counters().handler_failures, 1u);
}

TEST_F(AnswersLaterTest, AHandlerThatThrowsAnswersOnce) {
    start();
    server->on({create_uri, "broken"}, [this](const Message& message, Answer answer) {
        asked.push_back({message.own(), std::move(answer)});
        throw std::runtime_error("broken");
    });
    create("broken");
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_FALSE(asked[0].answer.open());
    asked[0].answer("late");
    network.run();
    EXPECT_EQ(answers, (Answers{"broken handler failed"}));
}

TEST_F(AnswersLaterTest, NobodyOnceTheConnectionIsGone) {
    start({.half_close = false});
    create("a");
    client->close_all();
    network.run();
    EXPECT_FALSE(asked[0].answer.open());
    asked[0].answer("late");
    network.run();
    EXPECT_EQ(answers.size(), 1u);  // that the connection ended
}

TEST_F(AnswersLaterTest, NoMoreThanHandlersMaxAreKept) {
    start({.handlers_max = 2});
    create("a");
    create("b");
    create("c");
    ASSERT_EQ(asked.size(), 2u);
    asked[1].answer("second");
    network.run();
    ASSERT_EQ(asked.size(), 3u);
    asked[2].answer("third");
    asked[0].answer("first");
    network.run();
    EXPECT_EQ(answers, (Answers{"b second", "c third", "a first"}));
}

TEST_F(AnswersLaterTest, AreNotWaitedForWhenWhoAskedHasGone) {
    start({.handlers_max = 2, .half_close = false});
    create("a");
    create("b");
    create("c");
    ASSERT_EQ(asked.size(), 2u);
    client->close_all();
    network.advance(2s);
    EXPECT_EQ(asked.size(), 3u) << "what came before the end is handled";
    EXPECT_FALSE(connection->open());
}

TEST_F(AnswersLaterTest, WithTheLayersOfTheHandler) {
    start();
    const auto inner = hmac_auth({.secret = "inner", .hmac_field = "inner"});
    server->on({create_uri, "sealed"}, {.auth = inner}, [this](const Message& m, Answer answer) {
        asked.push_back({m.own(), std::move(answer)});
    });
    OwnedMessage got;
    client->create("sealed", "", {.timeout = 1h, .auth = inner},
                   [&](std::error_code error, OwnedMessage reply) {
                       EXPECT_FALSE(error);
                       got = std::move(reply);
                   });
    network.run();
    ASSERT_EQ(asked.size(), 1u);
    asked[0].answer("sealed, too");
    network.run();
    EXPECT_EQ(got.content(), "sealed, too");
    EXPECT_TRUE(got.auth().contains("inner"));
}

TEST_F(AnswersLaterTest, BeforeAServerThatStopsHasStopped) {
    start();
    create("a");
    std::optional<StopReport> stopped;
    server->stop(1min, [&](std::error_code, StopReport report) { stopped = report; });
    network.run();
    EXPECT_FALSE(stopped);
    asked[0].answer("still");
    network.run();
    EXPECT_TRUE(stopped);
    EXPECT_EQ(answers, (Answers{"a still"}));
}

TEST_F(AnswersLaterTest, APausedConnectionWaits) {
    start();
    create("a");
    connection->pause();
    create("b");
    network.advance(1min);
    EXPECT_EQ(asked.size(), 1u);
    connection->read_on();
    network.run();
    EXPECT_EQ(asked.size(), 2u);
}

// Clients that answer.
TEST_F(AnswersLaterTest, ServersAskTheirClients) {
    start({}, {.answers = true});
    client->on({request_uri, "age"}, [] { return "7"; });
    client->on({request_uri, "slow"}, []() -> awaitable<std::string> {
        co_await netaio::sleep(1s);
        co_return "done";
    });
    client->start_receive_loop();
    create("a");
    const auto ask = [&](std::string_view uri, RequestOptions options = {}) {
        return network.run(
            server->exchange(*connection, OwnedMessage(request_uri, uri), std::move(options)),
            std::chrono::minutes(1));
    };
    EXPECT_EQ(ask("age").content(), "7");
    EXPECT_EQ(ask("slow").content(), "done");
    EXPECT_EQ(ask("nobody's").type(), MessageType::not_found);
    // Both ends have requests with the same ids.
    EXPECT_EQ(network.run(client->request("mine")).content(), "mine");
    asked[0].answer("first");
    network.run();
    EXPECT_EQ(answers, (Answers{"a first"}));
}

TEST_F(AnswersLaterTest, WhatServersAskEndsWithItsTimeAndTheConnection) {
    start({}, {.answers = true});
    client->on(request_uri, [this](const Message& message, Answer answer) {
        asked.push_back({message.own(), std::move(answer)});
    });
    client->start_receive_loop();
    create("a");
    std::vector<std::error_code> ends;
    const auto ask = [&](std::chrono::seconds timeout) {
        server->exchange(
            *connection, OwnedMessage(request_uri, "x"), {.timeout = timeout},
            [&](std::error_code error, const OwnedMessage&) { ends.push_back(error); });
        network.run();
    };
    ask(1s);
    ask(1h);
    network.advance(2s);
    ASSERT_EQ(ends.size(), 1u);
    EXPECT_EQ(ends[0], Errc::timeout);
    client.reset();
    network.run();
    ASSERT_EQ(ends.size(), 2u);
    EXPECT_EQ(ends[1], Errc::closed);
    ask(1s);
    ASSERT_EQ(ends.size(), 3u);
    EXPECT_EQ(ends[2], Errc::closed);
}

TEST_F(AnswersLaterTest, WholeMessagesGoAsTheyAre) {
    start();
    OwnedMessage message(create_uri, "a", "content");
    message.auth().set("mark", "kept");
    const auto waits = [&]() -> awaitable<OwnedMessage> {
        co_return co_await client->exchange(std::move(message), {.timeout = 1h});
    };
    OwnedMessage got;
    boost::asio::co_spawn(network.executor(), waits(),
                          [&](std::exception_ptr, OwnedMessage reply) { got = std::move(reply); });
    network.run();
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_TRUE(asked[0].message.auth().contains("mark"));
    OwnedMessage reply(MessageType::ok, "a", "back");
    reply.auth().set("mark", "back");
    asked[0].answer(std::move(reply));
    network.run();
    EXPECT_EQ(got.content(), "back");
    EXPECT_TRUE(got.auth().contains("mark"));
}

TEST_F(AnswersLaterTest, ServersSayWhoComesAndGoes) {
    TcpServer told(network.executor(), network.options(TcpServerOptions(), "told"));
    unsigned come = 0;
    std::vector<std::uint64_t> gone;
    bool takes = true;
    told.set_connect_handler([&](Connection&) {
        ++come;
        return takes;
    });
    told.set_disconnect_handler(
        [&](Connection& from, std::error_code) { gone.push_back(from.id()); });
    told.on(request_uri, [] { return "here"; });
    ASSERT_FALSE(told.start());
    start();
    network.run(client->connect(network.address("told")));
    client->set_default_server(network.address("told"));
    EXPECT_EQ(network.run(client->request("x")).content(), "here");
    EXPECT_EQ(come, 1u);
    client->close(network.address("told"));
    network.run();
    EXPECT_EQ(gone.size(), 1u);
    takes = false;
    TcpClient other(network.executor(), network.options(TcpClientOptions()));
    network.run(other.connect(network.address("told")));
    EXPECT_THROW(network.run(other.request("x")), Error);
    EXPECT_EQ(come, 2u);
    EXPECT_EQ(gone.size(), 2u);
}

TEST(AnswersLaterOverUnixSockets, AreNotWaitedForWhenWhoAskedHasGone) {
    TemporaryFolder folder;
    boost::asio::io_context context(1);
    TcpServerOptions options{.interfaces = {"unix:" + folder.file("s.sock")},
                             .frame_timeout = 100ms,
                             .handlers_max = 2,
                             .half_close = false};
    TcpServer server(context.get_executor(), std::move(options));
    std::deque<Answer> kept;
    bool gone = false;
    server.on(create_uri,
              [&](const Message&, Answer answer) { kept.push_back(std::move(answer)); });
    server.set_disconnect_handler([&](Connection&, std::error_code) { gone = true; });
    ASSERT_FALSE(server.start());
    std::optional<TcpClient> client(context.get_executor());
    client->connect("unix:" + folder.file("s.sock"), [&](std::error_code error, const Address&) {
        ASSERT_FALSE(error);
        for (int i = 0; i < 3; ++i) {
            client->create("a", "", {}, [](std::error_code, const OwnedMessage&) {});
        }
    });
    ASSERT_TRUE(run_until(context, [&] { return kept.size() == 2; }));
    client.reset();
    EXPECT_TRUE(run_until(context, [&] { return gone; }));
    EXPECT_EQ(kept.size(), 3u);
    kept.clear();
}

TEST(AnswersLaterOverUdp, InAnyOrder) {
    boost::asio::io_context context;
    UdpNode node(context.get_executor(), local_node_options("answers"));
    UdpNode asker(context.get_executor(), local_node_options("asks"));
    std::deque<Answer> kept;
    node.on(request_uri, [&](const Message&, const Address&, Answer answer) {
        kept.push_back(std::move(answer));
    });
    ASSERT_FALSE(node.start());
    ASSERT_FALSE(asker.start());
    const Address to = *Address::parse("127.0.0.1", node.port());
    std::vector<std::string> answers;
    for (unsigned i = 0; i < 3; ++i) {
        asker.request(to, "x", {.timeout = 10s},
                      [&](std::error_code error, const OwnedMessage& reply) {
                          answers.push_back(error ? error.message() : reply.content().str());
                      });
    }
    ASSERT_TRUE(run_until(context, [&] { return kept.size() == 3; }));
    kept[2]("third");
    kept[0]("first");
    ASSERT_TRUE(run_until(context, [&] { return answers.size() == 2; }));
    kept.clear();
    ASSERT_TRUE(run_until(context, [&] { return answers.size() == 3; }));
    EXPECT_EQ(answers, (Answers{"third", "first", "handler failed"}));
}

}  // namespace
}  // namespace netaio
