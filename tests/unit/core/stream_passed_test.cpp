#include <gtest/gtest.h>

#include <netaio/hmac_auth.hpp>

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
    std::error_code passed(const Message& message, Answer& answer) {
        return program.stream->pass_on(message, field, std::chrono::seconds(10), answer);
    }
    void pass_on() {
        handle([this](const Message& message, Answer answer) {
            EXPECT_FALSE(passed(message, answer));
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
    static OwnedMessage one(std::vector<OwnedMessage> all) {
        EXPECT_EQ(all.size(), 1u);
        return all.empty() ? OwnedMessage() : std::move(all.front());
    }
    static StreamLimits many() {
        StreamLimits limits;
        limits.handlers_max = 100;
        return limits;
    }

    TestStream asker{Role::server, {}, many()};
    TestStream program{Role::server, {}, many()};
    AddedField field{"@", "from"};
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
    const auto questions_on = program.sent();
    ASSERT_EQ(questions_on.size(), 1u);
    EXPECT_EQ(questions_on[0].auth().bytes("@"), "from");
    OwnedMessage answer = respond("uri", "!");
    answer.auth().set("@", "who cares");
    program.receive(std::move(answer), questions_on[0].request_id());
    const auto answered = asker.sent();
    ASSERT_EQ(answered.size(), 1u);
    EXPECT_EQ(answered[0].content(), "!");
    EXPECT_EQ(answered[0].request_id(), 7u);
    EXPECT_TRUE(answered[0].auth().empty());
}

TEST_F(StreamPassedTest, WhatNeedsNoLayerComesBackAsItCameButForItsId) {
    pass_on();
    for (const ByteView uri :
         {"uri", "", "a/longer uri, which is more than a question keeps at hand"}) {
        for (const auto type : {MessageType::respond_uri, MessageType::not_found}) {
            std::string frame;
            ASSERT_FALSE(encode_message(request(uri, "?"), frame, 7));
            asker.receive(frame);
            program.receive(OwnedMessage(type, uri, "!"), one(program.sent()).request_id());
            std::string wanted;
            ASSERT_FALSE(encode_message(OwnedMessage(type, uri, "!"), wanted, 7));
            asker.hub->run();
            EXPECT_EQ(std::exchange(asker.wire->sent, {}), wanted);
        }
    }
    EXPECT_EQ(program.hub->tallies().frames_in.get(), 6u);
    EXPECT_EQ(asker.hub->tallies().frames_out.get(), 6u);
}

TEST_F(StreamPassedTest, AnAnswerComesBackOnce) {
    pass_on();
    asker.receive(question(7));
    const auto id = one(program.sent()).request_id();
    program.receive(respond("uri", "!"), id);
    program.receive(respond("uri", "again"), id);
    EXPECT_EQ(one(asker.sent()).content(), "!");
}

TEST_F(StreamPassedTest, WhatIsNoAnswerToTheQuestionDoesNotComeBack) {
    pass_on();
    asker.receive(question(7));
    const auto id = one(program.sent()).request_id();
    std::string broken;
    ASSERT_FALSE(encode_message(respond("uri", "!"), broken, id));
    broken.back() = '?';
    program.receive(broken);
    program.receive(OwnedMessage(MessageType::confirm_subscribe, "uri"), id);
    EXPECT_TRUE(asker.sent().empty());
    program.receive(respond("uri", "!"), id);
    EXPECT_EQ(one(asker.sent()).content(), "!");
}

TEST_F(StreamPassedTest, AnAnswerAboutAnotherUriComesBackAsAnError) {
    pass_on();
    asker.receive(question(7));
    program.receive(respond("other", "!"), one(program.sent()).request_id());
    const auto answer = one(asker.sent());
    EXPECT_EQ(answer.type(), MessageType::error);
    EXPECT_EQ(answer.uri(), "uri");
}

TEST_F(StreamPassedTest, WhoAskedWithoutAnIdIsAnsweredWithoutOne) {
    pass_on();
    asker.receive(request("uri", "?"));
    program.receive(respond("uri", "!"), one(program.sent()).request_id());
    const auto answer = one(asker.sent());
    EXPECT_EQ(answer.content(), "!");
    EXPECT_FALSE(answer.request_id());
}

TEST_F(StreamPassedTest, WhoAskedThroughALayerIsAnsweredThroughIt) {
    const Plugins layer{
        std::make_shared<HmacAuth>(HmacOptions{.secret = "the secret of the network"})};
    asker.node->outer = layer;
    pass_on();
    asker.receive(request("uri", "?"), 7, layer);
    program.receive(respond("uri", "!"), one(program.sent()).request_id());
    const auto answer = one(asker.sent());
    EXPECT_EQ(answer.content(), "!");
    EXPECT_EQ(answer.request_id(), 7u);
    EXPECT_FALSE(answer.auth().empty());
}

TEST_F(StreamPassedTest, WhoAskedThroughTheLayerOfAHandlerIsAnsweredThroughIt) {
    const Plugins layer{std::make_shared<HmacAuth>(HmacOptions{.secret = "the handler's"})};
    asker.node->router.add(
        {MessageType::request_uri, "uri"},
        {std::make_shared<DeferringHandler>([this](const Message& message, Answer answer) {
             EXPECT_FALSE(passed(message, answer));
         }),
         layer});
    OwnedMessage asked = request("uri", "?");
    ASSERT_FALSE(seal(asked, layer, {}, asker.node->context(nullptr)));
    asker.receive(std::move(asked), 7);
    program.receive(respond("uri", "!"), one(program.sent()).request_id());
    const auto answer = one(asker.sent());
    EXPECT_EQ(answer.content(), "!");
    EXPECT_FALSE(answer.auth().empty());
}

TEST_F(StreamPassedTest, WhoAskedAllThatItMayIsReadOnWhenOneIsAnswered) {
    pass_on();
    std::string questions;
    for (RequestId id = 1; id <= 101; ++id) {
        questions += question(id);
    }
    asker.receive(questions);
    const auto questions_on = program.sent();
    ASSERT_EQ(questions_on.size(), 100u);
    program.receive(respond("uri", "!"), questions_on[50].request_id());
    EXPECT_EQ(one(asker.sent()).request_id(), 51u);
    EXPECT_EQ(program.sent().size(), 1u);
}

TEST_F(StreamPassedTest, WhoIsSentAwayStillGetsItsAnswers) {
    pass_on();
    asker.receive(question(1));
    asker.stream->drain();
    program.receive(respond("uri", "!"), one(program.sent()).request_id());
    EXPECT_EQ(one(asker.sent()).content(), "!");
    EXPECT_TRUE(asker.wire->closed);
}

TEST_F(StreamPassedTest, ForWhoTakesNothingAnswersWait) {
    pass_on();
    asker.wire->room = 0;
    asker.receive(question(1) + question(2));
    for (const auto& each : program.sent()) {
        program.receive(respond("uri", "!"), each.request_id());
        EXPECT_TRUE(asker.sent().empty());
    }
    asker.wire->room = std::string::npos;
    asker.stream->writable({});
    EXPECT_EQ(asker.sent().size(), 2u);
}

TEST_F(StreamPassedTest, ForWhoIsGoneAnswersGoNowhere) {
    pass_on();
    asker.receive(question(1) + question(2));
    const auto questions_on = program.sent();
    ASSERT_EQ(questions_on.size(), 2u);
    asker.stream->abort({});
    program.receive(respond("uri", "!"), questions_on[0].request_id());
    asker.stream = nullptr;
    program.receive(respond("uri", "!"), questions_on[1].request_id());
    EXPECT_TRUE(asker.wire->sent.empty());
    EXPECT_TRUE(program.stream->open());
}

// What is passed on is written at once when it is much, and who it goes to may be gone by then.
TEST_F(StreamPassedTest, WhatFindsItsProgramGoneIsLeftToWhoeverPassesOn) {
    std::size_t left = 0;
    handle([&](const Message& message, Answer answer) {
        const auto error = passed(message, answer);
        if (error) {
            EXPECT_EQ(error, Errc::closed);
            ++left;
            answer("left");
        }
    });
    program.wire->broken = std::make_error_code(std::errc::broken_pipe);
    std::string questions;
    for (RequestId id = 1; id <= 50; ++id) {
        ASSERT_FALSE(encode_message(request("uri", std::string(10'000, '?')), questions, id));
    }
    asker.receive(questions);
    EXPECT_TRUE(program.ended);
    EXPECT_GT(left, 1u);
    EXPECT_LT(left, 50u);
    EXPECT_EQ(asker.sent().size(), 50u) << "each is answered once";
}

TEST_F(StreamPassedTest, AFieldThatNoFrameHoldsIsRefusedAndTheQuestionLeft) {
    field = AddedField("@", std::string(70'000, 'x'));
    handle([this](const Message& message, Answer answer) {
        EXPECT_EQ(passed(message, answer), Errc::too_large);
        answer("too large");
    });
    asker.receive(question(7));
    EXPECT_TRUE(program.sent().empty());
    EXPECT_EQ(one(asker.sent()).content(), "too large");
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
