#include <gtest/gtest.h>

#include <sys/resource.h>

#include <atomic>
#include <iostream>

#include "sealed_peer.hpp"

/// What those who mean harm do to sessions of a server: each ends by that, before anything of what
/// was forged is handled, and others notice nothing.
namespace netaio {
namespace {

using namespace test;

const std::string seed_of_server(32, 's');

class SessionHostileTest : public ::testing::Test {
protected:
    static TcpServerOptions options(SessionPolicy policy = SessionPolicy::offer) {
        auto made = local_options();
        made.session.policy = policy;
        made.session.seed = Secret(seed_of_server);
        return made;
    }
    void start(TcpServerOptions made) {
        made.environment.log = lines.log();
        server.emplace(std::move(made));
        server->on(MessageType::request_uri, [this](const Message& asked) {
            ++handled;
            return asked.content();
        });
        ASSERT_FALSE(server->start());
        server_key = session_key(Secret(seed_of_server));
    }
    void SetUp() override { start(options()); }

    /// One in a session, which was heard.
    std::unique_ptr<SealedPeer> peer(bool known = true) {
        auto made = std::make_unique<SealedPeer>(server->port(),
                                                 known ? std::optional(server_key) : std::nullopt);
        EXPECT_TRUE(made->shake());
        EXPECT_TRUE(is_served(*made));
        return made;
    }
    static bool is_served(SealedPeer& by) {
        const auto answer = by.send(request("echo", "hello")) ? by.receive() : std::nullopt;
        return answer && answer->content() == "hello";
    }
    /// The session ends by these bytes, and nothing of them is handled.
    void expect_ended(SealedPeer& by, ByteView bytes, const std::string& what) {
        const int before = handled;
        by.raw.send(bytes);
        EXPECT_TRUE(by.raw.closed_by_peer()) << what;
        EXPECT_EQ(handled, before) << what;
    }
    void expect_others_served() {
        auto other = peer();
        EXPECT_TRUE(is_served(*other));
    }

