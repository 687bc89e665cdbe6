#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <fstream>

#include "support/blocking.hpp"
#include "support/net.hpp"
#include "support/temporary_folder.hpp"

namespace netaio {
namespace {

using namespace test;

const Secret server_seed(std::string(32, 's'));
const Secret client_seed(std::string(32, 'c'));

TcpServerOptions with_sessions(SessionPolicy policy, Secret seed = server_seed) {
    auto options = local_options();
    options.session.policy = policy;
    options.session.seed = std::move(seed);
    return options;
}

TcpServerOptions guarded(TcpServerOptions options, const char* secret = "shared") {
    options.auth = hmac_auth({.secret = secret});
    options.cipher = stream_cipher({.key = "key"});
    return options;
}

TcpClientOptions client_with(SessionPolicy policy, Secret seed = client_seed) {
    TcpClientOptions options;
    options.session.policy = policy;
    options.session.seed = std::move(seed);
    return options;
}

TcpClientOptions guarded(TcpClientOptions options, const char* secret = "shared") {
    options.auth = hmac_auth({.secret = secret});
    options.cipher = stream_cipher({.key = "key"});
    return options;
}

class Echo {
public:
    explicit Echo(TcpServerOptions options) : server(std::move(options)) {
        server.on({request_uri, "echo"}, [this](const Message& message) -> std::string {
            said_by = message.who().str();
            return message.content().str();
        });
        server.on({request_uri, "slow"}, [](const Message& message) -> awaitable<Message> {
            co_await pause(20ms);
            co_return respond(message.uri(), message.content());
        });
        server.grant_subscriptions();
        EXPECT_FALSE(server.start());
    }
    std::uint64_t sessions() const { return server.counters().sessions; }

