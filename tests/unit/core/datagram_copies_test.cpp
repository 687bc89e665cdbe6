#include <gtest/gtest.h>

#include <netaio/access_rules.hpp>
#include <netaio/seen_messages.hpp>

#include "datagram_testbed.hpp"

// What a node does with the same datagram again, when its plugins tell what is fresh.
namespace netaio::core {
namespace {

using namespace test;
using std::chrono::seconds;

struct DatagramCopiesTest : testing::Test {
    Plugins fresh(const char* field = "hmac") {
        return {.auth =
                    hmac_auth({.secret = "secret",
                               .hmac_field = field,
                               .max_age = std::chrono::minutes(2),
                               .seen = std::make_shared<SeenMessages>(SeenOptions{
                                   .ran_before = false, .environment = {.clock = test.clock}})})};
    }
    void manage(Plugins inner = {}) {
        test.core.peer_manager().manage({.plugins = std::move(inner)});
        test.take();
    }
    std::string says(MessageType type, const std::string& id = "a", const Plugins& inner = {}) {
        return test.frame(test.peer_says(type, id), inner, test.node->outer);
    }
    std::set<Address> addresses(const std::string& id = "a") const {
        const auto peer = test.node->peers.find_id(id);
        return peer ? peer->addresses : std::set<Address>();
    }
    const Tallies& tallies() { return test.core.tallies(); }

    TestDatagrams test;
};

TEST_F(DatagramCopiesTest, TeachAnAddressAndNothingElse) {
    test.node->outer = fresh();
    manage();
    for (const auto type : {MessageType::advertise_peer, MessageType::peer_discovered}) {
        const bool first = type == MessageType::advertise_peer;
        const std::string id = first ? "a" : "b";
        const std::set<Address> both{first ? there : host(1), first ? elsewhere : host(2)};
        const std::string bytes = says(type, id);
        test.receive(bytes, *both.begin());
        test.take();
        test.lines.clear();
        test.receive(bytes, *both.rbegin());
        EXPECT_EQ(addresses(id), both);
        EXPECT_TRUE(test.take().empty()) << "nobody is answered twice";
        EXPECT_FALSE(test.logged("authentication failed"));
    }
    EXPECT_EQ(tallies().dropped_copies.get(), 2u);
    EXPECT_EQ(tallies().rejected_replayed.get(), 0u);
}

TEST_F(DatagramCopiesTest, TeachNothingWhereRulesRefuseTheMessage) {
    test.node->outer = fresh();
    manage();
    test.receive(says(MessageType::advertise_peer), there);
    test.take();
    test.node->set_rules(std::make_shared<const AccessRules>(std::vector<AccessRule>{
        {.access = Access::deny, .who = {"*"}, .types = {MessageType::advertise_peer}},
        {.access = Access::allow, .who = {"*"}}}));
    for (const char* id : {"a", "b"}) {
        const std::string bytes = says(MessageType::advertise_peer, id);
        test.receive(bytes, there);
        test.receive(bytes, elsewhere);
    }
    EXPECT_EQ(addresses("a"), std::set({there}));
    EXPECT_FALSE(test.knows("b"));
    EXPECT_TRUE(test.take().empty());
    EXPECT_EQ(tallies().rejected_rules.get(), 2u);
    EXPECT_EQ(tallies().dropped_copies.get(), 2u);
}

TEST_F(DatagramCopiesTest, TeachAnAddressThroughBothLayersAndTheirCiphers) {
    for (const bool inner_is_fresh : {false, true}) {
        Plugins outer = fresh();
        outer.cipher = stream_cipher({.key = "key"});
        test.node->outer = outer;
        Plugins inner = inner_is_fresh ? fresh("inner_hmac") : Plugins();
        inner.cipher = stream_cipher({.key = "inner", .iv_field = "iv2", .encrypt_uri = false});
        manage(inner);
        const std::string bytes = says(MessageType::advertise_peer, "a", inner);
        test.receive(bytes, there);
        test.receive(bytes, elsewhere);
        EXPECT_EQ(addresses(), std::set({there, elsewhere}));
        test.node->peers.remove("a");
        test.core.peer_manager().stop_all();
        test.take();
    }
}

TEST_F(DatagramCopiesTest, TeachAnAddressWhereTheInnerPluginAloneTells) {
    const Plugins inner = fresh();
    manage(inner);
    const std::string bytes = says(MessageType::advertise_peer, "a", inner);
    test.receive(bytes, there);
    test.take();
    test.receive(bytes, elsewhere);
    EXPECT_EQ(addresses(), std::set({there, elsewhere}));
    EXPECT_TRUE(test.take().empty());
}

TEST_F(DatagramCopiesTest, TeachNothingOfWhoLeftOrChangedMeanwhile) {
    test.node->outer = fresh();
    manage();
    const std::string hello = says(MessageType::advertise_peer);
    test.receive(hello, there);
    test.receive(says(MessageType::disconnect), there);
    test.receive(hello, elsewhere);
    EXPECT_FALSE(test.knows("a"));

    const std::string again = says(MessageType::advertise_peer);
    test.receive(again, there);
    test.receive(test.frame(*peer_message(MessageType::advertise_peer, "netaio",
                                          Peer{.id = "a", .data = "new"}, *test.node->peer_plugin),
                            {}, test.node->outer),
                 there);
    test.receive(again, elsewhere);
    EXPECT_EQ(test.node->peers.find_id("a")->data, "new");
    EXPECT_EQ(addresses(), std::set({there, elsewhere}));
}

TEST_F(DatagramCopiesTest, WithdrawNobodyTwice) {
    test.node->outer = fresh();
    manage();
    test.receive(says(MessageType::advertise_peer), there);
    const std::string bye = says(MessageType::disconnect);
    test.receive(bye, there);
    EXPECT_FALSE(test.knows("a"));
    test.receive(says(MessageType::advertise_peer), there);
    test.take();
    test.receive(bye, there);
    EXPECT_TRUE(test.knows("a"));
    EXPECT_TRUE(test.take().empty());
}

TEST_F(DatagramCopiesTest, AreDroppedInSilenceWhateverTheyAsk) {
    test.node->outer = fresh();
    int handled = 0;
    test.node->router.add(Key(MessageType::request_uri),
                          calling([&](const Message& message, Source&) {
                              ++handled;
                              return respond(message.uri(), "answer");
                          }));
    const std::string bytes = test.frame(request("uri"), {}, test.node->outer);
    for (int i = 0; i < 3; ++i) {
        test.receive(bytes, i == 0 ? there : elsewhere);
    }
    EXPECT_EQ(handled, 1);
    EXPECT_EQ(test.take().size(), 1u);
    EXPECT_EQ(tallies().dropped_copies.get(), 2u);
}

TEST_F(DatagramCopiesTest, AreReplaysLaterAndAnsweredSo) {
    test.node->outer = fresh();
    manage();
    const std::string bytes = says(MessageType::advertise_peer);
    test.receive(bytes, there);
    test.take();
    test.clock->advance(seconds(6));
    test.receive(bytes, elsewhere);
    EXPECT_EQ(addresses(), std::set({there}));
    EXPECT_EQ(tallies().rejected_replayed.get(), 1u);
    EXPECT_TRUE(test.logged("the message came before"));
    const auto sent = test.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].type(), MessageType::auth_error);
    EXPECT_EQ(sent[0].message().content(), "the message came before");
}

