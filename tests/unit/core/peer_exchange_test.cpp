#include "core/peer_exchange.hpp"

#include <gtest/gtest.h>

#include <netaio/hmac_auth.hpp>
#include <netaio/make.hpp>
#include <netaio/packify.hpp>

#include "datagram_testbed.hpp"

namespace netaio::core {
namespace {

using namespace test;
using namespace std::chrono_literals;

Address at(std::string_view text) {
    return Address::parse(text).value();
}

std::string list_of(const std::vector<std::string>& all) {
    List list;
    for (const std::string& each : all) {
        list.items.emplace_back(Bytes(each));
    }
    return *pack(Value(list));
}

constexpr auto everything_is_new = [](const Address&) { return true; };

struct PeerExchangeTest : testing::Test {
    std::set<std::string> told_to(const Address& whom, std::size_t room = 900) {
        std::set<std::string> all;
        const auto value = unpack(exchange.tell(whom, room, random));
        for (const Value& item : value->as_list()->items) {
            all.insert(item.as_bytes()->str());
        }
        return all;
    }
    // What is tried in so much time, with its first time.
    std::map<Address, int> run_for(std::chrono::milliseconds time) {
        std::map<Address, int> tried;
        for (const auto end = now + time; exchange.next() && *exchange.next() <= end;) {
            now = std::max(now, *exchange.next());
            exchange.ask(now, random);
            for (const Address& there : exchange.introduce(now, {.delay = 1s}, random)) {
                ++tried[there];
            }
        }
        return tried;
    }

