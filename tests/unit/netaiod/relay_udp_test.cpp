#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <netaio/packify.hpp>

#include "relay.hpp"
#include "support/net.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::daemon {
namespace {

using namespace test;

const PeerManagementOptions briskly{.app_id = "home", .advertise_every = 50ms, .peer_timeout = 1s};

// A relay with sockets, a program of its machine, and a node of another.
class RelayUdpTest : public ::testing::Test {
public:
    void SetUp() override {
        const UdpNodeOptions local = local_node_options("unused");
        options.socket = *Address::parse("unix:" + (folder.path() / "netaiod.sock").string());
        options.udp = local;
        options.udp->port = port;
        options.udp->local_peer = std::nullopt;
        options.udp->renew_subscriptions = 100ms;
        relay = std::make_shared<Relay>(context.get_executor(), options);
        ASSERT_FALSE(relay->start());
        bool ready = false;
        program.on(notify_uri, [&](const Message& message) {
            told.push_back(message.uri().str());
            if (message.uri().starts_with("netaiod/peer/")) {
                peer = message.own();
            }
        });
        program.on(request_uri, [&](const Message& message) {
            from = origin_of(message);
            return "the program's " + message.uri().str();
        });
        boost::asio::co_spawn(
            context,
            [&]() -> awaitable<void> {
                co_await program.connect(options.socket);
                program.start_receive_loop();
                const std::string app = *pack(Dict{{"name", "kitchen"},
                                                   {"app_id", "home"},
                                                   {"peer_id", Bytes("the program")},
                                                   {"advertise_ms", 50},
                                                   {"timeout_ms", 1000}});
                auto said = co_await program.exchange(create_uri, "netaiod/app", app);
                EXPECT_EQ(said.type(), MessageType::ok) << said.content();
                const std::string key = *pack(Dict{{"type", 0}, {"uri", Bytes("lamp")}});
                said = co_await program.exchange(create_uri, "netaiod/key", key);
                EXPECT_EQ(said.type(), MessageType::ok) << said.content();
                const std::string notes = *pack(Dict{{"type", 8}, {"prefix", Bytes("")}});
                said = co_await program.exchange(create_uri, "netaiod/key", notes);
                EXPECT_EQ(said.type(), MessageType::ok) << said.content();
                ready = true;
            },
            [](const std::exception_ptr& failure) {
                if (failure) {
                    std::rethrow_exception(failure);
                }
            });
        ASSERT_TRUE(run_until(context, [&] { return ready; }));
        auto remote = local;
        remote.port = port;
        remote.local_peer = Peer{.id = "the node"};
        node.emplace(context.get_executor(), remote);
        node->on({request_uri, "door"}, [] { return "the node's door"; });
        node->grant_subscriptions();
        ASSERT_FALSE(node->start());
    }

    static std::string origin_of(const Message& message) {
        const auto value = unpack(message.auth().bytes("@").value_or(ByteView()));
        return value && value->as_list() ? value->as_list()->items.at(0).as_bytes()->str() : "";
    }
    std::string asked(const Address& to, std::string_view uri) {
        std::optional<std::string> answer;
        node->request(to, uri, {.timeout = 5s}, [&](std::error_code error, OwnedMessage reply) {
            answer = error ? error.message()
                           : std::string(built_in_name(reply.type())) + " " + reply.content().str();
        });
        EXPECT_TRUE(run_until(context, [&] { return answer.has_value(); }));
        return *answer;
    }
    std::string asks(std::string_view to, OwnedMessage message) {
        message.auth().set("@", to);
        std::optional<std::string> answer;
        program.exchange(
            std::move(message), {.timeout = 5s}, [&](std::error_code error, OwnedMessage reply) {
                answer =
                    error ? error.message()
                          : std::string(built_in_name(reply.type())) + " " + reply.content().str();
            });
        EXPECT_TRUE(run_until(context, [&] { return answer.has_value(); }));
        return *answer;
    }
    Address program_address() {
        EXPECT_TRUE(run_until(context, [&] { return node->peer("the program").has_value(); }));
        return *node->peer("the program")->addresses.begin();
    }

