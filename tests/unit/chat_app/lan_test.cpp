#include "lan.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <netaio/daemon_client.hpp>
#include <netaio/default_peer.hpp>
#include <netaio/packify.hpp>

#include "fake_chat.hpp"
#include "fake_lan.hpp"
#include "relay_protocol.hpp"
#include "support/net.hpp"

namespace netaio::chat_app::test {
namespace {

using namespace std::chrono_literals;
using netaio::test::local_node_options;
using netaio::test::run_until;

chat::Identity somebody(char which) {
    return chat::Identity(*chat::SecretKey::parse(std::string(32, which)));
}

LanLinkOptions lan_options(const Environment& environment) {
    LanLinkOptions options;
    options.environment = environment;
    return options;
}

struct Neighbour {
    Neighbour(TestNetwork& network, FakeLan& lan, char which)
        : identity(somebody(which)),
          chat(identity, network.environment()),
          node(lan, static_cast<std::uint8_t>(which),
               Presence::peer(identity, std::string(1, which))),
          link(network.executor(), lan_node(node), identity, chat.calls(),
               lan_options(network.environment())) {}
    chat::PublicKey key() const { return identity.public_key(); }

    chat::Identity identity;
    FakeChat chat;
    FakeNode node;
    LanLink link;
};

std::string long_envelope(char fill = 'x') {
    return std::string(envelope_size_max, fill);
}

class LanLinkTest : public ::testing::Test {
protected:
    LanLinkTest() {
        alice.node.meet(bob.node);
        bob.node.meet(alice.node);
    }

    std::optional<bool> carry(const std::string& envelope) {
        std::optional<bool> ended;
        alice.link.carry({1, bob.key(), envelope}, [&](bool done) { ended = done; });
        network.advance(1min);
        return ended;
    }
    std::optional<bool> ask_bundle() {
        std::optional<bool> ended;
        alice.link.ask_bundle(bob.key(), [&](bool done) { ended = done; });
        network.advance(1min);
        return ended;
    }
    // What bob answers to this piece.
    std::string said(const std::string& rest, ByteView content) {
        std::string text;
        const std::string uri = "chat/piece/" + in_hex(mailbox_of(bob.key())).substr(0, 16) + "/";
        alice.node.create(bob.node.address, uri + rest, content, {.timeout = 1s},
                          [&](const boost::system::error_code& error, const OwnedMessage& reply) {
                              text = error ? error.message() : reply.content().str();
                          });
        network.advance(1s);
        return text;
    }

