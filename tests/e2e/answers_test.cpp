#include <gtest/gtest.h>

#include <netaio/testing.hpp>

#include "support/net.hpp"

/// What handlers return, and what whoever asked gets of it.
namespace netaio {
namespace {

using namespace test;
using Bytes = std::vector<std::uint8_t>;

constexpr auto launch = static_cast<MessageType>(50);
constexpr auto launched = static_cast<MessageType>(51);

class AnswersTest : public ::testing::Test {
protected:
    AnswersTest() {
        MessageTypes types;
        types.add("LAUNCH", launch);
        types.add("LAUNCHED", launched);
        types.set_answer(launch, launched);
        TcpServerOptions options;
        options.types = types;
        options.environment.log = lines.log();
        server.emplace(network.executor(), network.options(std::move(options)));
        EXPECT_FALSE(server->start());
        client.emplace(network.executor(), network.options(TcpClientOptions{.types = types}));
        network.run(client->connect(network.address()));
    }

    template <class Handler>
    OwnedMessage answer(Handler handler, MessageType type = request_uri) {
        server->on({type, "uri"}, std::move(handler));
        return network.run(client->exchange(type, "uri", "asked", {.timeout = 1s}), 2s);
    }
    void expect(const OwnedMessage& message, MessageType type, std::string_view content) {
        EXPECT_EQ(message.type(), type);
        EXPECT_EQ(message.uri(), "uri");
        EXPECT_EQ(message.content(), content);
    }

    LogLines lines;
    TestNetwork network;
    std::optional<TcpServer> server;
    std::optional<TcpClient> client;
};

TEST_F(AnswersTest, AreMadeOfContent) {
    const auto respond_uri = MessageType::respond_uri;
    expect(answer([](const Message& m) { return m.content(); }), respond_uri, "asked");
    expect(answer([] { return std::string("text"); }), respond_uri, "text");
    expect(answer([] { return "literal"; }), respond_uri, "literal");
    expect(answer([] { return std::string_view("view"); }), respond_uri, "view");
    expect(answer([] { return Bytes{'b', 0, 'c'}; }), respond_uri, std::string_view("b\0c", 3));
    expect(answer([] { return reply("reply"); }), respond_uri, "reply");
    expect(answer([] { return reply(MessageType::error, "own type"); }), MessageType::error,
           "own type");
    expect(answer([] { return std::optional<std::string>("maybe"); }), respond_uri, "maybe");
    expect(answer([]() -> awaitable<std::string> { co_return "awaited"; }), respond_uri, "awaited");
    expect(answer([](const Message& m) -> awaitable<ByteView> { co_return m.content(); }),
           respond_uri, "asked");
}

TEST_F(AnswersTest, HaveTheTypeThatAnswersTheQuestion) {
    const auto handler = [] { return "x"; };
    expect(answer(handler, create_uri), MessageType::ok, "x");
    expect(answer(handler, update_uri), MessageType::ok, "x");
    expect(answer(handler, delete_uri), MessageType::ok, "x");
    expect(answer(handler, publish_uri), MessageType::ok, "x");
    expect(answer(handler, subscribe_uri), MessageType::confirm_subscribe, "x");
    expect(answer(handler, unsubscribe_uri), MessageType::confirm_unsubscribe, "x");
    expect(answer(handler, launch), launched, "x");
}

TEST_F(AnswersTest, SayThatItWasDoneWhereThatIsAll) {
    expect(answer([] {}, update_uri), MessageType::ok, "");
    expect(answer([] {}, subscribe_uri), MessageType::confirm_subscribe, "");
    expect(answer([]() -> awaitable<void> { co_return; }, create_uri), MessageType::ok, "");
    EXPECT_THROW(answer([] {}), boost::system::system_error) << "a request asks for more";
    EXPECT_THROW(answer([] {}, publish_uri), boost::system::system_error);
}

TEST_F(AnswersTest, SayNotFoundOfWhatIsNotThere) {
    expect(answer([] { return std::optional<std::string>(); }), MessageType::not_found,
           "not found");
    expect(answer([]() -> awaitable<std::optional<Bytes>> { co_return std::nullopt; }),
           MessageType::not_found, "not found");
    EXPECT_THROW(answer([] { return std::optional<OwnedMessage>(); }), boost::system::system_error)
        << "no message is no answer";
}

TEST_F(AnswersTest, SayWhyTheyRefuse) {
    expect(answer([]() -> Refusal { return Refusal::not_found("no room"); }),
           MessageType::not_found, "no room");
    expect(answer([]() -> std::string { throw Refusal::not_permitted("not you"); }),
           MessageType::not_permitted, "not you");
    expect(answer([]() -> awaitable<std::string> {
               throw Refusal(MessageType::error, "not found");  // its words do not matter
               co_return "";
           }),
           MessageType::error, "not found");
    expect(answer([] { throw Refusal::error("full"); }, update_uri), MessageType::error, "full");
    EXPECT_EQ(server->counters().handler_failures, 0u);
    EXPECT_FALSE(lines.contains("threw"));
}

TEST_F(AnswersTest, AreLoggedOnceWhenAboutAnotherUri) {
    server->on({request_uri, "uri"}, [] { return respond("other", "x"); });
    for (int i = 0; i < 2; ++i) {
        EXPECT_THROW(network.run(client->request("uri", {.timeout = 1s}), 2s),
                     boost::system::system_error);
    }
    EXPECT_TRUE(lines.contains("answers 'uri' with the uri 'other'"));
    EXPECT_EQ(lines.count("answers 'uri' with"), 1u);
}

TEST_F(AnswersTest, AreFoundByThePrefixOfTheirUri) {
    server->on(request_uri, prefix("room/"),
               [](const Message& m) { return "room " + m.rest().str(); });
    server->on(request_uri, prefix("room/a/"),
               [](const Message& m) -> awaitable<std::string> { co_return "a " + m.rest().str(); });
    server->on({request_uri, "room/a/b"},
               [](const Message& m) { return "whole " + m.rest().str(); });
    server->on(request_uri, [](const Message& m) { return "any " + m.rest().str(); });
    const auto ask = [&](ByteView uri) {
        return network.run(client->request(uri, {.timeout = 1s}), 2s).content().str();
    };
    EXPECT_EQ(ask("room/1"), "room 1");
    EXPECT_EQ(ask("room/"), "room ");
    EXPECT_EQ(ask("room/a/x/y"), "a x/y");
    EXPECT_EQ(ask("room/a/b"), "whole room/a/b");
    EXPECT_EQ(ask("roo"), "any roo");
    EXPECT_TRUE(server->remove_handler({request_uri, prefix("room/a/")}));
    EXPECT_FALSE(server->remove_handler({request_uri, "room/"}));
    EXPECT_EQ(ask("room/a/x"), "room a/x");
    EXPECT_THROW(server->once(Key(request_uri, prefix("x")), [] {}), std::invalid_argument);
}

TEST_F(AnswersTest, EndRequestsOfTheTypeThatWasAskedFor) {
    const auto odd = static_cast<MessageType>(51);
    server->on({update_uri, "uri"}, [&] { return OwnedMessage(odd, "uri", "odd"); });
    EXPECT_THROW(network.run(client->update("uri", "x", {.timeout = 1s}), 2s),
                 boost::system::system_error);
    EXPECT_EQ(
        network.run(client->update("uri", "x", {.timeout = 1s, .reply_type = odd}), 2s).content(),
        "odd");
}

}  // namespace
}  // namespace netaio