    static constexpr std::uint16_t port = 23791;
    TemporaryFolder folder;
    LogLines lines;  // of what logs there, as long as the context is there
    boost::asio::io_context context;
    RelayOptions options;
    std::shared_ptr<Relay> relay;
    TcpClient program{context.get_executor(), {.answers = true}};
    std::optional<UdpNode> node;
    std::vector<std::string> told;
    OwnedMessage peer;
    std::string from;
};

TEST_F(RelayUdpTest, AProgramIsAPeerWithAPortOfItsOwn) {
    node->manage_peers(briskly);
    const Address there = program_address();
    EXPECT_NE(there.port(), relay->udp_port());
    EXPECT_TRUE(run_until(context, [&] { return !peer.content().empty(); }));
    EXPECT_EQ(peer.uri(), "netaiod/peer/joined");
    EXPECT_EQ(asked(there, "lamp"), "RESPOND_URI the program's lamp");
    EXPECT_EQ(from, Address::parse("127.0.0.1", node->port())->str());
    EXPECT_EQ(asked(there, "nothing"), "NOT_FOUND not found");
}

TEST_F(RelayUdpTest, WarnsWhenAnotherHasTheMachinesPort) {
    options.environment.log = lines.log();
    options.socket = *Address::parse("unix:" + (folder.path() / "second.sock").string());
    const auto second = std::make_shared<Relay>(context.get_executor(), options);
    ASSERT_FALSE(second->start());
    EXPECT_NE(second->udp_port(), port);
    const std::string warning = "warning udp: port " + std::to_string(port) +
                                " has another node of this machine; peers learn that this one is "
                                "at ";
    EXPECT_EQ(lines.count(warning), 1u);
    EXPECT_TRUE(lines.contains(":" + std::to_string(second->udp_port())));
}

TEST_F(RelayUdpTest, WhoRegistersAgainAndAgainHasFewPorts) {
    const auto descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                             std::filesystem::directory_iterator());
    };
    const auto before = descriptors();
    const std::string app = *pack(Dict{{"name", "kitchen"}, {"app_id", "home"}});
    int left = 50;
    for (int i = left; i > 0; --i) {
        program.exchange(create_uri, "netaiod/app", app, {},
                         [&](std::error_code, const OwnedMessage& reply) {
                             EXPECT_EQ(reply.type(), MessageType::ok) << reply.content();
                             --left;
                         });
    }
    EXPECT_TRUE(run_until(context, [&] { return left == 0; }));
    EXPECT_LT(descriptors(), before + 25);
    EXPECT_EQ(asked(*Address::parse("127.0.0.1", relay->udp_port()), "lamp"),
              "RESPOND_URI the program's lamp");
}

TEST_F(RelayUdpTest, NoProgramIsThePeerThatAnotherIs) {
    TcpClient other{context.get_executor(), {.answers = true}};
    std::optional<MessageType> said;
    boost::asio::co_spawn(
        context,
        [&]() -> awaitable<void> {
            co_await other.connect("unix:" + (folder.path() / "netaiod.sock").string());
            const std::string app = *pack(
                Dict{{"name", "hall"}, {"app_id", "home"}, {"peer_id", Bytes("the program")}});
            said = (co_await other.exchange(create_uri, "netaiod/app", app)).type();
        },
        boost::asio::detached);
    EXPECT_TRUE(run_until(context, [&] { return said.has_value(); }));
    EXPECT_EQ(said, MessageType::not_permitted);
}