TEST_F(DatagramCopiesTest, AreNoneWhereTheMessageIsStale) {
    test.node->outer = fresh();
    manage();
    const std::string bytes = says(MessageType::advertise_peer);
    test.clock->advance(seconds(121));
    test.receive(bytes, there);
    EXPECT_FALSE(test.knows("a"));
    EXPECT_EQ(tallies().rejected_stale.get(), 1u);
    EXPECT_TRUE(test.logged("the message is 121 s older than the clock here (120 s at most)"));
}

TEST_F(DatagramCopiesTest, OfAnAnswerCompleteNothingTwice) {
    test.node->outer = fresh();
    Told first;
    Told second;
    const auto ask = [&](Told& told) {
        return test.core.request(there, request("uri"), {}, seconds(10), told.completion()).value();
    };
    const auto id = ask(first);
    const std::string answer =
        test.frame(respond("uri", "answer"), {}, test.node->outer, RequestId(id));
    test.receive(answer, there);
    EXPECT_EQ(first.times, 1);
    ask(second);
    test.receive(answer, there);
    test.clock->advance(seconds(6));
    test.receive(answer, there);
    EXPECT_EQ(second.times, 0) << "the answer may still come";
    test.receive(test.frame(respond("uri", "new"), {}, test.node->outer), there);
    EXPECT_EQ(second.times, 1);
    EXPECT_FALSE(second.error);
}

TEST_F(DatagramCopiesTest, TellOfEveryNodeThatSharesThePlugin) {
    const Plugins shared = fresh();
    test.node->outer = shared;
    TestDatagrams other("other");
    other.node->outer = shared;
    manage();
    other.core.peer_manager().manage({});
    const std::string bytes = says(MessageType::advertise_peer);
    test.receive(bytes, there);
    other.receive(bytes, there);
    EXPECT_TRUE(test.knows("a"));
    EXPECT_TRUE(other.knows("a"));
}

// Over a connection nothing comes twice by itself.
TEST_F(DatagramCopiesTest, AreReplaysAtOnceOverAConnection) {
    for (const Role role : {Role::server, Role::client}) {
        TestNode node(role, fresh());
        const std::string bytes = node.frame(publish("uri", "content"), {}, node.node.outer);
        node.receive(bytes);
        EXPECT_EQ(node.tallies.rejected_replayed.get(), 0u);
        node.receive(bytes);
        EXPECT_EQ(node.tallies.rejected_replayed.get(), 1u);
        EXPECT_EQ(node.tallies.dropped_copies.get(), 0u);
        EXPECT_TRUE(node.logged("the message came before"));
    }
}

TEST_F(DatagramCopiesTest, OfAnAnswerFailTheRequestOfAClientWithTheReason) {
    TestNode node(Role::client, fresh());
    Told replayed;
    Told stale;
    const std::string answer = node.frame(respond("uri", "answer"), {}, node.node.outer);
    Told first;
    node.request("uri", first);
    node.receive(answer);
    EXPECT_FALSE(first.error);
    node.request("uri", replayed);
    node.receive(answer);
    EXPECT_EQ(replayed.error, Errc::replayed);
    node.request("uri", stale);
    const std::string late = node.frame(respond("uri", "answer"), {}, node.node.outer);
    test.clock->advance(seconds(121));
    node.receive(late);
    EXPECT_EQ(stale.error, Errc::stale);
    EXPECT_EQ(node.tallies.rejected_stale.get(), 1u);
}

}  // namespace
}  // namespace netaio::core
