#include <gtest/gtest.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>
#include <filesystem>
#include <thread>

#include "core/layers.hpp"
#include "core/node.hpp"
#include "core/peer_handler.hpp"
#include "support/fixed_environment.hpp"
#include "support/net.hpp"
#include "support/temporary_folder.hpp"

/// What somebody who records messages can do with them where max_age is on: nothing.
namespace netaio {
namespace {

using namespace test;
using boost::asio::ip::tcp;
using boost::asio::ip::udp;

constexpr MessageType kinds[] = {
    MessageType::request_uri,
    MessageType::create_uri,
    MessageType::update_uri,
    MessageType::delete_uri,
    MessageType::subscribe_uri,
    MessageType::unsubscribe_uri,
    MessageType::publish_uri,
    MessageType::notify_uri,
    MessageType::advertise_peer,
    MessageType::peer_discovered,
    MessageType::disconnect,
    MessageType::respond_uri,
    MessageType::ok,
    MessageType::confirm_subscribe,
    MessageType::confirm_unsubscribe,
    MessageType::auth_error,
    MessageType::error,
    MessageType::not_found,
    MessageType::not_permitted,
};

class ReplayTest : public ::testing::Test {
protected:
    std::shared_ptr<SeenMessages> table() {
        return std::make_shared<SeenMessages>(
            SeenOptions{.mark_file = folder.file("mark"), .environment = {.clock = clock}});
    }
    std::shared_ptr<const AuthPlugin> auth(std::shared_ptr<SeenMessages> seen) {
        return hmac_auth({.secret = "test", .max_age = 2min, .seen = std::move(seen)});
    }
    // As somebody with the secret sent it once, and somebody without recorded it.
    std::string recorded(MessageType kind) {
        OwnedMessage message(kind, "uri", "content");
        if (kind == MessageType::advertise_peer || kind == MessageType::peer_discovered ||
            kind == MessageType::disconnect) {
            message = *core::peer_message(kind, "netaio", Peer{.id = "peer"}, DefaultPeer());
        }
        const Plugins sender{.auth = hmac_auth({.secret = "test"})};
        core::Node node(core::Role::client);
        node.environment.clock = clock;
        EXPECT_FALSE(core::seal(message, {}, sender, node.context(nullptr)));
        return encoded(message);
    }
    // Whatever comes is counted. With peers, as these are handled by the node.
    template <class Node>
    void count_all(Node& node) {
        for (const MessageType kind : kinds) {
            if (kind != MessageType::advertise_peer && kind != MessageType::peer_discovered &&
                kind != MessageType::disconnect) {
                node.on(kind, [this]() -> std::optional<OwnedMessage> {
                    ++handled;
                    return std::nullopt;
                });
            }
        }
        node.manage_peers({.advertise_every = 1h, .peer_timeout = 2h});
    }
    Environment environment() { return {.clock = clock, .log = lines.log(LogLevel::info)}; }

    TemporaryFolder folder;
    std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>();
    std::atomic<int> handled = 0;
    LogLines lines;
};

class ReplayToServer : public ReplayTest {
protected:
    void start() {
        start(auth(table()));
        clock->advance(11s);
    }
    void start(std::shared_ptr<const AuthPlugin> plugin) {
        auto options = local_options();
        options.auth = std::move(plugin);
        options.environment = environment();
        options.local_peer = Peer{.id = "server"};
        options.stranger_failures_max = 1000;
        server.emplace(std::move(options));
        count_all(*server);
        ASSERT_FALSE(server->start());
    }
    void end() {
        server->stop(0ms);
        server.reset();
    }
    std::uint64_t refused() {
        const Counters counters = server->counters();
        EXPECT_EQ(counters.rejected_auth, 0u);
        return counters.rejected_replayed + counters.rejected_stale;
    }
    // Everything recorded, all at once.
    void replay(RawPeer& peer, const std::vector<std::string>& messages) {
        const auto before = refused();
        const int handled_before = handled;
        for (const std::string& message : messages) {
            ASSERT_TRUE(peer.send(message));
        }
        EXPECT_TRUE(eventually([&] { return refused() == before + messages.size(); }));
        EXPECT_EQ(handled, handled_before);
    }