TEST_F(RelayUdpTest, WhoIsTheSamePeerAgainOrIsRefusedStaysWhereItIs) {
    node->manage_peers(briskly);
    const Address there = program_address();
    const std::string who = Address::parse("127.0.0.1", node->port())->str();
    EXPECT_EQ(asks("", OwnedMessage(create_uri, "netaiod/subscriber",
                                    *pack(Dict{{"key", Bytes("k")}, {"who", Bytes(who)}}))),
              "OK ");
    const auto again = [&](Dict app) {
        app.set("name", "kitchen");
        if (!app.find("app_id")) {
            app.set("app_id", "home");
        }
        if (!app.find("peer_id")) {
            app.set("peer_id", Bytes("the program"));
        }
        return asks("", OwnedMessage(create_uri, "netaiod/app", *pack(Value(std::move(app)))));
    };
    EXPECT_EQ(again({{"advertise_ms", 70}}), "OK ");
    EXPECT_TRUE(again({{"peer_id", Bytes("")}}).starts_with("ERROR "));
    for (const std::uint64_t wrong :
         {std::uint64_t(0), std::uint64_t(49), std::uint64_t(1) << 40}) {
        EXPECT_EQ(again({{"advertise_ms", wrong}}),
                  "ERROR advertise_ms has to be milliseconds from 50 to 31536000000, a year");
    }
    EXPECT_EQ(again({{"timeout_ms", "long"}}),
              "ERROR timeout_ms has to be milliseconds from 50 to 31536000000, a year");
    EXPECT_EQ(again({{"timeout_ms", 1000}}),
              "ERROR timeout_ms has to be no shorter than advertise_ms");
    std::string heard;
    node->on(notify_uri, [&](const Message& m) { heard = m.content().str(); });
    OwnedMessage news = notify("news", "now");
    news.auth().set("@", "subscribers:k");
    EXPECT_FALSE(program.send(news));
    EXPECT_TRUE(run_until(context, [&] { return !heard.empty(); }));
    EXPECT_EQ(asked(there, "lamp"), "RESPOND_URI the program's lamp");
    // As another peer it is elsewhere, and known there.
    EXPECT_EQ(again({{"data", Bytes(*pack(Dict{{"room", Bytes("x")}}))}}), "OK ");
    EXPECT_TRUE(run_until(context, [&] {
        const auto now = node->peer("the program");
        return now && !now->addresses.contains(there);
    }));
}

TEST_F(RelayUdpTest, TheMachinesPortFindsTheOwner) {
    const Address machine = *Address::parse("127.0.0.1", relay->udp_port());
    EXPECT_EQ(asked(machine, "lamp"), "RESPOND_URI the program's lamp");
    EXPECT_TRUE(from.starts_with("udp:127.0.0.1:")) << from;
    EXPECT_EQ(asked(machine, "nothing"), "NOT_FOUND not found");
}

TEST_F(RelayUdpTest, EachNodeIsSaidToBeItselfAtWhateverPort) {
    node->manage_peers(briskly);
    const Address programs = program_address();
    const Address machines = *Address::parse("127.0.0.1", relay->udp_port());
    auto options_of_another = local_node_options("unused");
    options_of_another.port = port;
    UdpNode another(context.get_executor(), options_of_another);
    ASSERT_FALSE(another.start());
    const auto said_of = [&](UdpNode& asks, const Address& to) {
        bool answered = false;
        asks.request(to, "lamp", {.timeout = 5s},
                     [&](std::error_code error, const OwnedMessage&) { answered = !error; });
        EXPECT_TRUE(run_until(context, [&] { return answered; }));
        return from;
    };
    for (int round = 0; round < 2; ++round) {
        for (UdpNode* const each : {&*node, &another}) {
            const std::string address = Address::parse("127.0.0.1", each->port())->str();
            EXPECT_EQ(said_of(*each, programs), address);
            EXPECT_EQ(said_of(*each, machines), "udp:" + address);
        }
    }
}

TEST_F(RelayUdpTest, AProgramAsksAndHearsNodes) {
    const std::string there = Address::parse("127.0.0.1", node->port())->str();
    EXPECT_EQ(asks(there, request("door")), "RESPOND_URI the node's door");
    EXPECT_EQ(asks(there, OwnedMessage(subscribe_uri, "news")), "CONFIRM_SUBSCRIBE ");
    told.clear();
    EXPECT_FALSE(node->notify("news", notify("news", "now")));
    EXPECT_TRUE(run_until(context, [&] { return told == std::vector<std::string>{"news"}; }));
}

