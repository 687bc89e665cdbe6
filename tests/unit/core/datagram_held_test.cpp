#include <gtest/gtest.h>

#include "datagram_testbed.hpp"
#include "support/working_auth.hpp"

namespace netaio::core {
namespace {

using namespace test;
using netaio::test::WorkingAuth;

class DatagramHeldTest : public testing::Test {
protected:
    DatagramHeldTest() {
        mailbox = std::make_shared<Mailbox>([this](auto what) { posted.push_back(what); });
    }
    ~DatagramHeldTest() override { mailbox->close(); }

    std::unique_ptr<TestDatagrams> make(const DatagramBounds& bounds = {}) {
        auto made = std::make_unique<TestDatagrams>("local", bounds, outer);
        made->core.set_mailbox(mailbox);
        return made;
    }
    std::vector<std::string> sent(TestDatagrams& from) {
        for (const auto& what : std::exchange(posted, {})) {
            what();
        }
        std::vector<std::string> uris;
        for (const auto& each : from.take()) {
            uris.push_back(each.message().uri().str());
            last_id = each.message().request_id();
            last_paid = each.message().auth().integer("paid");
        }
        return uris;
    }
    std::error_code send(TestDatagrams& from, const std::string& uri) {
        return from.core.send(there, notify(uri, ""), {}, outer);
    }
    Result<RequestTable::Id> ask(TestDatagrams& from, Told& told,
                                 std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
        return from.core.request(there, request("uri"), {}, timeout, told.completion());
    }

