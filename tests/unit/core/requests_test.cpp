#include "core/requests.hpp"

#include <gtest/gtest.h>

#include "core/meaning.hpp"
#include "testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using std::chrono::seconds;

constexpr auto later = RequestTable::TimePoint::max();
constexpr auto asked = MessageType::request_uri;
constexpr auto answer = MessageType::respond_uri;

RequestTable::TimePoint at_second(int second) {
    return RequestTable::TimePoint(seconds(second));
}

std::size_t expired(RequestTable& table, RequestTable::TimePoint now) {
    std::vector<RequestTable::Expired> all;
    table.give_up_expired(now, all);
    return all.size();
}

struct RequestTableTest : testing::Test {
    RequestTable::Id add(ByteView uri, MessageType type = asked,
                         RequestTable::TimePoint deadline = later) {
        return *table.add(uri, type, {}, deadline, told.completion());
    }

    RequestTable table;
    Told told;
};

TEST_F(RequestTableTest, AnswersRequestsForAUriInTheirOrder) {
    const auto first = add("uri");
    const auto other = add("other");
    const auto second = add("uri");
    EXPECT_EQ(table.in_flight(), 3u);
    EXPECT_EQ(table.take(answer, "uri")->id, first);
    EXPECT_EQ(table.take(answer, "uri")->id, second);
    EXPECT_FALSE(table.take(answer, "uri"));
    EXPECT_EQ(table.take(answer, "other")->id, other);
    EXPECT_EQ(table.in_flight(), 0u);
}

TEST_F(RequestTableTest, TellsUrisApartByTheirBytes) {
    add("uri");
    for (const ByteView uri :
         {ByteView(""), ByteView("ur"), ByteView("uri1"), ByteView("uri\0", 4)}) {
        EXPECT_FALSE(table.take(answer, uri));
    }
    EXPECT_TRUE(table.take(answer, "uri"));
    add("");
    EXPECT_TRUE(table.take(answer, ""));
}

TEST_F(RequestTableTest, AcceptsTheTypesThatAnswerEachRequest) {
    using enum MessageType;
    const auto expect = [](MessageType request, std::set<MessageType> extra) {
        extra.insert({auth_error, error, not_found, not_permitted});
        for (int value = 0; value < 256; ++value) {
            const auto reply = static_cast<MessageType>(value);
            EXPECT_EQ(answers(request, reply), extra.contains(reply))
                << built_in_name(request) << " " << value;
        }
    };
    expect(request_uri, {respond_uri});
    expect(create_uri, {ok});
    expect(update_uri, {ok});
    expect(delete_uri, {ok});
    expect(publish_uri, {ok});
    expect(subscribe_uri, {ok, confirm_subscribe});
    expect(unsubscribe_uri, {ok, confirm_unsubscribe});
    expect(static_cast<MessageType>(50), {ok});
}

TEST_F(RequestTableTest, GivesAnAnswerToTheOldestRequestItCanAnswer) {
    const auto request = add("uri", MessageType::request_uri);
    const auto update = add("uri", MessageType::update_uri);
    EXPECT_EQ(table.take(MessageType::ok, "uri")->id, update);
    EXPECT_FALSE(table.take(MessageType::ok, "uri"));
    EXPECT_EQ(table.take(MessageType::error, "uri")->id, request);
}

TEST_F(RequestTableTest, GivesBackWhatTheRequestWasMadeWith) {
    const Plugins inner = hmac("inner");
    table.add("uri", MessageType::update_uri, inner, later, told.completion()).value();
    auto taken = table.take(MessageType::ok, "uri");
    EXPECT_EQ(taken->asked.type, MessageType::update_uri);
    EXPECT_EQ(taken->inner.auth, inner.auth);
    taken->completion(Errc::closed, nullptr);
    EXPECT_EQ(told.error, Errc::closed);
}

TEST_F(RequestTableTest, DiscardsTheLateAnswerOfARequestThatWasGivenUp) {
    const auto first = add("uri");
    auto completion = table.give_up(first);
    EXPECT_TRUE(completion);
    const auto second = add("uri");
    const auto late = table.take(answer, "uri");
    ASSERT_TRUE(late);
    EXPECT_EQ(late->id, first);
    EXPECT_FALSE(late->completion) << "nobody waits for it";
    EXPECT_EQ(table.take(answer, "uri")->id, second);
}

TEST_F(RequestTableTest, GivesUpOnce) {
    const auto id = add("uri");
    EXPECT_TRUE(table.give_up(id));
    EXPECT_FALSE(table.give_up(id));
    EXPECT_FALSE(table.give_up(id + 1));
    EXPECT_EQ(table.in_flight(), 0u);
}

TEST_F(RequestTableTest, ForgetsTheGivenUpOnceALaterOneIsAnswered) {
    const auto first = add("uri");
    const auto second = add("other");
    const auto third = add("uri");
    table.give_up(first);
    EXPECT_EQ(table.take(answer, "other")->id, second);
    EXPECT_EQ(table.take(answer, "uri")->id, third)
        << "the answer to the first would have come before";
}