    TcpServer server;
    std::string said_by;
};

BlockingClient connected_to(const Echo& echo, TcpClientOptions options) {
    return BlockingClient("127.0.0.1", echo.server.port(), std::move(options));
}

TEST(SessionTest, BeginsWithAServerWhoseKeyIsNotKnown) {
    Echo echo(with_sessions(SessionPolicy::offer));
    auto client = connected_to(echo, client_with(SessionPolicy::offer));
    EXPECT_EQ(client.request("echo", "hello").content(), "hello");
    EXPECT_EQ(echo.sessions(), 1U);
    EXPECT_EQ(echo.said_by, "session:" + to_string(session_key(client_seed)));
}

TEST(SessionTest, BeginsWithAServerWhoseKeyIsKnown) {
    Echo echo(with_sessions(SessionPolicy::offer));
    auto options = client_with(SessionPolicy::require);
    options.session.peer_keys = {session_key(server_seed)};
    auto client = connected_to(echo, options);
    EXPECT_EQ(client.request("echo", "hello").content(), "hello");
    EXPECT_EQ(echo.sessions(), 1U);
}

TEST(SessionTest, TakesTheSecretsOfTheLayerIntoItsKeys) {
    Echo echo(guarded(with_sessions(SessionPolicy::require)));
    auto client = connected_to(echo, guarded(client_with(SessionPolicy::require)));
    EXPECT_EQ(client.request("echo", "hello").content(), "hello");
    EXPECT_EQ(echo.said_by, "session:" + to_string(session_key(client_seed)) + ", hmac:default");
    EXPECT_THROW(connected_to(echo, guarded(client_with(SessionPolicy::require), "other")), Error);
    EXPECT_EQ(echo.sessions(), 1U);
}

TEST(SessionTest, CarriesMessagesOfEachSize) {
    Echo echo(guarded(with_sessions(SessionPolicy::require)));
    auto client = connected_to(echo, guarded(client_with(SessionPolicy::require)));
    for (const std::size_t size : {0UL, 1UL, 447UL, 448UL, 5000UL, 60000UL, 65418UL}) {
        const std::string content(size, 'x');
        EXPECT_EQ(client.request("echo", content).content(), content) << size;
    }
}

TEST(SessionTest, CarriesManyRequestsAtOnce) {
    Echo echo(with_sessions(SessionPolicy::offer));
    run([&]() -> awaitable<void> {
        auto options = client_with(SessionPolicy::offer);
        TcpClient client(options);
        co_await client.connect("127.0.0.1", echo.server.port());
        using namespace boost::asio::experimental::awaitable_operators;
        for (int round = 0; round < 20; ++round) {
            const std::string text = std::string(static_cast<std::size_t>(round) * 500, 'y');
            auto [slow, fast] =
                co_await (client.request("slow", text) && client.request("echo", text));
            EXPECT_EQ(slow.content(), text);
            EXPECT_EQ(fast.content(), text);
        }
    }());
    EXPECT_EQ(echo.sessions(), 1U);
}

TEST(SessionTest, IsDoneWithoutWhereTheServerKnowsNone) {
    Echo echo(guarded(local_options()));
    auto client = connected_to(echo, guarded(client_with(SessionPolicy::offer)));
    EXPECT_EQ(client.request("echo", "hello").content(), "hello");
    EXPECT_EQ(echo.sessions(), 0U);
}

TEST(SessionTest, IsDoneWithoutWhereSomethingElseAnswers) {
    auto options = local_options();
    TcpServer server(options);
    server.on(request_uri, [](const Message& message) { return message.content(); });
    ASSERT_FALSE(server.start());
    auto offering = client_with(SessionPolicy::offer);
    BlockingClient client("127.0.0.1", server.port(), offering);
    EXPECT_EQ(client.request("other", "hello").content(), "hello");
    auto requiring = client_with(SessionPolicy::require);
    requiring.auth = hmac_auth({.secret = "x"});
    EXPECT_THROW(BlockingClient("127.0.0.1", server.port(), requiring), Error);
}

TEST(SessionTest, IsDoneWithoutWhereNobodyAnswers) {
    TcpServer server(local_options());
    server.on(request_uri, [](const Message& message) -> std::optional<OwnedMessage> {
        return message.uri() == "netaio/session/1" ? std::nullopt
                                                   : std::optional(respond(message.uri(), "there"));
    });
    ASSERT_FALSE(server.start());
    auto options = client_with(SessionPolicy::offer);
    options.session.patience = 30ms;
    BlockingClient client("127.0.0.1", server.port(), options);
    EXPECT_EQ(client.request("other").content(), "there");
}

TEST(SessionTest, IsRefusedToWhoHasNone) {
    Echo echo(guarded(with_sessions(SessionPolicy::require)));
    TcpClientOptions without;
    auto client = connected_to(echo, guarded(without));
    std::error_code error;
    const auto reply = client.request("echo", "hello");
    EXPECT_EQ(reply.type(), MessageType::auth_error);
    EXPECT_EQ(reply.content(), "a session is required");
}

TEST(SessionTest, RequiredWithAnybodyIsAMistake) {
    EXPECT_THROW(TcpServer(with_sessions(SessionPolicy::require)), std::invalid_argument);
    EXPECT_THROW(TcpClient(client_with(SessionPolicy::require)), std::invalid_argument);
}

TEST(SessionTest, KnowsTheKeyOfAServerFromTheFirstTimeOn) {
    const TemporaryFolder folder;
    auto options = client_with(SessionPolicy::offer);
    options.session.known = known_peers_file(folder.file("known"));
    Echo echo(with_sessions(SessionPolicy::offer));
    for (int time = 0; time < 2; ++time) {
        auto client = connected_to(echo, options);
        EXPECT_EQ(client.request("echo", "hello").content(), "hello");
    }
    std::ifstream file(folder.file("known"));
    const std::string all(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(all, "127.0.0.1:" + std::to_string(echo.server.port()) + " " +
                       to_string(session_key(server_seed)) + "\n");
}

TEST(SessionTest, KeepsTheKeyOfAServerOnce) {
    const TemporaryFolder folder;
    const auto known = known_peers_file(folder.file("known"));
    const SessionKey key = session_key(server_seed);
    EXPECT_FALSE(known->add("server:1", key));
    EXPECT_FALSE(known->add("server:1", key));
    EXPECT_EQ(known->add("server:1", session_key(client_seed)), Errc::peer_changed);
    std::ifstream file(folder.file("known"));
    const std::string all(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(all, "server:1 " + to_string(key) + "\n");
}

std::error_code why_not_connected(const Echo& echo, const TcpClientOptions& options) {
    try {
        connected_to(echo, options);
        return {};
    } catch (const Error& error) {
        return error.code();
    }
}

TEST(SessionTest, RefusesAnotherKeyThanTheOneThatIsKnown) {
    const TemporaryFolder folder;
    LogLines lines;
    auto options = client_with(SessionPolicy::offer);
    options.session.known = known_peers_file(folder.file("known"));
    options.environment.log = lines.log();
    const Secret other_seed(std::string(32, 'x'));
    Echo echo(with_sessions(SessionPolicy::offer, other_seed));
    const std::string name = "127.0.0.1:" + std::to_string(echo.server.port());
    EXPECT_FALSE(options.session.known->add(name, session_key(server_seed)));
    EXPECT_EQ(why_not_connected(echo, options), Errc::peer_changed);
    EXPECT_TRUE(lines.contains(to_string(session_key(server_seed))));
    EXPECT_TRUE(lines.contains(to_string(session_key(other_seed))));
}

TEST(SessionTest, SaysWhichOtherKeyThereIsWhereSecretsGuardIt) {
    LogLines lines;
    auto options = guarded(client_with(SessionPolicy::offer));
    options.session.peer_keys = {session_key(Secret(std::string(32, 'x')))};
    options.environment.log = lines.log();
    Echo echo(guarded(with_sessions(SessionPolicy::offer)));
    EXPECT_EQ(why_not_connected(echo, options), Errc::peer_changed);
    EXPECT_TRUE(lines.contains(to_string(session_key(server_seed))));
    EXPECT_TRUE(lines.contains(to_string(options.session.peer_keys.front())));
}

TEST(SessionTest, SaysWhichKeyIsNoneOfThoseThatMayBeThere) {
    LogLines lines;
    auto options = client_with(SessionPolicy::offer);
    options.session.peer_keys = {session_key(Secret(std::string(32, 'x'))),
                                 session_key(Secret(std::string(32, 'y')))};
    options.environment.log = lines.log();
    Echo echo(with_sessions(SessionPolicy::offer));
    EXPECT_EQ(why_not_connected(echo, options), Errc::peer_changed);
    EXPECT_TRUE(lines.contains(to_string(session_key(server_seed))));
}

TEST(SessionTest, IsNotGivenUpWithAServerWhoseKeyIsKnown) {
    const TemporaryFolder folder;
    auto options = client_with(SessionPolicy::offer);
    options.session.known = known_peers_file(folder.file("known"));
    Echo echo(local_options());
    const std::string name = "127.0.0.1:" + std::to_string(echo.server.port());
    EXPECT_FALSE(options.session.known->add(name, session_key(server_seed)));
    EXPECT_EQ(why_not_connected(echo, options), Errc::no_session);
}

TEST(SessionTest, TellsThoseInSessionsAndTheOthersOfTheSame) {
    Echo echo(guarded(with_sessions(SessionPolicy::offer)));
    auto inside = connected_to(echo, guarded(client_with(SessionPolicy::offer)));
    auto outside = connected_to(echo, guarded(TcpClientOptions()));
    inside.subscribe("news");
    outside.subscribe("news");
    EXPECT_FALSE(echo.server.notify("news", notify("news", "something")));
    EXPECT_EQ(inside.receive_once().content(), "something");
    EXPECT_EQ(outside.receive_once().content(), "something");
}

TEST(SessionTest, BeginsOnceTheStampsForItAreMade) {
    const auto stamped = [](HashcashOptions terms) {
        terms.realm = "kitchen";
        return all_of({hashcash_auth(std::move(terms)), hmac_auth({.secret = "shared"})});
    };
    auto server = with_sessions(SessionPolicy::require);
    server.auth = stamped(
        {.bits = 12, .seen = std::make_shared<SeenMessages>(SeenOptions{.ran_before = false})});
    Echo echo(server);
    for (int time = 0; time < 5; ++time) {
        auto options = client_with(SessionPolicy::require);
        options.auth = stamped({.pay = 12});
        auto client = connected_to(echo, options);
        EXPECT_EQ(client.request("echo", "hello").content(), "hello");
    }
    EXPECT_EQ(echo.sessions(), 5U);
}

TEST(SessionTest, EndsWithTheSecretItWasMadeFrom) {
    Echo echo(guarded(with_sessions(SessionPolicy::offer)));
    auto client = connected_to(echo, guarded(client_with(SessionPolicy::offer)));
    EXPECT_EQ(client.request("echo", "1").content(), "1");
    echo.server.set_plugins({hmac_auth({.secret = "another"}), stream_cipher({.key = "key"})});
    EXPECT_TRUE(eventually([&] { return echo.server.counters().connections == 0; }));
}

}  // namespace
}  // namespace netaio
