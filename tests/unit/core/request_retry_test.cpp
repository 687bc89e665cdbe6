#include <gtest/gtest.h>

#include "support/working_auth.hpp"
#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using netaio::test::WorkingAuth;

constexpr auto never_due = RequestTable::TimePoint::max();

class RequestRetryTest : public testing::Test {
protected:
    RequestTable::Id add(Told& told, bool kept = true) {
        const auto id =
            *table.add("uri", MessageType::request_uri, {}, never_due, told.completion());
        if (kept) {
            table.keep(RequestTable::on_wire(id), request("uri"));
        }
        return id;
    }

    RequestTable table;
};

TEST_F(RequestRetryTest, ARetriedRequestIsAnsweredByItsNewIdAndCalledByItsOld) {
    Told told, other;
    const auto id = add(told);
    add(other);
    const auto* const retried = table.retry(RequestTable::on_wire(id));
    ASSERT_TRUE(retried);
    const auto now = RequestTable::on_wire(retried->id);
    EXPECT_NE(now, RequestTable::on_wire(id));
    EXPECT_FALSE(table.take(MessageType::respond_uri, "uri", RequestTable::on_wire(id)));
    EXPECT_TRUE(table.is_answer(MessageType::respond_uri, {}, now));
    auto completion = table.give_up(id);
    ASSERT_TRUE(completion);
    completion(Errc::cancelled, nullptr);
    EXPECT_EQ(told.error, Errc::cancelled);
    EXPECT_FALSE(table.give_up(id));
    // Its late answer may still come.
    const auto late = table.take(MessageType::respond_uri, "uri", now);
    ASSERT_TRUE(late);
    EXPECT_FALSE(late->completion);
}

TEST_F(RequestRetryTest, ARetriedRequestThatWasTakenOutWaitsAgainUnderTheSameIds) {
    Told told;
    const auto id = add(told);
    const auto now = RequestTable::on_wire(table.retry(RequestTable::on_wire(id))->id);
    auto taken = table.take(MessageType::respond_uri, "uri", now);
    ASSERT_TRUE(taken);
    table.insert("uri", std::move(*taken));
    EXPECT_TRUE(table.forget(id));
    EXPECT_EQ(table.in_flight(), 0u);
}

TEST_F(RequestRetryTest, OnlyWhatWasKeptAndSentIsRetriedAndAFewTimesOnly) {
    Told told, unkept, unsent;
    EXPECT_FALSE(table.retry(RequestTable::on_wire(add(unkept, false))));
    const auto waits = RequestTable::on_wire(add(unsent));
    table.set_unsent(waits, true);
    EXPECT_FALSE(table.retry(waits));
    table.set_unsent(waits, false);
    EXPECT_TRUE(table.retry(waits));
    auto id = RequestTable::on_wire(add(told));
    unsigned times = 0;
    while (const auto* retried = table.retry(id)) {
        id = RequestTable::on_wire(retried->id);
        ++times;
    }
    EXPECT_EQ(times, RequestTable::retries_max);
}

TEST_F(RequestRetryTest, WhatEndsBeforeItIsSentIsSaidAndLeavesNoMark) {
    std::vector<RequestId> ended;
    table.when_unsent_ends([&](RequestId id) { ended.push_back(id); });
    Told told, sent;
    const auto id = add(told);
    const auto other = add(sent);
    table.set_unsent(RequestTable::on_wire(id), true);
    EXPECT_TRUE(table.give_up(id));
    EXPECT_TRUE(table.give_up(other));
    EXPECT_EQ(ended, std::vector{RequestTable::on_wire(id)});
    EXPECT_FALSE(table.is_answer(MessageType::respond_uri, {}, RequestTable::on_wire(id)));
    EXPECT_TRUE(table.is_answer(MessageType::respond_uri, {}, RequestTable::on_wire(other)));
}

TEST(WorkingDispatcher, AutomaticRepliesWaitForNothing) {
    const auto auth = std::make_shared<WorkingAuth>();
    auth->pays_for_answers = true;
    TestNode node(Role::server, {.auth = auth});
    node.receive(node.frame(request("unknown")));
    EXPECT_TRUE(node.sent.empty());
    EXPECT_EQ(auth->works().size(), 0u);
    EXPECT_EQ(node.tallies.send_failures.get(), 1u);
    EXPECT_EQ(auth->made_for_answers, 1);
}

TEST(WorkingDispatcher, OnlyTheReplyToARequestIsAnAnswer) {
    const auto auth = std::make_shared<WorkingAuth>();
    TestNode node(Role::node, {.auth = auth});
    node.node.router.add({MessageType::request_uri, "uri"}, answering("!"));
    node.node.router.add({MessageType::notify_uri, "uri"}, answering("!"));
    node.receive(node.frame(request("uri")));
    EXPECT_EQ(auth->made_for_answers, 1);
    EXPECT_FALSE(node.sent.empty());
    node.receive(node.frame(notify("uri", "")));
    EXPECT_EQ(auth->made_for_answers, 1);
    EXPECT_TRUE(node.sent.empty());
}

}  // namespace
}  // namespace netaio::core