    TestNetwork network;
    FakeLan lan{network.executor()};
    Neighbour alice{network, lan, 'a'};
    Neighbour bob{network, lan, 'b'};
};

TEST_F(LanLinkTest, MeetsWhoIsThereByTheNameThatTheySigned) {
    EXPECT_TRUE(alice.link.reaches(bob.key()));
    EXPECT_EQ(alice.chat.present, (std::map<chat::PublicKey, std::string>{{bob.key(), "b"}}));
    Peer renamed = Presence::peer(bob.identity, "Bob", 7);
    renamed.id = bob.node.self().id;
    renamed.addresses = bob.node.self().addresses;
    alice.node.meet(renamed);
    EXPECT_EQ(alice.chat.present[bob.key()], "Bob");
    EXPECT_EQ(alice.chat.named_at[bob.key()], 7u);
    alice.node.lose(renamed);
    EXPECT_FALSE(alice.link.reaches(bob.key()));
    EXPECT_TRUE(alice.chat.present.empty());
}

TEST_F(LanLinkTest, KnowsSomebodyWhoIsThereTwiceUntilBothAreGone) {
    Peer second = Presence::peer(bob.identity, "b");
    second.addresses = {bob.node.address};
    alice.node.meet(second);
    alice.node.lose(bob.node.self());
    EXPECT_TRUE(alice.link.reaches(bob.key()));
    alice.node.lose(second);
    EXPECT_FALSE(alice.link.reaches(bob.key()));
}

TEST_F(LanLinkTest, DoesNotMeetWhoDoesNotProveWhoTheyAre) {
    const chat::Identity carol = somebody('c');
    const auto data = [&](const std::string& name, const std::string& key,
                          const std::string& signature) {
        Peer peer{.id = random_id()};
        peer.data =
            peer_data({{"name", name}, {"key", Bytes(key)}, {"signature", Bytes(signature)}});
        return peer;
    };
    const std::string key = ByteView(carol.public_key().bytes()).str();
    const std::string signature = carol.sign("netaio-chat presence" + ("carol" + key));
    EXPECT_TRUE(Presence::parse(data("carol", key, signature)));
    EXPECT_EQ(Presence::parse(data("mallory", key, signature)).error(), Errc::auth_failed);
    EXPECT_EQ(Presence::parse(data("carol", key, "")).error(), Errc::auth_failed);
    EXPECT_EQ(Presence::parse(data("carol", "short", signature)).error(), Errc::malformed);
    const std::string long_name(65, 'n');
    EXPECT_EQ(Presence::parse(data(long_name, key, signature)).error(), Errc::too_large);
    Peer nothing{.id = random_id()};
    EXPECT_EQ(Presence::parse(nothing).error(), Errc::malformed);
    nothing.data = "no value";
    EXPECT_EQ(Presence::parse(nothing).error(), Errc::malformed);
    alice.node.meet(data("mallory", key, signature));
    alice.node.meet(Presence::peer(alice.identity, "a"));
    EXPECT_EQ(alice.chat.present.size(), 1u);
}

TEST_F(LanLinkTest, KnowsOfANameWhenItWasSaid) {
    const Peer told = Presence::peer(bob.identity, "b", 1'700'000'000);
    EXPECT_EQ(Presence::parse(told)->at, 1'700'000'000u);
    const auto with = [&](std::string_view field, Value value) {
        const Value data = unpack(told.data).value();
        Dict fields = *data.as_dict();
        fields.set(std::string(field), std::move(value));
        return Presence::parse({.id = told.id, .data = pack(fields).value()});
    };
    EXPECT_EQ(with("time", 1'800'000'000).error(), Errc::auth_failed);
    EXPECT_EQ(with("time", -1).error(), Errc::malformed);
    EXPECT_EQ(with("dated_signature", 1).error(), Errc::malformed);
}

TEST_F(LanLinkTest, MeetsNoMoreThanItMay) {
    const std::size_t people_max = LanLinkOptions().people_max;
    for (std::size_t i = 0; i < people_max; ++i) {
        alice.node.meet(Presence::peer(bob.identity, "b"));
    }
    alice.node.meet(Presence::peer(somebody('c'), "c"));
    EXPECT_EQ(alice.chat.present.size(), 1u);
    alice.node.lose(bob.node.self());
    alice.node.meet(Presence::peer(somebody('c'), "c"));
    EXPECT_EQ(alice.chat.present.size(), 2u);
}

TEST_F(LanLinkTest, BringsParcelsInPiecesThatFitIntoDatagrams) {
    std::size_t longest = 0;
    lan.copies = [&](const Message& message) {
        longest = std::max(longest, message.uri().size() + message.content().size());
        return 1;
    };
    EXPECT_EQ(carry("short"), true);
    EXPECT_EQ(carry(long_envelope()), true);
    EXPECT_EQ(bob.chat.received, (std::vector<std::string>{"short", long_envelope()}));
    EXPECT_LE(longest, 1'200u);
}

TEST_F(LanLinkTest, SendsLostPiecesAgain) {
    int count = 0;
    lan.copies = [&](const Message&) { return ++count % 7 == 0 ? 0 : 1; };
    EXPECT_EQ(carry(long_envelope()), true);
    EXPECT_EQ(bob.chat.received, std::vector<std::string>{long_envelope()});
}

TEST_F(LanLinkTest, TakesDoubledPiecesOnce) {
    lan.copies = [&](const Message&) { return 2; };
    EXPECT_EQ(carry(long_envelope()), true);
    EXPECT_EQ(carry(long_envelope()), true);
    EXPECT_EQ(bob.chat.received, std::vector<std::string>{long_envelope()});
}

TEST_F(LanLinkTest, GivesUpWhereNobodyAnswers) {
    lan.copies = [](const Message&) { return 0; };
    EXPECT_EQ(carry("lost"), false);
    EXPECT_EQ(lan.sent, 5);
    EXPECT_EQ(ask_bundle(), false);
    EXPECT_EQ(lan.sent, 10);
    alice.node.lose(bob.node.self());
    EXPECT_EQ(carry("lost"), false);
    EXPECT_EQ(ask_bundle(), false);
    EXPECT_EQ(lan.sent, 10);
}

TEST_F(LanLinkTest, IsNotDoneWhereTheReceiverCannotKeepIt) {
    bob.chat.disk_full = true;
    EXPECT_EQ(carry(long_envelope()), false);
    bob.chat.disk_full = false;
    EXPECT_EQ(carry(long_envelope()), true);
    EXPECT_EQ(bob.chat.received, std::vector<std::string>{long_envelope()});
}

TEST_F(LanLinkTest, IsDoneWithWhatMakesNoSense) {
    EXPECT_EQ(carry("senseless"), true);
    EXPECT_TRUE(bob.chat.received.empty());
}

TEST_F(LanLinkTest, TriesOneAddressAfterTheOther) {
    Peer moved = bob.node.self();
    moved.addresses.insert(Address(std::array<std::uint8_t, 4>{10, 0, 0, 1}, 8888));
    alice.node.meet(moved);
    // Each address comes first for half of them; where nobody answers, the other is tried soon.
    int done = 0;
    for (char fill = '0'; fill < '4'; ++fill) {
        for (const std::string& envelope : {std::string(1, fill), long_envelope(fill)}) {
            alice.link.carry({1, bob.key(), envelope}, [&](bool well) { done += well ? 1 : 0; });
            network.advance(400ms);
        }
        alice.link.carry({1, bob.key(), "one more"}, [](bool) {});
        network.advance(400ms);
    }
    EXPECT_EQ(done, 8);
}

TEST_F(LanLinkTest, RefusesWhatIsNoPiece) {
    const std::string id(32, 'a');
    EXPECT_EQ(said("", "x"), "this is no piece of an envelope");
    EXPECT_EQ(said(id + "/1/31", "x"), "this is no piece of an envelope");
    EXPECT_EQ(said(id + "/1/1", ""), "these pieces make no envelope");
    EXPECT_EQ(said(id + "/1/1", "x"), "these pieces make no envelope");
    EXPECT_EQ(said(id + "/1/1", std::string(piece_size + 1, 'x')), "these pieces make no envelope");
    for (std::size_t i = 0; i < PieceTable::from_host_max; ++i) {
        PieceName name = first_piece(std::to_string(i));
        name.of = 2;
        EXPECT_EQ(said(name.str(), std::string(piece_size, 'x')), "");
    }
    EXPECT_EQ(said(id + "/1/2", std::string(piece_size, 'x')),
              "too many envelopes at once; try again later");
    EXPECT_TRUE(bob.chat.received.empty());
}

TEST_F(LanLinkTest, AsksForPrekeysAndGivesOneTimePrekeysNoFasterThanItMay) {
    for (int i = 0; i < 12; ++i) {
        alice.link.ask_bundle(bob.key(), [](bool) {});
    }
    network.advance(1s);
    ASSERT_EQ(alice.chat.bundles.size(), 12u);
    EXPECT_EQ(alice.chat.bundles[0].identity, bob.key());
    const auto with_one_time = std::ranges::count_if(
        alice.chat.bundles, [](const auto& each) { return each.one_time_prekey.has_value(); });
    EXPECT_EQ(with_one_time, 10);
    EXPECT_EQ(bob.chat.handed_out, 10u);
}

TEST_F(LanLinkTest, IsToldNothingWhenItIsGone) {
    std::optional<LanLink> link(std::in_place, network.executor(), lan_node(alice.node),
                                alice.identity, alice.chat.calls(),
                                lan_options(network.environment()));
    alice.node.meet(bob.node);
    bool told = false;
    link->carry({1, bob.key(), "x"}, [&](bool) { told = true; });
    link.reset();
    alice.node.lose(bob.node.self());
    network.advance(1min);
    EXPECT_FALSE(told);
}

TEST(LanLinkDaemonTest, WorksOnADaemonClientAsOnAUdpNode) {
    TestNetwork network;
    const chat::Identity alice = somebody('a');
    FakeChat chat(alice, network.environment());
    DaemonClientOptions options;
    options.app = "chat";
    options.local_peer = Presence::peer(alice, "a");
    DaemonClient node(network.executor(), options);
    LanLink link(network.executor(), lan_node(node), alice, chat.calls(),
                 lan_options(network.environment()));
    std::optional<bool> ended;
    link.carry({1, somebody('b').public_key(), "x"}, [&](bool done) { ended = done; });
    network.run();
    EXPECT_EQ(ended, false) << "nobody is there";
}

TEST(LanLinkSocketTest, CarriesBetweenUdpNodes) {
    boost::asio::io_context context(1);
    struct SocketPerson {
        SocketPerson(boost::asio::io_context& running, char which)
            : identity(somebody(which)),
              chat(identity),
              node(running.get_executor(),
                   [&] {
                       UdpNodeOptions options = local_node_options("");
                       options.local_peer = Presence::peer(identity, std::string(1, which));
                       return options;
                   }()),
              link(running.get_executor(), lan_node(node), identity, chat.calls()) {}
        chat::Identity identity;
        FakeChat chat;
        UdpNode node;
        LanLink link;
    };
    SocketPerson alice(context, 'a');
    SocketPerson bob(context, 'b');
    ASSERT_FALSE(alice.node.start());
    ASSERT_FALSE(bob.node.start());
    ASSERT_FALSE(alice.node.introduce(*Address::parse("127.0.0.1", bob.node.port())));
    const chat::PublicKey to = bob.identity.public_key();
    ASSERT_TRUE(run_until(context, [&] { return alice.link.reaches(to); }));
    std::optional<bool> carried;
    std::optional<bool> asked;
    alice.link.carry({1, to, long_envelope()}, [&](bool done) { carried = done; });
    alice.link.ask_bundle(to, [&](bool done) { asked = done; });
    ASSERT_TRUE(run_until(context, [&] { return carried && asked; }));
    EXPECT_TRUE(*carried);
    EXPECT_TRUE(*asked);
    EXPECT_EQ(bob.chat.received, std::vector<std::string>{long_envelope()});
}

}  // namespace
}  // namespace netaio::chat_app::test