TEST_F(RequestTableTest, RemembersTheGivenUpThatAreLaterThanTheOneAnswered) {
    const auto first = add("uri");
    const auto second = add("other");
    table.give_up(second);
    EXPECT_EQ(table.take(answer, "uri")->id, first);
    EXPECT_FALSE(table.take(answer, "other")->completion);
}

TEST_F(RequestTableTest, RemembersNoAnswersToWhatWasNeverSent) {
    const auto first = add("uri");
    const auto second = add("uri");
    EXPECT_TRUE(table.forget(first));
    EXPECT_FALSE(table.forget(first));
    EXPECT_EQ(table.take(answer, "uri")->id, second);
}

TEST_F(RequestTableTest, GivesUpWhatIsPastItsDeadline) {
    EXPECT_FALSE(table.next_deadline());
    add("b", asked, at_second(2));
    add("a", asked, at_second(1));
    const auto last = add("c", asked, at_second(3));
    EXPECT_EQ(table.next_deadline(), at_second(1));
    EXPECT_TRUE(expired(table, at_second(0)) == 0);
    EXPECT_EQ(expired(table, at_second(2)), 2u);
    EXPECT_EQ(table.next_deadline(), at_second(3));
    EXPECT_EQ(table.in_flight(), 1u);
    EXPECT_FALSE(table.take(answer, "a")->completion);
    EXPECT_EQ(table.take(answer, "c")->id, last);
    EXPECT_FALSE(table.next_deadline());
}

TEST_F(RequestTableTest, TakesTheOldestThatStillWaits) {
    EXPECT_FALSE(table.take_oldest());
    const auto first = add("a");
    const auto second = add("b");
    const auto third = add("a");
    table.give_up(first);
    EXPECT_EQ(table.take_oldest()->id, second);
    EXPECT_EQ(table.take_oldest()->id, third);
    EXPECT_FALSE(table.take_oldest());
    EXPECT_FALSE(table.take(answer, "a")->completion) << "the given-up one is still remembered";
}

TEST_F(RequestTableTest, EndsAllThatWait) {
    table.give_up(add("a"));
    add("a");
    add("b");
    table.end_all(Errc::closed, Log());
    EXPECT_EQ(told.times, 2);
    EXPECT_EQ(table.in_flight(), 0u);
    EXPECT_FALSE(table.take(answer, "a"));
    EXPECT_FALSE(table.next_deadline());
    const auto again = add("a");
    EXPECT_EQ(table.take(answer, "a")->id, again);
}

TEST(RequestTable, RefusesMoreThanItsLimit) {
    RequestTable table(2);
    Told told;
    const auto add = [&] { return table.add("uri", asked, {}, later, told.completion()); };
    const auto first = add();
    EXPECT_FALSE(table.full());
    add().value();
    EXPECT_TRUE(table.full());
    EXPECT_EQ(add().error(), Errc::queue_full);
    table.give_up(*first);
    EXPECT_FALSE(table.full());
    EXPECT_TRUE(add());
    EXPECT_EQ(told.times, 0);
}

TEST(RequestTable, RemembersNoMoreGivenUpRequestsThanItsLimit) {
    RequestTable table(2);
    Told told;
    for (int i = 0; i < 5; ++i) {
        table.give_up(*table.add("uri", asked, {}, later, told.completion()));
    }
    EXPECT_EQ(table.take(answer, "uri")->id, 4u);
    EXPECT_EQ(table.take(answer, "uri")->id, 5u);
    EXPECT_FALSE(table.take(answer, "uri"));
}

// Where late answers are not expected.
struct LossyRequestTableTest : testing::Test {
    RequestTable::Id add(RequestTable::TimePoint deadline = later) {
        return *table.add("uri", asked, {}, deadline, told.completion());
    }

    RequestTable table{2, LateAnswers::not_expected};
    Told told;
};

TEST_F(LossyRequestTableTest, GivesAnAnswerToTheNextRequestWhenOneWasGivenUp) {
    EXPECT_TRUE(table.give_up(add()));
    const auto second = add();
    const auto taken = table.take(answer, "uri");
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->id, second);
    EXPECT_TRUE(taken->completion);
    EXPECT_FALSE(table.take(answer, "uri"));
}

TEST_F(RequestTableTest, EndsAllWhateverOneOfThemThrows) {
    netaio::test::LogLines lines;
    add("a");
    (void)*table.add("a", asked, {}, later,
                     [](std::error_code, const Message*) { throw std::runtime_error("broken"); });
    add("b");
    table.end_all(Errc::closed, lines.log());
    EXPECT_EQ(told.times, 2);
    EXPECT_EQ(lines.all(), std::vector<std::string>{"error a request ends all the same: broken"});
}

TEST_F(LossyRequestTableTest, KeepsNothingOfWhatWasGivenUp) {
    for (int i = 0; i < 5; ++i) {
        const auto id = add();
        EXPECT_TRUE(table.give_up(id));
        EXPECT_FALSE(table.give_up(id));
        EXPECT_FALSE(table.next_deadline());
    }
    EXPECT_FALSE(table.take(answer, "uri"));
    table.end_all(Errc::closed, Log());
    EXPECT_EQ(told.times, 0);
}

