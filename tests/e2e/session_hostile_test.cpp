#include <gtest/gtest.h>

#include <atomic>

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

TEST_F(SessionHostileTest, AnswersInClearUntilAHandshakeIsOver) {
    SealedPeer slow(server->port());
    auto asker = slow.end.asker();
    const auto answer = slow.asked(asker.ask());
    ASSERT_TRUE(answer);
    slow.raw.send(encoded(request("echo", "in between")));
    const auto echoed = slow.raw.receive();
    ASSERT_TRUE(echoed);
    EXPECT_EQ(echoed->content(), "in between");
    const auto third = asker.take(*answer);
    ASSERT_TRUE(third);
    slow.session.emplace(asker.agreed().keys, core::Session::TimePoint());
    slow.raw.send(slow.question(*third));
    EXPECT_EQ(slow.receive()->type(), MessageType::respond_uri);
    EXPECT_TRUE(is_served(slow));
}

// What waits for it was made for the way without a session.
TEST_F(SessionHostileTest, RefusesASessionToASlowReceiver) {
    server.reset();
    auto made = options();
    made.send_queue_max = 64 << 20;
    made.slow_receiver = SlowReceiver::drop_newest;
    start(std::move(made));
    SealedPeer slow(server->port());
    slow.raw.send(encoded(request("echo", "there")));
    ASSERT_TRUE(slow.raw.receive());
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
    EXPECT_TRUE(slow.shake());
    EXPECT_TRUE(is_served(slow));
}

}  // namespace
}  // namespace netaio
