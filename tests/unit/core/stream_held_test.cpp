#include <gtest/gtest.h>

#include "stream_testbed.hpp"
#include "support/working_auth.hpp"

namespace netaio::core {
namespace {

using namespace test;
using netaio::test::WorkingAuth;
using Uris = std::vector<std::string>;

// Ends something when it goes on after its work.
class EndingAuth final : public AuthPlugin {
public:
    explicit EndingAuth(std::function<void()> end) : end_(std::move(end)) {}

    std::error_code make(AuthFields&, ByteView, const PluginContext& context) const override {
        if (!*context.work) {
            *context.work = work;
            return Errc::pending;
        }
        end_();
        return result;
    }
    bool check(const AuthFields&, ByteView, const PluginContext&) const override { return true; }

    std::shared_ptr<netaio::test::FakeWork> work = std::make_shared<netaio::test::FakeWork>();
    std::error_code result;

private:
    std::function<void()> end_;
};

class StreamHeldTest : public testing::Test {
protected:
    std::error_code send(TestStream& from, const std::string& uri) {
        return from.stream->send(notify(uri, "content"), {});
    }
    std::error_code send_bare(TestStream& from, const std::string& uri) {
        return from.stream->send(notify(uri, "content"), {.use_auth = false});
    }

    std::shared_ptr<WorkingAuth> auth = std::make_shared<WorkingAuth>();
    Plugins outer{.auth = auth};
};

TEST_F(StreamHeldTest, WhatIsSentBehindAMessageThatWaitsWaitsToo) {
    TestStream client(Role::client, outer);
    EXPECT_FALSE(send_bare(client, "before"));
    EXPECT_FALSE(send(client, "waits"));
    EXPECT_FALSE(send_bare(client, "behind"));
    EXPECT_EQ(client.sent_uris(), Uris({"before"}));
    EXPECT_TRUE(client.stream->has_unsent());

    auth->work(0)->end();
    auto sent = client.sent();
    ASSERT_EQ(sent.size(), 2u);
    EXPECT_EQ(sent[0].uri(), "waits");
    EXPECT_EQ(sent[0].auth().integer("paid"), 1u);
    EXPECT_EQ(sent[1].uri(), "behind");
    EXPECT_FALSE(client.stream->has_unsent());
    EXPECT_EQ(client.hub->tallies().frames_out.get(), 3u);

    EXPECT_FALSE(send_bare(client, "later"));
    EXPECT_EQ(client.sent_uris(), Uris({"later"}));
}

TEST_F(StreamHeldTest, WorksGoOnAtTheSameTimeAndTheirMessagesKeepTheirOrder) {
    TestStream client(Role::client, outer);
    for (const char* uri : {"a", "b", "c"}) {
        EXPECT_FALSE(send(client, uri));
    }
    EXPECT_EQ(auth->going_on(), 3u);
    auth->work(2)->end();
    auth->work(1)->end();
    EXPECT_EQ(client.sent_uris(), Uris());
    auth->work(0)->end();
    EXPECT_EQ(client.sent_uris(), Uris({"a", "b", "c"}));
}

TEST_F(StreamHeldTest, WorkMayBeDoneAsItBegins) {
    auth->at_once = true;
    TestStream client(Role::client, outer);
    EXPECT_FALSE(send(client, "a"));
    EXPECT_FALSE(send_bare(client, "b"));
    EXPECT_EQ(client.sent_uris(), Uris({"a", "b"}));
}

TEST_F(StreamHeldTest, BothLayersMayWait) {
    const auto inner = std::make_shared<WorkingAuth>();
    TestStream client(Role::client, outer);
    EXPECT_FALSE(client.stream->send(notify("uri", "content"), {.plugins = {.auth = inner}}));
    EXPECT_EQ(auth->works().size(), 0u);
    inner->work(0)->end();
    EXPECT_EQ(client.sent_uris(), Uris());
    auth->work(0)->end();
    EXPECT_EQ(client.sent_uris(), Uris({"uri"}));
}

TEST_F(StreamHeldTest, NothingIsEncryptedTwice) {
    const Plugins within{.auth = auth,
                         .cipher = stream_cipher({.key = "key", .iv_field = "inner"})};
    const Plugins around{.auth = auth, .cipher = stream_cipher({.key = "key"})};
    TestStream client(Role::client, around);
    EXPECT_FALSE(client.stream->send(notify("uri", "content"), {.plugins = within}));
    auth->work(0)->end();
    client.hub->run();
    auth->work(1)->end();
    auto sent = client.sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_FALSE(open_layer(sent[0], around, client.node->context(nullptr)));
    EXPECT_FALSE(open_layer(sent[0], within, client.node->context(nullptr)));
    EXPECT_EQ(sent[0].content(), "content");
}

TEST_F(StreamHeldTest, AMessageWhoseWorkFailsIsNotSentAndSaidToBeSo) {
    TestStream client(Role::client, outer);
    EXPECT_FALSE(send(client, "fails"));
    EXPECT_FALSE(send_bare(client, "behind"));
    auth->work(0)->end(Errc::auth_not_possible);
    EXPECT_EQ(client.sent_uris(), Uris({"behind"}));
    EXPECT_TRUE(client.logged("a message was not sent"));
    EXPECT_EQ(client.hub->tallies().send_failures.get(), 1u);
}

TEST_F(StreamHeldTest, ARequestWhoseWorkFailsEndsByThat) {
    Told told;
    TestStream client(Role::client, outer);
    client.ask("uri", told);
    auth->work(0)->end(Errc::auth_not_possible);
    EXPECT_EQ(client.sent_uris(), Uris());
    EXPECT_EQ(told.times, 1);
    EXPECT_EQ(told.error, Errc::auth_not_possible);
}

TEST_F(StreamHeldTest, ARequestThatTimesOutBeforeItIsSentIsNotSentAndLeavesNoMark) {
    Told first, second;
    TestStream client(Role::client, outer);
    client.ask("uri", first, std::chrono::seconds(1));
    EXPECT_FALSE(send_bare(client, "behind"));
    client.clock->advance(std::chrono::seconds(2));
    client.stream->expire_requests(client.hub->now());
    EXPECT_EQ(first.error, Errc::timeout);
    EXPECT_TRUE(auth->work(0)->cancelled());
    EXPECT_EQ(client.sent_uris(), Uris({"behind"}));

    client.ask("uri", second);
    auth->work(1)->end();
    EXPECT_EQ(client.sent_uris(), Uris({"uri"}));
    client.receive(respond("uri", "answer"));
    ASSERT_TRUE(second.message);
    EXPECT_EQ(second.message->content(), "answer");
}

TEST_F(StreamHeldTest, ARequestMayBeGivenUpBehindOthersEvenWhenItsWorkIsDone) {
    Told first, second;
    TestStream client(Role::client, outer);
    client.ask("first", first);
    const auto id = client.ask("second", second);
    auth->work(1)->end();
    client.hub->run();
    client.stream->requests()->give_up(id)(Errc::cancelled, nullptr);
    auth->work(0)->end();
    EXPECT_EQ(client.sent_uris(), Uris({"first"}));
}

TEST_F(StreamHeldTest, ARequestMayBeGivenUpBehindOthersThatWait) {
    Told told;
    TestStream client(Role::client);
    EXPECT_FALSE(client.stream->send(notify("first", ""), {.plugins = outer}));
    const auto id = client.ask("second", told);
    client.stream->requests()->give_up(id)(Errc::cancelled, nullptr);
    client.ask("third", told);
    auth->work(0)->end();
    EXPECT_EQ(client.sent_uris(), Uris({"first", "third"}));
}

TEST_F(StreamHeldTest, TheEndOfAConnectionEndsTheWork) {
    Told told;
    TestStream client(Role::client, outer);
    client.ask("uri", told);
    EXPECT_FALSE(send(client, "other"));
    EXPECT_GT(client.stream->abort(Errc::closed), 0u);
    EXPECT_TRUE(auth->work(0)->cancelled());
    EXPECT_TRUE(auth->work(1)->cancelled());
    EXPECT_EQ(told.error, Errc::closed);
    auth->work(0)->end();
    EXPECT_EQ(client.sent_uris(), Uris());
}

TEST_F(StreamHeldTest, WorkThatIsDoneWhenTheConnectionIsGoneIsNoTrouble) {
    TestStream client(Role::client, outer);
    EXPECT_FALSE(send(client, "uri"));
    auth->work(0)->end();
    client.stream->abort({});
    client.stream = nullptr;
    client.hub->run();
}

TEST_F(StreamHeldTest, AConnectionThatDrainsSendsFirstWhatWaits) {
    TestStream client(Role::client, outer);
    EXPECT_FALSE(send(client, "uri"));
    client.stream->drain();
    client.hub->run();
    EXPECT_FALSE(client.wire->closed);
    auth->work(0)->end();
    EXPECT_EQ(client.sent_uris(), Uris({"uri"}));
    EXPECT_TRUE(client.wire->closed);
    EXPECT_EQ(client.ended, std::error_code());
}

TEST_F(StreamHeldTest, WhatWaitsIsBoundedAsTheQueueIs) {
    TestStream newest(Role::client, outer,
                      {.send_queue_max = 1500, .slow_receiver = SlowReceiver::drop_newest});
    EXPECT_FALSE(send(newest, "a"));
    EXPECT_FALSE(send(newest, "b"));
    EXPECT_EQ(send(newest, "c"), Errc::queue_full);
    EXPECT_EQ(auth->works().size(), 3u);
    EXPECT_FALSE(auth->work(2)->started());

    TestStream oldest(Role::client, outer,
                      {.send_queue_max = 1500, .slow_receiver = SlowReceiver::drop_oldest});
    EXPECT_FALSE(send(oldest, "a"));
    EXPECT_FALSE(send(oldest, "b"));
    EXPECT_FALSE(send(oldest, "c"));
    EXPECT_TRUE(auth->work(3)->cancelled());
    auth->work(4)->end();
    auth->work(5)->end();
    EXPECT_EQ(oldest.sent_uris(), Uris({"b", "c"}));

    TestStream ends(Role::client, outer,
                    {.send_queue_max = 600, .slow_receiver = SlowReceiver::disconnect});
    EXPECT_FALSE(send(ends, "a"));
    EXPECT_EQ(send(ends, "b"), Errc::queue_full);
    EXPECT_TRUE(ends.wire->closed);
    EXPECT_TRUE(auth->work(6)->cancelled());
}

TEST_F(StreamHeldTest, RepliesThatWaitKeepTheirOrderWithAllOthers) {
    auth->pays_for_answers = true;
    TestStream server(Role::server);
    server.node->router.add({MessageType::request_uri, "free"}, answering("!"));
    server.node->router.add({MessageType::request_uri, "paid"}, answering("!", outer));
    server.receive(request("free"), 1);
    server.receive(request("paid"), 2);
    server.receive(request("free"), 3);
    server.receive(request("paid"), 4);
    EXPECT_FALSE(server.stream->send(notify("news", ""), {}));
    EXPECT_EQ(server.sent_uris(), Uris({"free"}));
    auth->work(1)->end();
    auth->work(0)->end();
    auto sent = server.sent();
    ASSERT_EQ(sent.size(), 4u);
    EXPECT_EQ(sent[0].request_id(), 2u);
    EXPECT_EQ(sent[1].request_id(), 3u);
    EXPECT_EQ(sent[2].request_id(), 4u);
    EXPECT_EQ(sent[3].uri(), "news");
}

TEST_F(StreamHeldTest, RepliesThatWaitHoldBackWhatComesWhenTheyAreMany) {
    auth->pays_for_answers = true;
    TestStream server(Role::server, {}, {.send_queue_max = 1200});
    server.node->router.add({MessageType::request_uri, "uri"}, answering("!", outer));
    std::string all;
    for (RequestId id = 1; id <= 5; ++id) {
        EXPECT_FALSE(encode_message(request("uri"), all, id));
    }
    server.receive(std::move(all));
    EXPECT_EQ(auth->works().size(), 3u);
    EXPECT_FALSE(server.stream->takes_input());
    std::size_t sent = 0;
    for (std::size_t i = 0; i < 5; ++i) {
        auth->work(i)->end();
        sent += server.sent().size();
    }
    EXPECT_EQ(sent, 5u);
    EXPECT_TRUE(server.stream->takes_input());
}

TEST_F(StreamHeldTest, APluginMayEndTheConnectionAsItGoesOn) {
    for (const std::error_code result : {std::error_code(), make_error_code(Errc::pending)}) {
        TestStream client(Role::client);
        const auto ending = std::make_shared<EndingAuth>([&] { client.stream->abort({}); });
        ending->result = result;
        EXPECT_FALSE(client.stream->send(notify("uri", ""), {.plugins = {.auth = ending}}));
        ending->work->end();
        EXPECT_EQ(client.sent_uris(), Uris());
        EXPECT_TRUE(client.wire->closed);
    }
}

TEST_F(StreamHeldTest, NotificationsQueueUpBehindWhatWaits) {
    TestStream server(Role::server, outer,
                      {.subscriptions_max = 1 << 20, .subscriptions_total_max = 1 << 20});
    EXPECT_FALSE(server.hub->subscribe("news", *server.stream));
    EXPECT_FALSE(send(server, "waits"));
    auto frame = std::make_shared<std::string>();
    ASSERT_TRUE(encode_for_all(*server.node, notify("news", ""), {}, {}, *frame));
    server.hub->give(server.hub->subscribers("news"), {frame});
    EXPECT_EQ(server.sent_uris(), Uris());
    auth->work(0)->end();
    EXPECT_EQ(server.sent_uris(), Uris({"waits", "news"}));
}

TEST_F(StreamHeldTest, AMessageToManyIsGivenToEachWhereAPluginWaits) {
    Node node(Role::server);
    std::string out;
    EXPECT_EQ(encode_for_all(node, notify("news", ""), {}, outer, out).value(), 0u);
    EXPECT_TRUE(out.empty());
    EXPECT_FALSE(auth->work(0)->started());
}

TEST_F(StreamHeldTest, PresentValuesMayWaitAndAreNoAnswers) {
    auth->pays_for_answers = true;
    TestStream server(Role::server, {}, {.subscriptions_total_max = 1 << 20});
    PresentValues::Snapshot values;
    for (const char* uri : {"a", "b"}) {
        values.push_back(std::make_shared<PresentValues::Value>(PresentValues::Value{uri, "v"}));
    }
    server.node->router.add(
        {MessageType::subscribe_uri, "all"}, calling([&](const Message& message, Source&) {
            EXPECT_TRUE(server.stream->present("", {}, std::move(values), {.plugins = outer}));
            return confirm_subscribe(message.uri());
        }));
    server.receive(OwnedMessage(MessageType::subscribe_uri, "all"));
    EXPECT_EQ(server.sent_uris(), Uris({"all"}));
    auth->work(0)->end();
    EXPECT_EQ(server.sent_uris(), Uris({"a"}));
    EXPECT_FALSE(server.stream->send(notify("news", ""), {}));
    auth->work(1)->end();
    EXPECT_EQ(server.sent_uris(), Uris({"b", "news"}));
    EXPECT_EQ(auth->made_for_answers, 0);
    EXPECT_EQ(auth->knew_remote, 4);
}

TEST_F(StreamHeldTest, ARequestRefusedForItsPriceIsMadeAnew) {
    auth->retries = true;
    auth->at_once = true;
    Told told;
    TestStream client(Role::client, outer);
    client.ask("uri", told);
    auto sent = client.sent();
    ASSERT_EQ(sent.size(), 1u);
    const RequestId first = sent[0].request_id().value();
    client.receive(OwnedMessage(MessageType::auth_error, "uri", "price 5"), first);
    sent = client.sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(told.times, 0);
    EXPECT_EQ(sent[0].auth().integer("paid"), 5u);
    EXPECT_EQ(sent[0].content(), "?");
    EXPECT_NE(sent[0].request_id(), first);

    client.receive(OwnedMessage(MessageType::auth_error, "uri", "price 9"), first);
    EXPECT_EQ(client.sent_uris(), Uris());  // that request is no more
    client.receive(respond("uri", "answer"), sent[0].request_id());
    ASSERT_TRUE(told.message);
    EXPECT_EQ(told.message->content(), "answer");
}

TEST_F(StreamHeldTest, ARefusalOfAHandlerHasTheRequestMadeAnewToo) {
    auth->retries = true;
    auth->at_once = true;
    Told told;
    TestStream client(Role::client);
    client.ask("uri", told, std::chrono::seconds(10), outer);
    client.receive(OwnedMessage(MessageType::auth_error, "uri", "price 5"),
                   client.sent().at(0).request_id());
    EXPECT_EQ(client.sent().at(0).auth().integer("paid"), 5u);
    EXPECT_EQ(told.times, 0);
}

TEST_F(StreamHeldTest, ARequestIsMadeAnewAFewTimesAndNoMore) {
    auth->retries = true;
    auth->at_once = true;
    Told told;
    TestStream client(Role::client, outer);
    client.ask("uri", told);
    unsigned times = 0;
    for (auto sent = client.sent(); !sent.empty(); sent = client.sent()) {
        ++times;
        client.receive(OwnedMessage(MessageType::auth_error, "uri", "price 5"),
                       sent[0].request_id());
    }
    EXPECT_EQ(times, 1 + RequestTable::retries_max);
    EXPECT_EQ(told.times, 1);
    ASSERT_TRUE(told.message);
    EXPECT_EQ(told.message->type(), MessageType::auth_error);
}

TEST_F(StreamHeldTest, ARefusalWithoutTheRequestsOwnIdIsNotBelieved) {
    auth->retries = true;
    auth->at_once = true;
    Told told;
    TestStream client(Role::client, outer);
    client.ask("uri", told);
    EXPECT_EQ(client.sent_uris(), Uris({"uri"}));
    client.receive(OwnedMessage(MessageType::auth_error, "uri", "price 5"), 77);
    EXPECT_EQ(told.times, 0);
    client.receive(OwnedMessage(MessageType::auth_error, "uri", "price 5"));
    EXPECT_EQ(told.times, 1);
    EXPECT_EQ(client.sent_uris(), Uris());
    EXPECT_EQ(auth->asked_to_retry, 0);
}

TEST_F(StreamHeldTest, ARequestThatIsMadeAnewMayTimeOutAndBeGivenUp) {
    auth->retries = true;
    Told late, cancelled;
    TestStream client(Role::client, outer);
    client.ask("late", late, std::chrono::seconds(1));
    const auto id = client.ask("cancelled", cancelled);
    auth->work(0)->end();
    auth->work(1)->end();
    const auto sent = client.sent();
    ASSERT_EQ(sent.size(), 2u);
    for (const auto& message : sent) {
        client.receive(OwnedMessage(MessageType::auth_error, message.uri(), "price 5"),
                       message.request_id());
    }
    EXPECT_EQ(auth->going_on(), 2u);
    client.clock->advance(std::chrono::seconds(2));
    client.stream->expire_requests(client.hub->now());
    EXPECT_EQ(late.error, Errc::timeout);
    auto completion = client.stream->requests()->give_up(id);
    ASSERT_TRUE(completion);
    completion(Errc::cancelled, nullptr);
    EXPECT_EQ(auth->going_on(), 0u);
    EXPECT_EQ(client.sent_uris(), Uris());
    EXPECT_EQ(client.stream->requests()->in_flight(), 0u);
}

TEST_F(StreamHeldTest, AnswersAreKnownBeforeTheyAreOpened) {
    auth->demands = 1;
    auth->at_once = true;
    Told told, by_uri;
    TestStream client(Role::client, outer);
    client.ask("uri", told);
    client.ask("plain", by_uri);
    const auto sent = client.sent();
    client.receive(respond("uri", "forged"), 99);
    EXPECT_EQ(auth->checked_answers, 0);
    client.receive(respond("uri", "answer"), sent.at(0).request_id());
    EXPECT_TRUE(told.message);
    client.receive(respond("plain", "answer"));
    EXPECT_TRUE(by_uri.message);
    client.receive(notify("news", ""));
    EXPECT_EQ(auth->checked_answers, 2);
    EXPECT_EQ(client.hub->tallies().rejected_unpaid.get(), 2u);
}

}  // namespace
}  // namespace netaio::core