TEST_F(LossyRequestTableTest, KeepsNothingOfWhatIsPastItsDeadline) {
    add(at_second(1));
    const auto second = add(at_second(2));
    EXPECT_EQ(expired(table, at_second(1)), 1u);
    EXPECT_EQ(table.in_flight(), 1u);
    EXPECT_EQ(table.next_deadline(), at_second(2));
    EXPECT_EQ(table.take(answer, "uri")->id, second);
    EXPECT_FALSE(table.take(answer, "uri"));
}

TEST_F(RequestTableTest, MatchesAnAnswerByIdAndUriTogether) {
    const auto first = add("uri");
    const auto second = add("uri");
    const auto other = add("other");
    EXPECT_FALSE(table.take(answer, "uri", RequestTable::on_wire(other)));
    EXPECT_FALSE(table.take(answer, "uri", RequestTable::on_wire(other) + 1));
    EXPECT_FALSE(table.take(MessageType::ok, "uri", RequestTable::on_wire(second)));
    EXPECT_EQ(table.take(answer, "uri", RequestTable::on_wire(second))->id, second);
    EXPECT_FALSE(table.take(answer, "uri", RequestTable::on_wire(second))) << "it was answered";
    EXPECT_EQ(table.take(answer, "uri")->id, first) << "an answer without an id still matches";
    EXPECT_EQ(table.take(MessageType::error, "other", RequestTable::on_wire(other))->id, other);
}

TEST_F(RequestTableTest, TellsALateAnswerByItsId) {
    const auto first = add("uri");
    table.give_up(first);
    const auto second = add("uri");
    EXPECT_EQ(table.take(answer, "uri", RequestTable::on_wire(second))->id, second);
    const auto third = add("uri");
    EXPECT_FALSE(table.take(answer, "uri", RequestTable::on_wire(first)))
        << "it is not remembered any more, and nobody else's";
    EXPECT_EQ(table.take(answer, "uri", RequestTable::on_wire(third))->id, third);
    const auto fourth = add("uri");
    table.give_up(fourth);
    EXPECT_FALSE(table.take(answer, "uri", RequestTable::on_wire(fourth))->completion);
}

TEST_F(RequestTableTest, SaysWhichUriIsMeantByAnIdAlone) {
    const auto first = add("a");
    add("b");
    EXPECT_FALSE(table.meant_uri());
    EXPECT_EQ(table.meant_uri(RequestTable::on_wire(first)), "a");
    EXPECT_FALSE(table.meant_uri(RequestTable::on_wire(first) - 1));
}

TEST_F(LossyRequestTableTest, GivesARequestUpForTheAnswerToItThatWasNotBelieved) {
    const auto give_up = [&] {
        std::vector<RequestTable::Expired> all;
        table.give_up_expired(later, all);
        std::vector<std::error_code> why;
        for (const auto& one : all) {
            why.push_back(one.why);
        }
        return why;
    };
    using Why = std::vector<std::error_code>;
    add();
    EXPECT_TRUE(table.not_believed(std::nullopt, Errc::auth_failed)) << "it is alone";
    add();
    EXPECT_FALSE(table.not_believed(std::nullopt, Errc::decrypt_failed));
    EXPECT_FALSE(table.not_believed(77, Errc::decrypt_failed));
    EXPECT_EQ(give_up(), (Why{Errc::auth_failed, Errc::timeout}));

    add();
    EXPECT_TRUE(table.not_believed(RequestTable::on_wire(add()), Errc::auth_failed_unverified));
    EXPECT_EQ(give_up(), (Why{Errc::timeout, Errc::auth_failed_unverified}));

    add();
    table.none_believed(Errc::auth_failed);
    add();
    table.none_believed(Errc::auth_failed);
    EXPECT_EQ(give_up(), (Why{Errc::auth_failed, Errc::auth_failed}));
}

TEST(RequestTable, WrapsIdsAndSkipsThoseThatMayStillBeAnswered) {
    constexpr RequestTable::Id turn = RequestTable::Id(1) << 32;
    RequestTable table(8, LateAnswers::expected, turn - 1);
    Told told;
    const auto add = [&] { return *table.add("uri", asked, {}, later, told.completion()); };
    const auto last = add();
    EXPECT_EQ(RequestTable::on_wire(last), 0xffffffffu);
    const auto wrapped = add();
    EXPECT_EQ(RequestTable::on_wire(wrapped), 0u);
    table.give_up(wrapped);
    EXPECT_EQ(table.free_from(wrapped + turn - 1), wrapped + turn + 1)
        << "one is in flight and the other given up";
    EXPECT_EQ(table.take(answer, "uri", 0xffffffff)->id, last);

    RequestTable::Request again;
    again.id = wrapped + turn + 1;
    again.completion = told.completion();
    table.insert("uri", std::move(again));
    EXPECT_EQ(table.take(answer, "uri", 0)->id, wrapped) << "across a whole turn";
    EXPECT_EQ(table.take(answer, "uri", 1)->id, wrapped + turn + 1);
    EXPECT_FALSE(table.take(answer, "uri", 1));
}

}  // namespace
}  // namespace netaio::core