TEST_F(RelayUdpTest, WhatGoesToTheGroupComesOnce) {
    node->manage_peers(briskly);
    program_address();
    told.clear();
    EXPECT_FALSE(node->multicast(notify("news", "to all")));
    EXPECT_TRUE(run_until(context, [&] { return std::ranges::count(told, "news") == 1; }));
    EXPECT_FALSE(node->multicast(notify("later", "to all")));
    EXPECT_TRUE(run_until(context, [&] { return std::ranges::count(told, "later") == 1; }));
    EXPECT_EQ(std::ranges::count(told, "news"), 1);
}

TEST_F(RelayUdpTest, IsIntroducedToThoseThatAConfigurationReadAnewNames) {
    UdpNodeOptions apart = local_node_options("apart");
    apart.multicasts = false;
    UdpNode hidden(context.get_executor(), apart);
    ASSERT_FALSE(hidden.start());
    hidden.manage_peers(briskly);
    options.udp->bootstrap = {*Address::parse("127.0.0.1", hidden.port())};
    relay->reload(options);
    EXPECT_TRUE(run_until(context, [&] { return hidden.peer("the program").has_value(); }));
    options.udp->bootstrap = {};
    relay->reload(options);
    EXPECT_TRUE(run_until(context, [&] { return !hidden.peer("the program").has_value(); }));
}

TEST_F(RelayUdpTest, ExchangesPeersWhenAConfigurationReadAnewSaysSo) {
    const auto secret = hmac_auth({.secret = "secret"});
    const auto make = [&](std::string id) {
        UdpNodeOptions apart = local_node_options(std::move(id));
        apart.multicasts = false;
        apart.auth = secret;
        auto made = std::make_unique<UdpNode>(context.get_executor(), apart);
        EXPECT_FALSE(made->start());
        PeerManagementOptions exchanging = briskly;
        exchanging.exchange_max = 8;
        made->manage_peers(exchanging);
        return made;
    };
    const auto middle = make("middle");
    const auto last = make("last");
    last->keep_introduced(*Address::parse("127.0.0.1", middle->port()));
    options.udp->auth = secret;
    options.udp->bootstrap = {*Address::parse("127.0.0.1", middle->port())};
    relay->reload(options);
    EXPECT_TRUE(run_until(context, [&] { return middle->peers().size() == 2; }));
    EXPECT_FALSE(last->peer("the program").has_value());
    options.exchange_max = 8;
    relay->reload(options);
    EXPECT_TRUE(run_until(context, [&] { return last->peer("the program").has_value(); }));
}

TEST_F(RelayUdpTest, AProgramIsToldWhatANodeHasEnded) {
    const std::string there = Address::parse("127.0.0.1", node->port())->str();
    EXPECT_EQ(asks(there, OwnedMessage(subscribe_uri, "news")), "CONFIRM_SUBSCRIBE ");
    told.clear();
    node->set_rules(std::make_shared<AccessRules>(std::vector<AccessRule>()));
    EXPECT_TRUE(run_until(
        context, [&] { return told == std::vector<std::string>{"netaiod/subscription/lost"}; }));
}

TEST_F(RelayUdpTest, NodesAreSubscribedByTheirOwnWishWhereAddressesAreNotReached) {
    const std::string there = "udp:" + Address::parse("127.0.0.1", node->port())->str();
    const auto subscribe = [&](const std::string& who) {
        const Dict content{{"key", Bytes("k")}, {"who", Bytes(who)}};
        return asks("", OwnedMessage(create_uri, "netaiod/subscriber", *pack(Value(content))));
    };
    std::vector<std::string> heard;
    node->on(notify_uri, [&](const Message& m) { heard.push_back(m.content().str()); });
    EXPECT_EQ(subscribe(there), "OK ");
    options.any_address = false;
    relay->reload(options);
    EXPECT_TRUE(
        subscribe(there).starts_with("NOT_PERMITTED local.any_address of netaiod is false"));
    OwnedMessage early = notify("news", "early");
    early.auth().set("@", "subscribers:k");
    EXPECT_FALSE(program.send(early));
    // It comes to ask by itself.
    asks("",
         OwnedMessage(create_uri, "netaiod/key", *pack(Dict{{"type", 5}, {"uri", Bytes("news")}})));
    program.on(subscribe_uri, [&](const Message& m) { return from = origin_of(m), ""; });
    const Address machine = *Address::parse("127.0.0.1", relay->udp_port());
    node->exchange(machine, OwnedMessage(subscribe_uri, "news"), {},
                   [](std::error_code, const OwnedMessage&) {});
    EXPECT_TRUE(run_until(context, [&] { return from == there; })) << from;
    EXPECT_EQ(subscribe(there), "OK ");
    OwnedMessage late = notify("news", "late");
    late.auth().set("@", "subscribers:k");
    EXPECT_FALSE(program.send(late));
    EXPECT_TRUE(run_until(context, [&] { return !heard.empty(); }));
    EXPECT_EQ(heard, std::vector<std::string>{"late"});
}