    netaio::test::CountingRandom random;
    PeerExchange::TimePoint now = PeerExchange::TimePoint(1h);
    PeerExchange exchange{8, 20s};
    const Address friendly = at("10.0.0.1:8888");
};

TEST_F(PeerExchangeTest, TellsOfOthersThanWhoAsks) {
    exchange.heard(friendly, now, random);
    exchange.heard(at("10.0.0.2:8888"), now, random);
    exchange.heard(at("10.0.0.3:1"), now, random);
    exchange.vacated(at("10.0.0.3:1"));
    EXPECT_EQ(told_to(friendly), std::set<std::string>{"10.0.0.2:8888"});
}

TEST_F(PeerExchangeTest, TellsNoMoreThanThereIsRoomFor) {
    for (int i = 0; i < 40; ++i) {
        exchange.heard(at("[2001:db8:1111:2222:3333:4444:5555:6666]:" + std::to_string(60000 + i)),
                       now, random);
    }
    EXPECT_EQ(told_to(friendly).size(), PeerExchange::told_max);
    for (const std::size_t room : {0u, 3u, 10u, 60u, 200u}) {
        EXPECT_LE(exchange.tell(friendly, room, random).size(), room);
    }
    EXPECT_EQ(told_to(friendly, 120).size(), 2u);
}

TEST_F(PeerExchangeTest, TellsAndTakesNothingThatMeansSomethingElseThere) {
    exchange.heard(at("127.0.0.1:8888"), now, random);
    exchange.heard(at("[fe80::1%2]:8888"), now, random);
    EXPECT_TRUE(told_to(friendly).empty());
    EXPECT_EQ(told_to(at("[fe80::2%2]:1")), std::set<std::string>{"[fe80::1]:8888"});
    EXPECT_TRUE(told_to(at("[fe80::2%3]:1")).empty());
    EXPECT_EQ(told_to(at("127.0.0.1:1")), std::set<std::string>{"127.0.0.1:8888"});
    const auto answer = list_of({"127.0.0.1:8888", "[::1]:8888", "224.0.0.1:8888", "0.0.0.0:8888",
                                 "10.0.0.9:0", "unix:/run/x", "rubbish", "[fe80::1%7]:8888"});
    EXPECT_FALSE(exchange.told(friendly, answer, now, everything_is_new));
    EXPECT_TRUE(exchange.told(at("[fe80::2%3]:1"), answer, now, everything_is_new));
    EXPECT_EQ(run_for(1s).begin()->first, at("[fe80::1%3]:8888"));
}

TEST_F(PeerExchangeTest, TriesAnAddressAFewTimesAndThenNotForLong) {
    const auto answer = list_of({"10.0.0.9:8888"});
    EXPECT_TRUE(exchange.told(friendly, answer, now, everything_is_new));
    EXPECT_FALSE(exchange.told(friendly, answer, now, everything_is_new));
    EXPECT_EQ(run_for(60s)[at("10.0.0.9:8888")], static_cast<int>(PeerExchange::tries_max));
    EXPECT_FALSE(exchange.told(friendly, answer, now, everything_is_new));
    EXPECT_TRUE(run_for(5min).empty());
    EXPECT_EQ(exchange.kept(), 0u);
    EXPECT_TRUE(exchange.told(friendly, answer, now, everything_is_new));
}

TEST_F(PeerExchangeTest, StaysIntroducedToWhoAnswers) {
    const Address told = at("10.0.0.9:8888");
    exchange.told(friendly, list_of({told.str()}), now, everything_is_new);
    EXPECT_EQ(run_for(0s)[told], 1);
    exchange.heard(told, now, random);
    for (int i = 0; i < 50; ++i) {
        const auto before = now;
        while (exchange.introduce(now, {.delay = 1s}, random).empty()) {
            exchange.ask(now, random);
            ASSERT_TRUE(exchange.next());
            now = std::max(now, *exchange.next());
        }
        EXPECT_GE(now - before, 18s);
        EXPECT_LE(now - before, 22s);
        exchange.heard(told, now, random);
    }
    EXPECT_EQ(run_for(1h)[told], static_cast<int>(PeerExchange::tries_again_max));
    EXPECT_EQ(exchange.kept(), 0u);
}

TEST_F(PeerExchangeTest, NobodyTakesAllTheRoom) {
    exchange.told(friendly, list_of({"10.0.0.5:1", "10.0.0.5:2", "10.0.0.5:3"}), now,
                  everything_is_new);
    EXPECT_EQ(exchange.kept(), 2u);
    for (int i = 0; i < 20; ++i) {
        exchange.told(at("10.0.0.2:" + std::to_string(i + 1)),
                      list_of({"10.0.1.1:" + std::to_string(i + 1)}), now, everything_is_new);
    }
    EXPECT_EQ(exchange.kept(), 8u);
    exchange.told(at("10.0.0.3:1"), list_of(std::vector<std::string>(17, "10.0.0.8:8888")), now,
                  everything_is_new);
    EXPECT_EQ(exchange.kept(), 8u);
}

TEST_F(PeerExchangeTest, SpreadsFirstTries) {
    PeerExchange many(4096, 20s);
    for (int i = 0; i < 100; ++i) {
        std::vector<std::string> all;
        for (int j = 0; j < 16; ++j) {
            all.push_back("10.0." + std::to_string(i) + "." + std::to_string(j + 1) + ":8888");
        }
        many.told(friendly, list_of(all), now, everything_is_new);
    }
    EXPECT_EQ(many.kept(), std::size_t{PeerExchange::waiting_max + 1});
    EXPECT_EQ(many.introduce(now, {.delay = 1h, .delay_max = 1h}, random).size(), 1u);
    EXPECT_EQ(many.introduce(now + 1s, {.delay = 1h, .delay_max = 1h}, random).size(), 4u);
}

TEST_F(PeerExchangeTest, AsksThoseFirstWhomItNeverAsked) {
    EXPECT_FALSE(exchange.next());
    exchange.heard(friendly, now, random);
    EXPECT_EQ(exchange.ask(now, random), friendly);
    EXPECT_FALSE(exchange.ask(now + 10s, random));
    exchange.heard(at("10.0.0.2:1"), now + 10s, random);
    EXPECT_EQ(exchange.ask(now + 10s, random), at("10.0.0.2:1"));
    EXPECT_EQ(exchange.ask(now + 40s, random), friendly);
    EXPECT_EQ(exchange.ask(now + 80s, random), at("10.0.0.2:1"));
    exchange.tells_nothing(friendly);
    EXPECT_EQ(exchange.ask(now + 120s, random), at("10.0.0.2:1"));
    exchange.tells_nothing(at("10.0.0.2:1"));
    EXPECT_FALSE(exchange.ask(now + 1h, random));
    EXPECT_FALSE(exchange.next());
}

struct DatagramExchangeTest : testing::Test {
    DatagramExchangeTest() {
        test.core.peer_manager().manage({.exchange_max = 8});
        test.take();
    }
    // The question that a peer is asked which introduced itself.
    OwnedMessage question() {
        test.receive(test.peer_says(MessageType::advertise_peer, "other"));
        test.take();
        test.core.tick();
        const auto sent = test.take();
        EXPECT_EQ(sent.size(), 1u);
        return sent.empty() ? OwnedMessage() : sent[0].message();
    }
    std::size_t introduced() {
        test.clock->advance(1s);
        test.core.tick();
        return static_cast<std::size_t>(std::ranges::count_if(test.take(), [](const auto& sent) {
            return sent.to == Address::parse("10.0.0.9:8888").value();
        }));
    }