    using Uris = std::vector<std::string>;
    std::shared_ptr<WorkingAuth> auth = std::make_shared<WorkingAuth>();
    Plugins outer{.auth = auth};
    std::vector<Mailbox::What> posted;
    std::shared_ptr<Mailbox> mailbox;
    std::optional<RequestId> last_id;
    std::optional<std::uint64_t> last_paid;
};

TEST_F(DatagramHeldTest, ADatagramGoesWhenItsWorkIsDone) {
    const auto node = make();
    EXPECT_FALSE(send(*node, "a"));
    EXPECT_FALSE(send(*node, "b"));
    EXPECT_EQ(sent(*node), Uris());
    EXPECT_TRUE(node->core.waits_for_work());
    auth->work(1)->end();
    EXPECT_EQ(sent(*node), Uris({"b"}));
    auth->work(0)->end();
    EXPECT_EQ(sent(*node), Uris({"a"}));
    EXPECT_EQ(last_paid, 1u);
    EXPECT_FALSE(node->core.waits_for_work());
    EXPECT_EQ(node->core.tallies().frames_out.get(), 2u);
}

TEST_F(DatagramHeldTest, WithoutAThreadToComeBackToNothingWaits) {
    TestDatagrams node("local", {}, outer);
    EXPECT_EQ(send(node, "a"), Errc::auth_not_possible);
    EXPECT_EQ(node.core.tallies().send_failures.get(), 1u);
}

TEST_F(DatagramHeldTest, AMessageToManyIsWorkedForOnce) {
    const auto node = make();
    EXPECT_FALSE(node->core.subscribe("news", there));
    EXPECT_FALSE(node->core.subscribe("news", elsewhere));
    EXPECT_FALSE(node->core.notify("news", notify("news", ""), {}, outer));
    EXPECT_FALSE(node->core.multicast(notify("all", ""), {}, outer));
    auth->work(0)->end();
    EXPECT_EQ(sent(*node), Uris({"news", "news"}));
    auth->work(1)->end();
    for (const auto& what : std::exchange(posted, {})) {
        what();
    }
    const auto all = node->take();
    ASSERT_EQ(all.size(), 1u);
    EXPECT_TRUE(all[0].to_group);
}

TEST_F(DatagramHeldTest, WhatWaitsIsBounded) {
    const auto node = make({.outbox_max = 1200});
    EXPECT_FALSE(send(*node, "a"));
    EXPECT_FALSE(send(*node, "b"));
    EXPECT_EQ(send(*node, "c"), Errc::queue_full);
    EXPECT_FALSE(auth->work(2)->started());
    EXPECT_EQ(node->core.tallies().dropped_newest.get(), 1u);
}

TEST_F(DatagramHeldTest, ARequestMayEndBeforeItIsSent) {
    const auto node = make();
    Told late, cancelled, failed, ended;
    EXPECT_TRUE(ask(*node, late, std::chrono::seconds(1)));
    const auto id = ask(*node, cancelled);
    EXPECT_TRUE(ask(*node, failed));
    EXPECT_TRUE(ask(*node, ended));
    node->clock->advance(std::chrono::seconds(2));
    node->core.tick();
    EXPECT_EQ(late.error, Errc::timeout);
    EXPECT_TRUE(auth->work(0)->cancelled());
    EXPECT_TRUE(node->core.cancel(there, *id));
    EXPECT_TRUE(auth->work(1)->cancelled());
    auth->work(2)->end(Errc::auth_not_possible);
    EXPECT_EQ(sent(*node), Uris());
    EXPECT_EQ(failed.error, Errc::auth_not_possible);
    node->core.end_requests(Errc::cancelled);
    EXPECT_EQ(ended.error, Errc::cancelled);
    EXPECT_TRUE(auth->work(3)->cancelled());
    EXPECT_FALSE(node->core.waits_for_work());
}

TEST_F(DatagramHeldTest, ARequestThatWaitedIsAnsweredAndKnownWhenItCannotBeSent) {
    const auto node = make();
    Told told, unsent;
    EXPECT_TRUE(ask(*node, told));
    auth->work(0)->end();
    EXPECT_EQ(sent(*node), Uris({"uri"}));
    node->receive(node->frame(respond("uri", "answer"), {}, {}, last_id));
    ASSERT_TRUE(told.message);

    EXPECT_TRUE(ask(*node, unsent));
    auth->work(1)->end();
    for (const auto& what : std::exchange(posted, {})) {
        what();
    }
    const auto bytes = node->take().at(0).bytes;
    node->core.not_sent(bytes, there, std::make_error_code(std::errc::network_unreachable));
    EXPECT_EQ(unsent.error, std::errc::network_unreachable);
}

TEST_F(DatagramHeldTest, ANodeThatGoesAwayEndsTheWork) {
    auto node = make();
    EXPECT_FALSE(send(*node, "a"));
    EXPECT_FALSE(send(*node, "b"));
    auth->work(1)->end();
    node = nullptr;
    EXPECT_TRUE(auth->work(0)->cancelled());
    for (const auto& what : std::exchange(posted, {})) {
        what();
    }
}

TEST_F(DatagramHeldTest, ARequestRefusedForItsPriceIsMadeAnew) {
    auth->retries = true;
    auth->demands = 1;
    const auto node = make();
    const auto refuse = [&](std::optional<RequestId> id) {
        node->receive(
            node->frame(OwnedMessage(MessageType::auth_error, "uri", "price 5"), {}, {}, id));
    };
    Told told;
    const auto id = ask(*node, told);
    auth->work(0)->end();
    EXPECT_EQ(sent(*node), Uris({"uri"}));
    const auto first = last_id;
    refuse(*first + 1);
    EXPECT_EQ(auth->works().size(), 1u);
    refuse(first);
    refuse(first);  // as datagrams may come twice
    EXPECT_EQ(auth->works().size(), 2u);
    EXPECT_EQ(sent(*node), Uris());
    auth->work(1)->end();
    EXPECT_EQ(sent(*node), Uris({"uri"}));
    EXPECT_EQ(last_paid, 5u);
    EXPECT_NE(last_id, first);
    refuse(last_id);
    EXPECT_EQ(auth->going_on(), 1u);
    EXPECT_EQ(told.times, 0);
    EXPECT_TRUE(node->core.cancel(there, *id));
    EXPECT_EQ(told.error, Errc::cancelled);
    EXPECT_EQ(auth->going_on(), 0u);
}

TEST_F(DatagramHeldTest, AReplyMayWait) {
    auth->pays_for_answers = true;
    const auto node = make();
    node->node->outer = Plugins();
    node->node->router.add({MessageType::request_uri, "uri"}, answering("!", outer));
    node->receive(request("uri"));
    EXPECT_EQ(sent(*node), Uris());
    auth->work(0)->end();
    EXPECT_EQ(sent(*node), Uris({"uri"}));
}

}  // namespace
}  // namespace netaio::core
