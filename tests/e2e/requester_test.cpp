#include <gtest/gtest.h>

#include "support/net.hpp"

namespace netaio {
namespace {

using namespace test;

// Answers every verb with the type that was asked.
template <class Answering>
void answer_all(Answering& answering) {
    for (const auto type :
         {MessageType::create_uri, MessageType::update_uri, MessageType::delete_uri,
          MessageType::subscribe_uri, MessageType::unsubscribe_uri, MessageType::publish_uri}) {
        answering.on(type, [](const Message& asked) {
            return ok(asked.uri(),
                      std::to_string(static_cast<int>(asked.type())) + asked.content().str());
        });
    }
    answering.on(MessageType::request_uri,
                 [](const Message& asked) { return respond(asked.uri(), asked.content()); });
}

std::string answer(MessageType type, std::string_view content = {}) {
    return std::to_string(static_cast<int>(type)).append(content);
}

// What a program does that does not care which kind it has.
awaitable<void> try_verbs(Requester& asking, Address server) {
    const RequestOptions terms{.timeout = 10s, .server = server};
    const auto reply = co_await asking.request("uri", "content", {.timeout = 2s, .server = server});
    EXPECT_EQ(reply.type(), MessageType::respond_uri);
    EXPECT_EQ(reply.content(), "content");
    EXPECT_EQ((co_await asking.create("uri", "1", terms)).content(),
              answer(MessageType::create_uri, "1"));
    EXPECT_EQ((co_await asking.update("uri", "2", terms)).content(),
              answer(MessageType::update_uri, "2"));
    EXPECT_EQ((co_await asking.remove("uri", terms)).content(), answer(MessageType::delete_uri));
    EXPECT_EQ((co_await asking.subscribe("uri", {.timeout = 10s, .server = server})).content(),
              answer(MessageType::subscribe_uri));
    EXPECT_EQ((co_await asking.unsubscribe("uri", {.timeout = 10s, .server = server})).content(),
              answer(MessageType::unsubscribe_uri));
    const auto [error, published] =
        co_await asking.exchange(MessageType::publish_uri, "uri", "3", terms, as_result);
    EXPECT_FALSE(error);
    EXPECT_EQ(published.content(), answer(MessageType::publish_uri, "3"));
}

TEST(Requester, IsAClient) {
    TcpServer server(local_options());
    answer_all(server);
    ASSERT_FALSE(server.start());
    run([](std::uint16_t port) -> awaitable<void> {
        TcpClient client;
        const Address where = co_await client.connect("127.0.0.1", port);
        co_await try_verbs(client, where);
        Requester& asking = client;
        EXPECT_EQ((co_await asking.request("uri", "x")).content(), "x");
    }(server.port()));
}

TEST(Requester, IsANodeThatIsToldWhomToAsk) {
    run([]() -> awaitable<void> {
        UdpNode server(local_node_options("server"));
        UdpNode client(local_node_options("client"));
        answer_all(server);
        co_await server.start();
        co_await client.start();
        const Address where = *Address::parse("127.0.0.1", server.port());
        co_await try_verbs(client, where);

        Requester& asking = client;
        const auto [error, nothing] = co_await asking.request("uri", {}, as_result);
        EXPECT_EQ(error, std::errc::destination_address_required);

        const RequestOptions terms{.timeout = 10s};
        EXPECT_EQ((co_await client.update(where, "uri", "2", terms)).content(),
                  answer(MessageType::update_uri, "2"));
        EXPECT_EQ((co_await client.remove(where, "uri", terms)).content(),
                  answer(MessageType::delete_uri));
        EXPECT_EQ((co_await client.subscribe("uri", {.server = where})).content(),
                  answer(MessageType::subscribe_uri));
    }());
}

TEST(Requester, IsOwnedByWhoeverChoseTheKind) {
    const auto make = [](bool udp) -> std::unique_ptr<Requester> {
        if (udp) return std::make_unique<UdpNode>(local_node_options("node"));
        return std::make_unique<TcpClient>();
    };
    run([](std::unique_ptr<Requester> client, std::unique_ptr<Requester> node) -> awaitable<void> {
        const auto [error, nothing] = co_await client->request("uri", {}, as_result);
        EXPECT_EQ(error, Errc::not_connected);
        const auto [not_started, still_nothing] = co_await node->request("uri", {}, as_result);
        EXPECT_EQ(not_started, Errc::not_connected);
    }(make(false), make(true)));
}

}  // namespace
}  // namespace netaio
