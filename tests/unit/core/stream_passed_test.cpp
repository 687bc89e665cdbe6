#include <gtest/gtest.h>

#include "core/deferred.hpp"
#include "stream_testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;

// Has messages answered later, by a function that gets the Answer.
class DeferringHandler final : public Handler {
public:
    using Function = std::function<void(const Message&, Answer)>;

    explicit DeferringHandler(Function function)
        : Handler(false, true), function_(std::move(function)) {}

    std::optional<OwnedMessage> call(const Message& message, Source& source) const override {
        call_deferring(source.defer(),
                       [&](Answer answer) { function_(message, std::move(answer)); });
        return std::nullopt;
    }

private:
    Function function_;
};

// Says how often it was asked.
class CountingClock final : public Clock {
public:
    std::chrono::system_clock::time_point now() const override { return {}; }
    std::chrono::steady_clock::time_point steady_now() const override {
        ++asked;
        return {};
    }

    mutable int asked = 0;
};

// A client asks, and what it asks is passed on to a program, on a hub of its own.
class StreamPassedTest : public testing::Test {
protected:
    void handle(DeferringHandler::Function function) {
        asker.node->default_route = {std::make_shared<DeferringHandler>(std::move(function)), {}};
    }
    void pass_on() {
        handle([this](const Message& message, Answer answer) {
            EXPECT_FALSE(
                program.stream->pass_on(message, "@", "from", std::chrono::seconds(10), answer));
        });
    }
    void keep() {
        handle([this](const Message&, Answer answer) { kept.push_back(std::move(answer)); });
    }
    static std::string question(RequestId id) {
        std::string frame;
        EXPECT_FALSE(encode_message(request("uri", "?"), frame, id));
        return frame;
    }
    static StreamLimits many() {
        StreamLimits limits;
        limits.handlers_max = 100;
        return limits;
    }

    TestStream asker{Role::server, {}, many()};
    TestStream program{Role::server, {}, many()};
    std::vector<Answer> kept;
};

TEST_F(StreamPassedTest, WhatComesTogetherIsPassedOnForOneLookAtTheClock) {
    const auto clock = std::make_shared<CountingClock>();
    asker.node->environment.clock = clock;
    program.node->environment.clock = clock;
    pass_on();
    std::string few;
    std::string many;
    for (RequestId id = 1; id <= 40; ++id) {
        (id <= 2 ? few : many) += question(id);
    }
    asker.receive(few);
    EXPECT_EQ(program.sent().size(), 2u);
    const int for_few = std::exchange(clock->asked, 0);
    asker.receive(many);
    EXPECT_EQ(program.sent().size(), 38u);
    EXPECT_LE(clock->asked, for_few);
}

TEST_F(StreamPassedTest, TheClockIsLookedAtAnewInEachTurn) {
    pass_on();
    asker.receive(question(1));
    ASSERT_EQ(program.sent().size(), 1u);
    program.clock->advance(std::chrono::seconds(9));
    asker.receive(question(2));
    ASSERT_EQ(program.sent().size(), 1u);
    program.clock->advance(std::chrono::seconds(9));
    program.hub->tick();
    EXPECT_EQ(asker.sent().size(), 1u) << "the second has a second left";
    program.clock->advance(std::chrono::seconds(1));
    program.hub->tick();
    EXPECT_EQ(asker.sent().size(), 1u);
}

TEST_F(StreamPassedTest, AnAnswerComesBackWithTheIdOfItsQuestionAndWithoutTheField) {
    pass_on();
    asker.receive(question(7));
    const auto passed = program.sent();
    ASSERT_EQ(passed.size(), 1u);
    EXPECT_EQ(passed[0].auth().bytes("@"), "from");
    OwnedMessage answer = respond("uri", "!");
    answer.auth().set("@", "who cares");
    program.receive(std::move(answer), passed[0].request_id());
    const auto answered = asker.sent();
    ASSERT_EQ(answered.size(), 1u);
    EXPECT_EQ(answered[0].content(), "!");
    EXPECT_EQ(answered[0].request_id(), 7u);
    EXPECT_TRUE(answered[0].auth().empty());
}

TEST_F(StreamPassedTest, AnswersMayOutliveTheConnection) {
    keep();
    asker.receive(question(1) + question(2));
    ASSERT_EQ(kept.size(), 2u);
    EXPECT_TRUE(kept[0].open());
    asker.stream->abort({});
    EXPECT_FALSE(kept[0].open());
    kept[0]("late");
    asker.stream = nullptr;
    EXPECT_FALSE(kept[1].open());
    kept[1]("later");
    EXPECT_TRUE(asker.wire->sent.empty());
}

TEST_F(StreamPassedTest, TheLastThatKnowsAConnectionMayBeWhatAnswersAndEndsIt) {
    keep();
    asker.receive(question(1));
    ASSERT_EQ(kept.size(), 1u);
    const std::weak_ptr<Stream> alive = asker.stream;
    asker.stream->drain();
    asker.hub->run();
    asker.stream = nullptr;
    ASSERT_FALSE(alive.expired());
    kept[0]("bye");
    EXPECT_EQ(asker.sent().size(), 1u);
    EXPECT_TRUE(asker.wire->closed);
    EXPECT_TRUE(alive.expired());
}

TEST_F(StreamPassedTest, ThatAnswersAreAboutAnotherUriIsSaidOnce) {
    keep();
    asker.receive(question(1) + question(2));
    ASSERT_EQ(kept.size(), 2u);
    for (Answer& answer : kept) {
        answer(respond("other", "x"));
    }
    EXPECT_EQ(asker.sent().size(), 2u);
    EXPECT_EQ(asker.lines.count("answers 'uri' with the uri 'other'"), 1u);
}

}  // namespace
}  // namespace netaio::core