    std::optional<TcpServer> server;
};

TEST_F(ReplayToServer, OfNothingPassesOnAnyConnectionBeforeOrAfterARestart) {
    start();
    RawPeer victim(server->port());
    std::vector<std::string> messages;
    std::size_t told = 0;
    for (const MessageType kind : kinds) {
        messages.push_back(recorded(kind));
        ASSERT_TRUE(victim.send(messages.back()));
        ++told;
        ASSERT_TRUE(eventually([&] { return server->counters().frames_in == told; }));
    }
    EXPECT_EQ(refused(), 0u);
    EXPECT_EQ(handled, static_cast<int>(std::size(kinds)) - 3);

    replay(victim, messages);
    {
        RawPeer stranger(server->port());
        replay(stranger, messages);
    }
    clock->advance(100s);
    {
        RawPeer later(server->port());
        replay(later, messages);
    }
    clock->advance(21s);
    {
        RawPeer much_later(server->port());
        replay(much_later, messages);
        EXPECT_EQ(server->counters().rejected_stale, messages.size());
    }
    EXPECT_EQ(server->peers().size(), 0u) << "the last word of the peer was that it leaves";
}

TEST_F(ReplayToServer, OfNothingPassesAfterARestart) {
    for (const bool clean : {true, false}) {
        start();
        RawPeer victim(server->port());
        std::vector<std::string> messages;
        for (const MessageType kind : kinds) {
            messages.push_back(recorded(kind));
            ASSERT_TRUE(victim.send(messages.back()));
        }
        ASSERT_TRUE(eventually([&] { return server->counters().frames_in == std::size(kinds); }));
        EXPECT_EQ(refused(), 0u);
        end();
        EXPECT_TRUE(std::filesystem::exists(folder.file("mark")));
        if (!clean) {
            std::filesystem::remove(folder.file("mark"));
        }
        start();
        RawPeer stranger(server->port());
        replay(stranger, messages);
        const int before = handled;
        ASSERT_TRUE(stranger.send(recorded(MessageType::request_uri)));
        EXPECT_TRUE(eventually([&] { return handled == before + 1; })) << "new ones pass";
        end();
    }
}

TEST_F(ReplayToServer, PassesNeitherWhereANodeTakesThePlaceOfAnother) {
    const auto shared = auth(table());
    clock->advance(11s);
    const std::string message = recorded(MessageType::request_uri);
    for (const int expected : {1, 1}) {
        start(shared);
        RawPeer peer(server->port());
        ASSERT_TRUE(peer.send(message));
        ASSERT_TRUE(eventually([&] { return server->counters().frames_in == 1; }));
        EXPECT_EQ(handled, expected);
        end();
    }
}

class ReplayToNode : public ReplayTest {
protected:
    // A node, its event loop, and two addresses of somebody else.
    struct Running {
        Running(ReplayToNode& test, std::shared_ptr<SeenMessages> seen)
            : node(context.get_executor(), test.options(std::move(seen))) {
            test.count_all(node);
            node.start([](boost::system::error_code error, std::uint16_t) { EXPECT_FALSE(error); });
            EXPECT_TRUE(run_until(context, [&] { return node.port() != 0; }));
        }
        void send(udp::socket& from, ByteView bytes) {
            from.send_to(boost::asio::buffer(bytes.data(), bytes.size()),
                         udp::endpoint(boost::asio::ip::address_v4::loopback(), node.port()));
        }

        boost::asio::io_context context;
        UdpNode node;
    };

    UdpNodeOptions options(std::shared_ptr<SeenMessages> seen) {
        auto made = local_node_options("node");
        made.auth = auth(std::move(seen));
        made.environment = environment();
        return made;
    }
    std::size_t answers(udp::socket& socket) {
        std::size_t count = 0;
        while (socket.available() > 0) {
            char buffer[65536];
            socket.receive(boost::asio::buffer(buffer));
            ++count;
        }
        return count;
    }

