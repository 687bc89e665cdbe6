#include <gtest/gtest.h>

#include "sealed_peer.hpp"
#include "support/blocking.hpp"
#include "support/temporary_folder.hpp"
#include "wiretap.hpp"

/// What somebody between a client and a server comes to, who may hear and change all there is.
namespace netaio {
namespace {

using namespace test;

const std::string seed_of_ours(32, 's');
const std::string seed_of_client(32, 'c');
const SessionKey key_of_ours = session_key(Secret(seed_of_ours));

// Makes a note of what was random for the ends of handshakes.
class NotedRandom final : public Random {
public:
    void fill(std::span<char> bytes) override {
        real_->fill(bytes);
        const std::lock_guard lock(mutex_);
        noted_.emplace_back(bytes.begin(), bytes.end());
    }
    std::vector<std::string> noted() const {
        const std::lock_guard lock(mutex_);
        return noted_;
    }

private:
    const std::shared_ptr<Random> real_ = Environment::secure_random();
    mutable std::mutex mutex_;
    std::vector<std::string> noted_;
};

template <class Options>
Options with_session(Options options, const std::string& seed) {
    options.session.policy = SessionPolicy::offer;
    options.session.seed = Secret(seed);
    options.auth = hmac_auth({.secret = "shared"});
    return options;
}

class SessionBetweenTest : public ::testing::Test {
protected:
    SessionBetweenTest() {
        auto options = with_session(local_options(), seed_of_ours);
        options.environment.random = random_of_server;
        options.environment.log = lines.log();
        server.emplace(std::move(options));
        server->on(request_uri, [this](const Message& asked) {
            said_by.push_back(asked.who().str());
            return asked.content();
        });
        server->grant_subscriptions();
        EXPECT_FALSE(server->start());
    }
    TcpClientOptions options(bool known = false) {
        auto made = with_session(TcpClientOptions(), seed_of_client);
        made.environment.random = random_of_client;
        made.environment.log = lines.log();
        if (known) {
            made.session.peer_keys = {key_of_ours};
        }
        return made;
    }
    std::error_code why_not_connected(const TcpClientOptions& by) {
        try {
            BlockingClient("127.0.0.1", tap->port(), by);
        } catch (const Error& error) {
            return error.code();
        }
        return {};
    }
    static bool is_handshake(std::string frame) {
        const auto message = core::test::frame_in(frame).message();
        return message && message->uri() == core::session_uri;
    }
    static bool is_clear(const std::string& frame) { return frame[0] != 14; }