    LogLines lines;
    SessionKey server_key;
    std::atomic<int> handled = 0;
    std::optional<TcpServer> server;
};

TEST_F(SessionHostileTest, EndsByAFrameThatIsPlayedAgain) {
    for (const bool known : {false, true}) {
        auto victim = peer(known);
        const std::string once = victim->sealed(request("pay", "ten"));
        ASSERT_TRUE(victim->raw.send(once));
        ASSERT_TRUE(victim->receive());
        expect_ended(*victim, once, "again");
    }
    EXPECT_EQ(server->counters().rejected_malformed, 2u);
    EXPECT_TRUE(lines.contains("closed the connection"));
    expect_others_served();
}

TEST_F(SessionHostileTest, EndsByAWholeSessionThatIsPlayedAgain) {
    for (const bool known : {false, true}) {
        const std::string said = peer(known)->said;
        const int before = handled;
        RawPeer attacker(server->port());
        attacker.send(said);
        // Without its known key a handshake fails at its third message, and what is sealed is no
        // frame then.
        EXPECT_TRUE(attacker.closed_by_peer());
        EXPECT_EQ(handled, before);
    }
    expect_others_served();
}

TEST_F(SessionHostileTest, EndsByAFrameOfAnotherSession) {
    auto one = peer();
    auto other = peer();
    const std::string frame = one->sealed(request("pay", "ten"));
    (void)other->sealed(request("x", ""));  // which has the same number
    expect_ended(*other, frame, "another's");
    EXPECT_TRUE(one->raw.send(frame));
    EXPECT_TRUE(one->receive());
}

TEST_F(SessionHostileTest, EndsByAnyChangeOfAFrame) {
    const std::size_t size = encoded(request("pay", "ten")).size() + core::Session::overhead;
    for (std::size_t at = 0; at < size; ++at) {
        const bool of_checksum = at >= 5 && at < FrameHeader::size;
        if (of_checksum) {
            continue;  // what is sealed needs none
        }
        auto victim = peer();
        std::string frame = victim->sealed(request("pay", "ten"));
        ASSERT_EQ(frame.size(), size);
        frame[at] ^= 1;
        // It may be longer now, and takes what follows for its end.
        const std::string next = victim->sealed(request("pay", std::string(300, 't')));
        expect_ended(*victim, frame + next, "octet " + std::to_string(at));
    }
    expect_others_served();
}

TEST_F(SessionHostileTest, EndsByAFrameThatIsLeftOutOrComesBeforeItsTurn) {
    auto left_out = peer();
    (void)left_out->sealed(request("pay", "one"));
    expect_ended(*left_out, left_out->sealed(request("pay", "two")), "left out");
    auto reordered = peer();
    const std::string first = reordered->sealed(request("pay", "one"));
    const std::string second = reordered->sealed(request("pay", "two"));
    expect_ended(*reordered, second + first, "reordered");
}

TEST_F(SessionHostileTest, EndsByAFrameThatIsCutOff) {
    auto victim = peer();
    const std::string frame = victim->sealed(request("pay", "ten"));
    const int before = handled;
    ASSERT_TRUE(victim->raw.send(frame.substr(0, frame.size() - 1)));
    victim->raw.finish_sending();
    EXPECT_TRUE(victim->raw.closed_by_peer());
    EXPECT_EQ(handled, before);
    // With a length that fits what is left.
    auto shortened = peer();
    std::string less = shortened->sealed(request("pay", "ten"));
    less.pop_back();
    const std::span<char, FrameHeader::size> header(less.data(), FrameHeader::size);
    auto changed = FrameHeader::read(header);
    --changed.body_size;
    changed.write(header);
    expect_ended(*shortened, less, "shortened");
}

TEST_F(SessionHostileTest, EndsByItsOwnFrames) {
    auto victim = peer();
    ASSERT_TRUE(is_served(*victim));
    expect_ended(*victim, victim->heard, "the server's own");
}

TEST_F(SessionHostileTest, EndsByClearFrames) {
    for (const bool known : {false, true}) {
        auto victim = peer(known);
        expect_ended(*victim, encoded(request("pay", "ten")), "in clear");
        // Also at once behind what is sealed.
        auto another = peer(known);
        ASSERT_TRUE(another->raw.send(another->sealed(ok("x")) + encoded(request("pay", "ten"))));
        EXPECT_TRUE(another->raw.closed_by_peer());
    }
    // Errors are nothing else.
    auto victim = peer();
    expect_ended(*victim, encoded(error("x", "no")), "an error in clear");
    auto first = std::make_unique<SealedPeer>(server->port(), server_key);
    ASSERT_TRUE(first->shake());
    expect_ended(*first, encoded(request("pay", "ten")), "before anything was sealed");
}

TEST_F(SessionHostileTest, EndsByWhatIsSealedAndNoMessage) {
    const auto frame = [](int type, std::uint16_t auth_size, std::string_view rest) {
        std::string bytes(FrameHeader::size, '\0');
        FrameHeader{static_cast<MessageType>(type), auth_size, 0, 0}.write(
            std::span<char, FrameHeader::size>(bytes.data(), FrameHeader::size));
        return bytes.append(rest);
    };
    const std::string no_fields("\x4d\x40\0", 3);
    for (const std::string& bytes :
         {frame(200, 3, no_fields + std::string(2, '\0')),     // no type
          frame(14, 3, no_fields + std::string(2, '\0')),      // sealed twice
          frame(0, 3, no_fields),                              // no body
          frame(0, 0, std::string(2, '\0')),                   // no fields
          frame(0, 500, no_fields),                            // fields beyond its end
          frame(0, 3, no_fields + std::string("\0\x09x", 3)),  // a uri beyond it
          frame(0, 3, "")}) {
        auto insider = peer();
        expect_ended(*insider, insider->sealed(bytes), "malformed");
    }
    expect_others_served();
}

// It ends the session whenever it is opened.
TEST_F(SessionHostileTest, EndsByWhatIsSealedAndNoMessageAlsoWhenThatHasToWait) {
    server->on({MessageType::request_uri, "slow"}, [](const Message&) -> awaitable<std::string> {
        co_await pause(20ms);
        co_return "done";
    });
    auto insider = peer();
    std::string none(FrameHeader::size, '\0');
    FrameHeader{static_cast<MessageType>(200), 3, 2, 0}.write(
        std::span<char, FrameHeader::size>(none.data(), FrameHeader::size));
    none += std::string("\x4d\x40\0\0\0", 5);
    std::string slow;
    ASSERT_FALSE(encode_message(request("slow", ""), slow, RequestId(7)));
    slow = insider->sealed(slow);
    insider->raw.send(slow + insider->sealed(none));
    EXPECT_TRUE(insider->raw.closed_by_peer());
    EXPECT_EQ(server->counters().rejected_malformed, 1u);
}

TEST_F(SessionHostileTest, TakesNothingSealedWithoutASession) {
    RawPeer stranger(server->port());
    stranger.send(peer()->sealed(request("pay", "ten")));
    EXPECT_TRUE(stranger.closed_by_peer());
}

TEST_F(SessionHostileTest, RefusesToBeginASecondSession) {
    for (const bool known : {false, true}) {
        auto insider = peer();
        auto asker = insider->end.asker(known ? std::optional(server_key) : std::nullopt);
        insider->send(OwnedMessage(MessageType::request_uri, core::session_uri, asker.ask()));
        const auto answer = insider->receive();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->type(), MessageType::auth_error);
        EXPECT_EQ(answer->content(), "no session");
        EXPECT_TRUE(is_served(*insider)) << "the first goes on";
    }
    EXPECT_EQ(server->counters().sessions, 2u);
}

TEST_F(SessionHostileTest, NeverAnswersAHandshakeWithMoreThanItsQuestion) {
    for (const std::size_t size : {0u, 1u, 2u, 60u, 100u, 1000u, 60'000u}) {
        for (const char pattern : {'\0', '\1', '\2', '\3'}) {
            RawPeer stranger(server->port());
            std::string content(size, pattern);
            const std::string asked =
                encoded(OwnedMessage(MessageType::request_uri, core::session_uri, content));
            stranger.send(asked);
            const auto answer = stranger.receive_frame();
            ASSERT_TRUE(answer);
            EXPECT_LE(answer->size(), std::max<std::size_t>(asked.size(), 64)) << size;
            std::string copy = *answer;
            EXPECT_EQ(core::test::frame_in(copy).message()->type(), MessageType::auth_error);
        }
    }
    for (const bool known : {false, true}) {
        SealedPeer asks(server->port());
        auto asker = asks.end.asker(known ? std::optional(server_key) : std::nullopt);
        const std::string question = asks.question(asker.ask());
        asks.raw.send(question);
        const auto answer = asks.raw.receive_frame();
        ASSERT_TRUE(answer);
        EXPECT_LE(answer->size(), question.size());
    }
}

TEST_F(SessionHostileTest, IsNotBegunByAThirdMessageOfAnother) {
    SealedPeer one(server->port());
    SealedPeer other(server->port());
    auto asker = one.end.asker();
    auto second_asker = other.end.asker();
    const auto answer = one.asked(asker.ask());
    ASSERT_TRUE(answer && other.asked(second_asker.ask()));
    const auto third = asker.take(*answer);
    ASSERT_TRUE(third);
    EXPECT_FALSE(other.asked(*third));
    EXPECT_EQ(server->counters().sessions, 0u);
}

// What was said before may be somebody else's word.
TEST_F(SessionHostileTest, RefusesAHandshakeBehindAnythingElse) {
    SealedPeer late(server->port());
    late.raw.send(encoded(request("echo", "before")));
    EXPECT_EQ(late.raw.receive()->content(), "before");
    EXPECT_FALSE(late.shake());
    SealedPeer interrupted(server->port());
    auto asker = interrupted.end.asker();
    const auto answer = interrupted.asked(asker.ask());
    ASSERT_TRUE(answer);
    interrupted.raw.send(encoded(request("echo", "in between")));
    EXPECT_EQ(interrupted.raw.receive()->content(), "in between");
    EXPECT_FALSE(interrupted.asked(*asker.take(*answer)));
    EXPECT_EQ(server->counters().sessions, 0u);
}

TEST_F(SessionHostileTest, IsAskedOfEachMessageWhereItIsRequired) {
    server.reset();
    auto made = options(SessionPolicy::require);
    made.auth = hmac_auth({.secret = "shared"});
    start(std::move(made));
    for (const auto type :
         {MessageType::notify_uri, MessageType::publish_uri, MessageType::create_uri,
          MessageType::delete_uri, MessageType::subscribe_uri, MessageType::ok}) {
        server->on(type, [this](const Message& message) -> Message {
            ++handled;
            return ok(message.uri());
        });
    }
    SealedPeer outsider(server->port(), server_key, {hmac_auth({.secret = "shared"}), nullptr});
    for (const auto type : {MessageType::request_uri, MessageType::notify_uri,
                            MessageType::publish_uri, MessageType::create_uri,
                            MessageType::delete_uri, MessageType::subscribe_uri, MessageType::ok}) {
        outsider.raw.send(outsider.in_clear(OwnedMessage(type, "netaio/session/2", "content")));
        const auto answer = outsider.raw.receive();
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer->type(), MessageType::auth_error);
        EXPECT_EQ(answer->content(), "a session is required");
    }
    // Of another type, what is asked for has no part in this.
    outsider.raw.send(
        outsider.in_clear(OwnedMessage(MessageType::create_uri, core::session_uri, "content")));
    EXPECT_EQ(outsider.raw.receive()->content(), "a session is required");
    EXPECT_EQ(handled, 0);
}

// What waits for it was made for the way without a session.
TEST_F(SessionHostileTest, RefusesASessionToASlowReceiver) {
    server.reset();
    auto made = options();
    made.send_queue_max = 64 << 20;
    made.slow_receiver = SlowReceiver::drop_newest;
    start(std::move(made));
    SealedPeer slow(server->port());
    ASSERT_TRUE(eventually([&] { return server->connection_count() == 1; }));
    constexpr int many = 300;
    const std::string big(60'000, 'b');
    for (int i = 0; i < many; ++i) {
        EXPECT_FALSE(server->broadcast(notify("news", big)));
    }
    auto asker = slow.end.asker(server_key);
    slow.raw.send(slow.question(asker.ask()));
    EXPECT_TRUE(eventually([&] { return server->counters().sessions_refused == 1; }));
    for (int i = 0; i < many; ++i) {
        const auto news = slow.raw.receive();
        ASSERT_TRUE(news && news->type() == MessageType::notify_uri) << i;
    }
    EXPECT_EQ(slow.raw.receive()->type(), MessageType::auth_error);
}

TEST_F(SessionHostileTest, ClosesAConnectionThatBeginsHandshakesOverAndOver) {
    SealedPeer stranger(server->port());
    int answers = 0;
    const auto is_answered = [&] {
        auto asker = stranger.end.asker();
        return stranger.raw.send(stranger.question(asker.ask())) && stranger.raw.receive();
    };
    while (answers < 10 && is_answered()) {
        ++answers;
    }
    EXPECT_EQ(answers, 5) << "the last of them says that it was too often";
    expect_others_served();
}

std::chrono::microseconds processor_time() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// Of each kind the first message alone, made once: what is counted is what the server does.
TEST_F(SessionHostileTest, BearsAFloodOfHandshakes) {
    constexpr int strangers = 300;
    auto bystander = peer();
    const auto question_of = [&](std::optional<SessionKey> known) {
        SealedPeer stranger(server->port());
        return stranger.question(stranger.end.asker(known).ask());
    };
    const std::string garbage(question_of(server_key).size() - 40, '\1');
    const std::array<std::pair<const char*, std::string>, 3> questions{
        {{"with its known key", question_of(server_key)},
         {"with an unknown key", question_of(std::nullopt)},
         {"of garbage",
          encoded(OwnedMessage(MessageType::request_uri, core::session_uri, garbage))}}};
    for (const auto& [name, question] : questions) {
        const auto before = processor_time();
        std::vector<std::unique_ptr<RawPeer>> peers;
        std::size_t answers = 0;
        for (int i = 0; i < strangers; ++i) {
            peers.push_back(std::make_unique<RawPeer>(server->port()));
            ASSERT_TRUE(peers.back()->send(question));
            const auto answer = peers.back()->receive_frame();
            ASSERT_TRUE(answer);
            answers += answer->size();
        }
        EXPECT_LE(answers, question.size() * strangers);
        std::cout << "handshakes " << name << ": " << question.size() << " bytes asked, "
                  << answers / strangers << " answered, "
                  << (processor_time() - before).count() / strangers
                  << " us each at both ends together\n";
    }
    EXPECT_TRUE(is_served(*bystander));
}

}  // namespace
}  // namespace netaio
