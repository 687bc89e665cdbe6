#include <gtest/gtest.h>

#include <netaio/testing.hpp>

#include "support/net.hpp"
#include "support/temporary_folder.hpp"

/// Nodes in sessions, with real sockets.
namespace netaio {
namespace {

using namespace test;

constexpr char ours = 'o';
constexpr char theirs = 't';

SessionKey key_of_seed(char seed) {
    return session_key(Secret(std::string(32, seed)));
}

Address place_of(const UdpNode& node) {
    return *Address::parse("127.0.0.1", node.port());
}

UdpNodeOptions in_sessions(char seed, SessionPolicy policy = SessionPolicy::offer,
                           std::uint16_t port = 0) {
    auto options = local_node_options(std::string(1, seed));
    options.port = port;
    options.session.policy = policy;
    options.session.seed = Secret(std::string(32, seed));
    options.auth = hmac_auth({.secret = "shared"});
    return options;
}

UdpNodeOptions without_sessions(std::string id, std::uint16_t port = 0) {
    auto options = local_node_options(std::move(id));
    options.port = port;
    options.auth = hmac_auth({.secret = "shared"});
    return options;
}

// Says who asks for "who", and how much came of anything else.
void say_what_came(UdpNode& node) {
    node.on(MessageType::request_uri, [](const Message& asked) {
        return asked.uri() == "who" ? asked.who().str() : std::to_string(asked.content().size());
    });
}

awaitable<std::string> ask(UdpNode& node, const Address& to, std::string uri,
                           std::string content = "?", std::chrono::milliseconds timeout = 10s) {
    const auto [error, answer] =
        co_await node.request(to, uri, content, {.timeout = timeout}, as_result);
    co_return error ? error.message() : answer.content().str();
}

// The same again until it is answered so.
awaitable<bool> ask_until(UdpNode& node, const Address& to, std::string uri, std::string content,
                          std::string wanted) {
    for (int i = 0; i < 20; ++i) {
        if (co_await ask(node, to, uri, content, 500ms) == wanted) {
            co_return true;
        }
        co_await pause(50ms);
    }
    co_return false;
}

std::string text_of(Errc error) {
    return make_error_code(error).message();
}

const std::string who_we_are = "session:" + to_string(key_of_seed(ours)) + ", hmac:default";
const PeerManagementOptions soon{.advertise_every = 100ms, .peer_timeout = 10s};

TEST(UdpSession, HandlersSeeWhoseKeyARequestIsFrom) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours, SessionPolicy::require));
        UdpNode them(in_sessions(theirs, SessionPolicy::require));
        say_what_came(them);
        co_await us.start();
        co_await them.start();
        EXPECT_EQ(co_await ask(us, place_of(them), "who"), who_we_are);
        EXPECT_EQ(co_await ask(us, place_of(them), "who"), who_we_are);
        EXPECT_EQ(them.counters().sessions, 1u);
        EXPECT_EQ(us.counters().sessions, 1u);
    }());
}

TEST(UdpSession, WhoKnowsNoSessionsIsSpokenToWithout) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours));
        UdpNode them(without_sessions("them"));
        say_what_came(us);
        say_what_came(them);
        co_await us.start();
        co_await them.start();
        EXPECT_EQ(co_await ask(us, place_of(them), "who"), "hmac:default");
        EXPECT_EQ(co_await ask(them, place_of(us), "who"), "hmac:default");
        EXPECT_EQ(us.counters().sessions, 0u);
    }());
}

TEST(UdpSession, WhoRequiresOneSpeaksToNobodyWithout) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours, SessionPolicy::require));
        UdpNode them(without_sessions("them"));
        int heard = 0;
        us.on(MessageType::request_uri, [&] { ++heard; });
        them.on(MessageType::request_uri, [&](const Message& asked) {
            heard += asked.uri() == "who" ? 1 : 0;
            return respond(asked.uri(), "");
        });
        co_await us.start();
        co_await them.start();
        EXPECT_EQ(co_await ask(us, place_of(them), "who"), text_of(Errc::no_session));
        const auto refused = co_await them.request(place_of(us), "who", "something");
        EXPECT_EQ(refused.type(), MessageType::auth_error);
        EXPECT_EQ(refused.content(), "a session is required");
        EXPECT_EQ(heard, 0);
    }());
}