    boost::asio::io_context context;
    udp::socket victim{context, {boost::asio::ip::address_v4::loopback(), 0}};
    udp::socket elsewhere{context, {boost::asio::ip::address_v4::loopback(), 0}};
};

TEST_F(ReplayToNode, OfNothingPassesFromAnyAddressBeforeOrAfterARestart) {
    std::vector<std::string> messages;
    std::uint64_t sent = 0;
    for (const bool clean : {true, false}) {
        {
            Running running(*this, table());
            clock->advance(11s);
            UdpNode& node = running.node;
            const auto send_all = [&](udp::socket& from) {
                for (const std::string& message : messages) {
                    running.send(from, message);
                    const auto before = ++sent;
                    ASSERT_TRUE(run_until(running.context,
                                          [&] { return node.counters().frames_in == before; }));
                }
            };
            messages.clear();
            answers(victim);
            answers(elsewhere);
            const auto warned = lines.count("authentication failed");
            sent = 0;
            handled = 0;
            for (const MessageType kind : kinds) {
                messages.push_back(recorded(kind));
            }
            send_all(victim);
            EXPECT_EQ(handled, static_cast<int>(std::size(kinds)) - 3);
            EXPECT_EQ(answers(victim), 1u) << "PEER_DISCOVERED";

            send_all(victim);
            send_all(elsewhere);
            EXPECT_EQ(node.counters().dropped_copies, 2 * messages.size());
            EXPECT_EQ(answers(victim) + answers(elsewhere), 0u) << "in silence";
            EXPECT_EQ(lines.count("authentication failed"), warned);

            clock->advance(6s);
            send_all(victim);
            send_all(elsewhere);
            EXPECT_EQ(node.counters().rejected_replayed, 2 * messages.size());
            EXPECT_TRUE(lines.contains("the message came before"));
            EXPECT_EQ(handled, static_cast<int>(std::size(kinds)) - 3);
            EXPECT_EQ(node.peers().size(), 0u);
        }
        EXPECT_TRUE(std::filesystem::exists(folder.file("mark")));
        if (!clean) {
            std::filesystem::remove(folder.file("mark"));
        }
        Running again(*this, table());
        handled = 0;
        sent = 0;
        for (const std::string& message : messages) {
            again.send(elsewhere, message);
            ++sent;
            ASSERT_TRUE(
                run_until(again.context, [&] { return again.node.counters().frames_in == sent; }));
        }
        EXPECT_EQ(again.node.counters().rejected_stale, messages.size());
        EXPECT_EQ(handled, 0);
        clock->advance(11s);
        again.send(victim, recorded(MessageType::request_uri));
        EXPECT_TRUE(run_until(again.context, [&] { return handled == 1; })) << "new ones pass";
    }
}

// A server that answers every request with the same bytes.
class Parrot {
public:
    explicit Parrot(std::string says) : says_(std::move(says)) {}

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    void serve() {
        for (;;) {
            boost::system::error_code error;
            auto socket = acceptor_.accept(error);
            char buffer[65536];
            while (!error && socket.read_some(boost::asio::buffer(buffer), error) > 0) {
                boost::asio::write(socket, boost::asio::buffer(says_), error);
            }
            if (ending_) {
                return;
            }
        }
    }

public:
    ~Parrot() {
        ending_ = true;
        boost::asio::io_context context;
        boost::system::error_code ignored;
        tcp::socket(context).connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }

private:
    std::string says_;
    boost::asio::io_context context_;
    tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
    std::atomic<bool> ending_ = false;
    std::thread thread_{[this] { serve(); }};
};

TEST_F(ReplayTest, OfAnAnswerFailsTheRequestAndSaysWhy) {
    const Parrot parrot(recorded(MessageType::respond_uri));
    const auto seen = std::make_shared<SeenMessages>(
        SeenOptions{.ran_before = false, .environment = {.clock = clock}});
    const auto error_of = [&](BlockingClient& client) {
        try {
            return client.request("uri").type() == MessageType::respond_uri ? std::error_code()
                                                                            : Errc::malformed;
        } catch (const Error& error) {
            return std::error_code(error.code());
        }
    };
    const auto connected = [&] {
        auto client = std::make_unique<BlockingClient>(
            TcpClientOptions{.auth = auth(seen), .environment = environment()});
        client->connect(*Address::parse("127.0.0.1", parrot.port()));
        return client;
    };
    {
        const auto client = connected();
        EXPECT_FALSE(error_of(*client));
        EXPECT_EQ(error_of(*client), Errc::replayed);
    }
    {
        const auto client = connected();
        EXPECT_EQ(error_of(*client), Errc::replayed);
        clock->advance(121s);
        EXPECT_EQ(error_of(*client), Errc::stale);
    }
}

}  // namespace
}  // namespace netaio