    LogLines lines;
    std::shared_ptr<NotedRandom> random_of_server = std::make_shared<NotedRandom>();
    std::shared_ptr<NotedRandom> random_of_client = std::make_shared<NotedRandom>();
    std::vector<std::string> said_by;
    std::optional<TcpServer> server;
    std::optional<Wiretap> tap;
};

TEST_F(SessionBetweenTest, HearsNothingInClearButHandshakes) {
    for (const bool known : {false, true}) {
        tap.emplace(server->port());
        {
            BlockingClient client("127.0.0.1", tap->port(), options(known));
            EXPECT_EQ(client.request("secret-uri", "secret-content").content(), "secret-content");
            client.subscribe("secret-uri");
            EXPECT_FALSE(server->notify("secret-uri", notify("secret-uri", "secret-content")));
            EXPECT_EQ(client.receive_once().content(), "secret-content");
        }
        for (const bool to_server : {false, true}) {
            std::size_t clear = 0;
            for (const std::string& frame : tap->heard(to_server)) {
                EXPECT_EQ(frame.find("secret-"), std::string::npos);
                clear += is_clear(frame) ? 1 : 0;
                EXPECT_TRUE(!is_clear(frame) || is_handshake(frame));
            }
            EXPECT_EQ(clear, to_server && !known ? 2u : 1u);
        }
        tap.reset();
    }
}

// All that the ends of a recorded session have but what they forgot with it: both seeds, and what
// the layer's secrets lead to.
struct Leaked {
    crypto::KeyPair server = crypto::KeyPair::from_seed(seed_of_ours);
    crypto::KeyPair client = crypto::KeyPair::from_seed(seed_of_client);
    crypto::SecretKey psk;
};

std::string content_in(std::string frame) {
    return core::test::frame_in(frame).message()->content().str();
}

// Goes through what was recorded as the server did, with a secret in the place of the one that its
// ephemeral key had. Whether what was sealed then opens.
bool opens(const std::vector<std::string>& to_server, const std::vector<std::string>& to_client,
           const Leaked& leaked, const crypto::SecretKey& ephemeral_secret) {
    const std::string first = content_in(to_server.front());
    const bool known = first[0] == 1;
    crypto::KeyPair ephemeral{ephemeral_secret, {}};
    std::copy_n(ByteView(content_in(to_client.front())).octets(), crypto::key_size,
                ephemeral.public_key.begin());
    const std::string prologue = core::session_uri.str() + first.substr(0, 2);
    core::noise::Handshake handshake({known ? core::noise::ik_psk2 : core::noise::xx_psk3,
                                      static_cast<crypto::AeadCipher>(first[1]), false, prologue,
                                      leaked.server, ephemeral, std::nullopt, leaked.psk});
    if (!handshake.read(ByteView(first).substr(2))) {
        return false;
    }
    std::string answer;
    if (handshake.write(std::string(1, '\1'), answer)) {
        return false;
    }
    std::size_t next = 1;
    if (!known && !handshake.read(content_in(to_server[next++]))) {
        return false;
    }
    auto keys = handshake.split();
    std::string sealed = to_server[next];
    const auto bytes = core::test::frame_in(sealed).body.subspan(2);
    return keys.receives.open(0, {}, bytes);
}

// The recorded keys of the ends stay secret whatever else leaks.
TEST_F(SessionBetweenTest, ReadsNothingOfARecordWhenStaticKeysAndSecretsLeakAfterwards) {
    for (const bool known : {false, true}) {
        tap.emplace(server->port());
        {
            BlockingClient("127.0.0.1", tap->port(), options(known)).request("uri", "content");
        }
        const auto to_server = tap->heard(true);
        const auto to_client = tap->heard(false);
        Leaked leaked;
        leaked.psk = core::session_secret({hmac_auth({.secret = "shared"}), nullptr}, nullptr).psk;
        for (const auto& guess :
             {crypto::SecretKey(), leaked.server.secret, leaked.client.secret, leaked.psk}) {
            EXPECT_FALSE(opens(to_server, to_client, leaked, guess));
        }
        // With the one secret that was forgotten all of it opens: what was tried was no mistake.
        bool opened = false;
        for (const std::string& noted : random_of_server->noted()) {
            crypto::SecretKey secret;
            if (noted.size() == secret.bytes.size()) {
                std::copy_n(ByteView(noted).octets(), noted.size(), secret.bytes.begin());
                opened = opened || opens(to_server, to_client, leaked, secret);
            }
        }
        EXPECT_TRUE(opened);
        tap.reset();
    }
}

TEST_F(SessionBetweenTest, HasNobodyDoWithoutASessionWhoKnowsTheKey) {
    SealedPeer another(server->port(), key_of_ours, {hmac_auth({.secret = "shared"}), nullptr});
    another.raw.send(another.question(another.end.asker(key_of_ours).ask()));
    const std::string others = another.raw.receive_frame().value();
    const std::vector<std::pair<const char*, std::function<std::string(const std::string&)>>> ways =
        {{"not found", [](const std::string&) { return encoded(not_found("ERROR")); }},
         {"an error", [](const std::string&) { return encoded(error("netaio/session/1", "no")); }},
         {"a refusal",
          [](const std::string&) {
              return encoded(OwnedMessage(MessageType::auth_error, "ERROR", "no session"));
          }},
         {"silence", [](const std::string&) { return std::string(); }},
         {"garbage", [](const std::string&) { return encoded(respond("netaio/session/1", "g")); }},
         {"another's answer", [&](const std::string&) { return others; }},
         {"a change", [](std::string frame) {
              frame.back() ^= 1;
              return frame;
          }}};
    for (const auto& [name, way] : ways) {
        tap.emplace(server->port(), [&](bool to_server, const std::string& frame) {
            return to_server || !is_handshake(frame) ? frame : way(frame);
        });
        const TemporaryFolder folder;
        auto pinned = options(true);
        auto remembered = options();
        remembered.session.known = known_peers_file(folder.file("known"));
        EXPECT_FALSE(
            remembered.session.known->add("127.0.0.1:" + std::to_string(tap->port()), key_of_ours));
        for (auto* const by : {&pinned, &remembered}) {
            by->session.patience = 50ms;
            EXPECT_TRUE(why_not_connected(*by)) << name;
        }
        for (const std::string& frame : tap->heard(true)) {
            EXPECT_TRUE(is_handshake(frame)) << name;
        }
        tap.reset();
    }
    EXPECT_TRUE(said_by.empty());
}

// Nobody but the server of the known key can say that its key is another now, and who is there
// instead is named.
TEST_F(SessionBetweenTest, IsNamedWhenItTakesThePlaceOfTheServer) {
    auto made = with_session(local_options(), std::string(32, 'm'));
    TcpServer other(made);
    ASSERT_FALSE(other.start());
    tap.emplace(other.port());
    EXPECT_EQ(why_not_connected(options(true)), Errc::peer_changed);
    EXPECT_TRUE(lines.contains(to_string(session_key(Secret(std::string(32, 'm'))))));
    EXPECT_EQ(other.counters().sessions, 0u) << "it was not even told who asked";
}

// Both ends know with whom they speak: who passes the questions for it on to another server comes
// to nothing with those who know its key, and what the other server has is the client's key.
TEST_F(SessionBetweenTest, CannotPassForTheServerThatItPassesTo) {
    const std::string seed_of_middle(32, 'm');
    tap.emplace(server->port());
    auto for_middle = options();
    for_middle.session.peer_keys = {session_key(Secret(seed_of_middle))};
    EXPECT_EQ(why_not_connected(for_middle), Errc::peer_changed);
    EXPECT_EQ(server->counters().sessions, 0u);
}

// What comes in clear before the server was heard in a session is not from whom that is with, and
// from nobody where its key is known.
TEST_F(SessionBetweenTest, IsNotTakenForTheServerBeforeThatWasHeard) {
    auto made = with_session(local_options(), seed_of_ours);
    made.auth = nullptr;
    TcpServer open_server(made);
    open_server.on(request_uri, [](const Message& asked) { return asked.content(); });
    open_server.grant_subscriptions();
    ASSERT_FALSE(open_server.start());
    for (const bool known : {false, true}) {
        int frames = 0;
        tap.emplace(open_server.port(), [&](bool to_server, const std::string& frame) {
            // With an unknown key the first sealed frame is the second one.
            const bool early = !to_server && frames++ < (known ? 1 : 2);
            return early ? encoded(notify("news", "forged")) + frame : frame;
        });
        auto by = options(known);
        by.auth = nullptr;
        BlockingClient client("127.0.0.1", tap->port(), by);
        client.subscribe("news");
        EXPECT_FALSE(open_server.notify("news", notify("news", "true")));
        auto news = client.receive_once();
        while (news.content() == "forged") {
            EXPECT_FALSE(known);
            EXPECT_TRUE(news.who().empty()) << news.who().str();
            news = client.receive_once();
        }
        EXPECT_EQ(news.content(), "true");
        EXPECT_EQ(news.who().str(), "session:" + to_string(key_of_ours));
        tap.reset();
    }
    EXPECT_TRUE(lines.contains("refused a message without a session"));
}

// Whoever has the handshake of another is no less a stranger.
TEST_F(SessionBetweenTest, StaysAStrangerByAHandshakeThatIsPlayedAgain) {
    auto made = with_session(local_options(), seed_of_ours);
    made.auth =
        hmac_auth({.secret = "shared",
                   .max_age = 1min,
                   .seen = std::make_shared<SeenMessages>(SeenOptions{.ran_before = false})});
    made.stranger_timeout = 50ms;
    TcpServer strict(made);
    strict.on(request_uri, [](const Message& asked) { return asked.content(); });
    ASSERT_FALSE(strict.start());
    tap.emplace(strict.port());
    BlockingClient client("127.0.0.1", tap->port(), options(true));
    RawPeer attacker(strict.port());
    attacker.send(tap->heard(true).front());
    EXPECT_TRUE(attacker.receive_frame());
    EXPECT_TRUE(attacker.closed_by_peer());
    EXPECT_EQ(strict.counters().closed_strangers, 1u);
    EXPECT_EQ(client.request("echo", "still").content(), "still");
}

// Nobody has changed, and nobody is to be told to put another key in the place of this one.
TEST_F(SessionBetweenTest, IsNotSuspectedWhereOnlySecretsDiffer) {
    auto by = options(true);
    by.auth = hmac_auth({.secret = "other"});
    tap.emplace(server->port());
    EXPECT_EQ(why_not_connected(by), Errc::no_session);
    by.auth = nullptr;
    EXPECT_EQ(why_not_connected(by), Errc::no_session);
    auto made = with_session(local_options(), seed_of_ours);
    made.auth = nullptr;
    TcpServer without(made);
    ASSERT_FALSE(without.start());
    tap.emplace(without.port());
    EXPECT_EQ(why_not_connected(options(true)), Errc::no_session);
}

TEST_F(SessionBetweenTest, IsNotSuspectedWhereTheServerDoesNotAdmitTheClient) {
    auto made = with_session(local_options(), seed_of_ours);
    made.session.peer_keys = {session_key(Secret(std::string(32, 'o')))};
    TcpServer picky(made);
    ASSERT_FALSE(picky.start());
    tap.emplace(picky.port());
    EXPECT_EQ(why_not_connected(options(true)), Errc::no_session);
    EXPECT_EQ(why_not_connected(options()), Errc::no_session);
    EXPECT_EQ(picky.counters().sessions, 0u);
}

}  // namespace
}  // namespace netaio