TEST(UdpSession, WhoseKeyIsKnownIsNotReplacedUnnoticed) {
    const TemporaryFolder folder;
    LogLines lines;
    run([&]() -> awaitable<void> {
        auto options = in_sessions(ours);
        options.session.known = known_peers_file(folder.file("known"));
        options.environment.log = lines.log();
        std::uint16_t port = 0;
        const auto known = [&] {
            std::string line;
            std::ifstream file(folder.file("known"));
            std::getline(file, line);
            return line;
        };
        for (const char seed : {theirs, theirs, 'x'}) {
            UdpNode us(options);
            UdpNode them(in_sessions(seed, SessionPolicy::offer, port));
            say_what_came(them);
            co_await us.start();
            co_await them.start();
            port = them.port();
            const auto answer = co_await ask(us, place_of(them), "who");
            EXPECT_EQ(answer, seed == theirs ? who_we_are : text_of(Errc::peer_changed));
            EXPECT_EQ(known(), place_of(them).str() + " " + to_string(key_of_seed(theirs)));
        }
        UdpNode us(options);
        UdpNode them(without_sessions("them", port));
        say_what_came(them);
        co_await us.start();
        co_await them.start();
        EXPECT_EQ(co_await ask(us, place_of(them), "who"), text_of(Errc::no_session));
    }());
    EXPECT_TRUE(lines.contains("error"));
    EXPECT_TRUE(lines.contains(to_string(key_of_seed('x')) + " in the place of " +
                               to_string(key_of_seed(theirs))));
}

TEST(UdpSession, NodesThatFindEachOtherHaveOne) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours));
        co_await us.start();
        UdpNode them(in_sessions(theirs, SessionPolicy::offer, us.port()));
        for (UdpNode* const node : {&us, &them}) {
            node->manage_peers(soon);
            const char other = node == &us ? theirs : ours;
            node->on({MessageType::request_uri, "guarded"},
                     {.who = "session:" + to_string(key_of_seed(other))},
                     [](const Message& asked) { return asked.content(); });
        }
        co_await them.start();
        EXPECT_TRUE(co_await until(
            [&] { return us.counters().sessions > 0 && them.counters().sessions > 0; }));
        EXPECT_TRUE(co_await until([&] { return us.peer("t") && them.peer("o"); }));
        for (UdpNode* const node : {&us, &them}) {
            const auto peer = node->peer(node == &us ? "t" : "o");
            EXPECT_EQ(co_await ask(*node, *peer->addresses.begin(), "guarded", "open"), "open");
        }
        // However often they are found again.
        const auto began = us.counters().sessions;
        const auto heard = us.counters().frames_in;
        EXPECT_TRUE(co_await until([&] { return us.counters().frames_in > heard + 10; }));
        EXPECT_EQ(us.counters().sessions, began);
        EXPECT_EQ(us.counters().rejected_auth, 0u);

        UdpNode stranger(without_sessions("stranger"));
        co_await stranger.start();
        const auto refused =
            co_await stranger.request(place_of(us), "guarded", std::string(100, ' '));
        EXPECT_EQ(refused.type(), MessageType::not_permitted);
    }());
}

TEST(UdpSession, SmallNotificationsTravelTogether) {
    run([]() -> awaitable<void> {
        constexpr int messages = 200;
        // Without more than every path carries, nothing is sent to find out.
        auto options = in_sessions(theirs);
        options.datagram_max = options.path_size;
        UdpNode us(in_sessions(ours));
        UdpNode them(std::move(options));
        them.grant_subscriptions();
        int heard = 0;
        us.on(MessageType::notify_uri, [&](const Message&) { ++heard; });
        co_await us.start();
        co_await them.start();
        co_await us.subscribe("news", {.server = place_of(them)});
        const auto before = them.counters();
        const Message news = notify("news", "sixteen bytes of");
        for (int i = 0; i < messages; ++i) {
            EXPECT_FALSE(them.notify("news", news));
        }
        EXPECT_TRUE(co_await until([&] { return heard == messages; }));
        const auto after = them.counters();
        EXPECT_GE(after.frames_out - before.frames_out, messages);
        // Alone, each would take a header, an index, a counter and a tag of its own.
        constexpr std::size_t around = 9 + 2 + 12 + 16;
        EXPECT_LT(after.bytes_out - before.bytes_out,
                  messages * (encoded(news).size() + around / 2));
    }());
}