    const Plugins outer{hmac_auth({.secret = "secret"}), nullptr};
    TestDatagrams test{"local", {}, outer};
    const OwnedMessage answer{respond_uri, peers_uri("netaio"), list_of({"10.0.0.9:8888"})};
};

TEST_F(DatagramExchangeTest, IntroducesItselfToWhomAPeerTellsOf) {
    const auto asked = question();
    EXPECT_EQ(asked.uri(), peers_uri("netaio"));
    test.receive(test.frame(answer.own(), {}, outer, asked.request_id()));
    EXPECT_EQ(introduced(), 1u);
    EXPECT_FALSE(test.knows("10.0.0.9:8888"));
}

TEST_F(DatagramExchangeTest, IgnoresWhatNobodyVouchesFor) {
    const auto asked = question();
    test.receive(test.frame(answer.own(), {}, {}, asked.request_id()));
    EXPECT_EQ(introduced(), 0u);
}

TEST_F(DatagramExchangeTest, TellsNothingToWhomNobodyVouchesFor) {
    TestDatagrams open("local");
    open.core.peer_manager().manage({.exchange_max = 8});
    open.receive(open.peer_says(MessageType::advertise_peer, "other"));
    open.take();
    open.receive(request(peers_uri("netaio"), peers_question()));
    const auto sent = open.take();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_EQ(sent[0].type(), MessageType::not_found);
    open.clock->advance(1min);
    open.core.tick();
    for (const auto& one : open.take()) {
        EXPECT_NE(one.type(), MessageType::request_uri);
    }
}

TEST_F(DatagramExchangeTest, AnAnswerIsNoLongerThanTheQuestion) {
    question();
    for (const std::size_t size : {0u, 5u, 30u, 900u}) {
        const std::string asked = test.frame(
            OwnedMessage(request_uri, peers_uri("netaio"), std::string(size, '\0')), {}, outer);
        test.receive(asked, Address::parse("10.0.0.7:1").value());
        const auto sent = test.take();
        ASSERT_EQ(sent.size(), 1u);
        EXPECT_EQ(sent[0].type(), MessageType::respond_uri);
        EXPECT_LE(sent[0].bytes.size(), asked.size());
    }
}

TEST_F(DatagramExchangeTest, EndsWithItsManagementOrAnotherOfThatAppId) {
    question();
    test.core.peer_manager().manage({});
    test.take();
    test.receive(request(peers_uri("netaio"), peers_question()));
    EXPECT_EQ(test.take().at(0).type(), MessageType::not_found);
    test.core.peer_manager().manage({.exchange_max = 8});
    test.core.peer_manager().stop_all();
    test.take();
    test.receive(request(peers_uri("netaio"), peers_question()));
    EXPECT_EQ(test.take().at(0).type(), MessageType::not_found);
}

}  // namespace
}  // namespace netaio::core