TEST_F(RelayUdpTest, AConnectionByAddressGoesWhenNobodyUsesIt) {
    TcpServer hub(context.get_executor(), local_options());
    hub.on(request_uri, [] { return "the hub's"; });
    ASSERT_FALSE(hub.start());
    options.server_idle = 400ms;
    relay->reload(options);
    EXPECT_EQ(asks("tcp:" + hub.endpoints()[0].str(), request("x")), "RESPOND_URI the hub's");
    EXPECT_EQ(hub.connection_count(), 1u);
    EXPECT_TRUE(run_until(context, [&] { return hub.connection_count() == 0; }));
}

TEST_F(RelayUdpTest, NoNodeBeginsWhileTheDaemonEnds) {
    node->manage_peers(briskly);
    const Address there = program_address();
    // Till that is answered, or the deadline, its node is there.
    std::vector<Answer> held;
    program.on(request_uri, [&](const Message&, Connection&, Answer answer) {
        held.push_back(std::move(answer));
    });
    node->request(there, "lamp", {.timeout = 5s}, [](std::error_code, const OwnedMessage&) {});
    EXPECT_TRUE(run_until(context, [&] { return !held.empty(); }));
    bool stopped = false;
    boost::asio::co_spawn(context, relay->stop(5s),
                          [&](const std::exception_ptr&) { stopped = true; });
    EXPECT_TRUE(run_until(context, [&] { return !node->peer("the program").has_value(); }));
    const auto again = pack(Dict{{"name", "kitchen"}, {"app_id", "other"}});
    EXPECT_EQ(asks("", OwnedMessage(create_uri, "netaiod/app", *again)),
              "ERROR netaiod is about to end: say it to the next one");
    EXPECT_FALSE(stopped);
    held[0]("late");
    EXPECT_TRUE(run_until(context, [&] { return stopped; }));
}

TEST_F(RelayUdpTest, APeerLeavesWithItsProgram) {
    node->manage_peers(briskly);
    program_address();
    program.close_all();
    EXPECT_TRUE(run_until(context, [&] { return !node->peer("the program").has_value(); }));
}

TEST_F(RelayUdpTest, RefusesAPeerThatFitsIntoNoDatagram) {
    const auto say = [&](std::string id, std::string data) {
        return asks("", OwnedMessage(create_uri, "netaiod/app",
                                     *pack(Dict{{"name", "kitchen"},
                                                {"app_id", "home"},
                                                {"peer_id", Bytes(std::move(id))},
                                                {"data", Bytes(std::move(data))}})));
    };
    const std::string too_long =
        "ERROR app_id, peer_id and data have to fit in a datagram of 65507 bytes";
    EXPECT_EQ(say("p", *pack(Dict{{"x", Bytes(std::string(65000, 'x'))}})), too_long);
    EXPECT_EQ(say(std::string(65000, 'p'), *pack(Dict{})), too_long);
    // What it says of itself is between peers.
    EXPECT_EQ(say("p", *pack(Dict{{"name", "kitchen"}, {"age", 7}})), "OK ");
}

}  // namespace
}  // namespace netaio::daemon