TEST(UdpSession, WhoIsKilledAndStartsAnewIsSpokenToAgain) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours));
        co_await us.start();
        std::uint16_t port = 0;
        for (int i = 0; i < 3; ++i) {
            UdpNode them(in_sessions(theirs, SessionPolicy::offer, port));
            say_what_came(them);
            co_await them.start();
            port = them.port();
            EXPECT_TRUE(co_await ask_until(us, place_of(them), "who", "?", who_we_are)) << i;
        }
        EXPECT_EQ(us.counters().sessions, 3u);
    }());
}

TEST(UdpSession, WhoStartsAnewSpeaksToOthersAtOnce) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours));
        say_what_came(us);
        co_await us.start();
        std::uint16_t port = 0;
        for (int i = 0; i < 3; ++i) {
            UdpNode them(in_sessions(theirs, SessionPolicy::offer, port));
            co_await them.start();
            port = them.port();
            EXPECT_EQ(co_await ask(them, place_of(us), "size", "four"), "4");
        }
        EXPECT_EQ(us.counters().sessions, 3u);
    }());
}

TEST(UdpSession, WhatALargePathCarriesIsFoundOut) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours));
        UdpNode them(in_sessions(theirs));
        say_what_came(them);
        co_await us.start();
        co_await them.start();
        // Though it is the first that is asked.
        EXPECT_EQ(co_await ask(us, place_of(them), "size", std::string(30'000, 'x')), "30000");
        EXPECT_EQ(co_await ask(us, place_of(them), "size", std::string(60'000, 'x')), "60000");
    }());
}

TEST(UdpSession, WhatIsTooLargeForThePathIsSentInFragmentsOnlyWhereThatIsWanted) {
    run([]() -> awaitable<void> {
        UdpNode them(in_sessions(theirs));
        say_what_came(them);
        co_await them.start();
        for (const bool fragments : {false, true}) {
            auto options = in_sessions(ours);
            options.fragments = fragments;
            options.datagram_max = fragments ? 65507 : 40'000;
            UdpNode us(options);
            co_await us.start();
            const auto answer = co_await ask(us, place_of(them), "size", std::string(60'000, 'x'));
            EXPECT_EQ(answer, fragments ? "60000" : text_of(Errc::too_large));
        }
    }());
}

TEST(UdpSession, ASessionEndsWithItsSecret) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours));
        UdpNode them(in_sessions(theirs));
        say_what_came(them);
        them.grant_subscriptions();
        co_await us.start();
        co_await them.start();
        co_await us.subscribe("news", {.server = place_of(them)});
        EXPECT_EQ(them.subscriber_count("news"), 1u);
        them.set_plugins({.auth = hmac_auth({.secret = "another"})});
        EXPECT_TRUE(co_await until([&] { return them.subscriber_count("news") == 0; }));
        EXPECT_NE(co_await ask(us, place_of(them), "who", "?", 3s), who_we_are);
        us.set_plugins({.auth = hmac_auth({.secret = "another"})});
        EXPECT_TRUE(co_await ask_until(us, place_of(them), "who", "?", who_we_are));
        EXPECT_TRUE(co_await until([&] { return them.subscriber_count("news") == 1; }));
    }());
}

TEST(UdpSession, WhoStopsSaysGoodbyeInIt) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours, SessionPolicy::require));
        co_await us.start();
        us.manage_peers(soon);
        for (int i = 0; i < 2; ++i) {
            UdpNode them(in_sessions(theirs, SessionPolicy::require, us.port()));
            co_await them.start();
            them.manage_peers(soon);
            EXPECT_TRUE(co_await until([&] { return us.peer("t") && them.counters().sessions; }));
            them.stop();
            EXPECT_TRUE(co_await until([&] { return !us.peer("t"); })) << i;
        }
    }());
}

TEST(UdpSession, StoppingWaitsForWhatWaitsForOne) {
    run([]() -> awaitable<void> {
        UdpNode us(in_sessions(ours));
        UdpNode them(in_sessions(theirs));
        int heard = 0;
        them.on(MessageType::notify_uri, [&](const Message&) { ++heard; });
        co_await us.start();
        co_await them.start();
        EXPECT_FALSE(us.send(place_of(them), notify("news", "")));
        const auto report = co_await us.stop(10s, boost::asio::use_awaitable);
        EXPECT_EQ(report.bytes_discarded, 0u);
        EXPECT_TRUE(co_await until([&] { return heard == 1; }));
    }());
}

}  // namespace
}  // namespace netaio
