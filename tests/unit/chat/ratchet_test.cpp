#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <netaio/chat/ratchet.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "aead.hpp"
#include "hkdf.hpp"
#include "ratchet_testbed.hpp"
#include "support/keys.hpp"

namespace netaio::chat {
namespace {

class RatchetTest : public testing::Test {
protected:
    RatchetSession session_;
};

TEST_F(RatchetTest, TakesTextsBothWays) {
    EXPECT_EQ(session_.at_bob(session_.from_alice("first")).value(), "first");
    EXPECT_EQ(session_.at_bob(session_.from_alice({})).value(), "");
    EXPECT_EQ(session_.at_alice(session_.from_bob("third")).value(), "third");
    const std::string long_text(ratchet_text_max, 't');
    EXPECT_EQ(session_.at_bob(session_.from_alice(long_text)).value(), long_text);
    for (int trips = 0; trips < 50; ++trips) {
        ASSERT_TRUE(session_.round_trip());
    }
}

TEST_F(RatchetTest, LetsTheEndThatAnswersSpeakOnceItHeard) {
    EXPECT_TRUE(session_.alice.can_encrypt());
    EXPECT_FALSE(session_.bob.can_encrypt());
    EXPECT_THROW((void)session_.bob.encrypt("text", ""), std::logic_error);
    ASSERT_TRUE(session_.at_bob(session_.from_alice("first")));
    EXPECT_TRUE(session_.bob.can_encrypt());
}

TEST_F(RatchetTest, TakesTextsWhenThereIsNothingThatBothKnow) {
    const RatchetMessage message = session_.alice.encrypt("text", {}).value();
    EXPECT_EQ(session_.bob.decrypt(message, {}, session_.random).value(), "text");
}

TEST_F(RatchetTest, TakesNoTextThatIsTooLong) {
    EXPECT_EQ(session_.alice.encrypt(std::string(ratchet_text_max + 1, 't'), "").error(),
              Errc::too_large);
}

TEST_F(RatchetTest, GivesEachMessageAnotherKey) {
    const RatchetMessage one = session_.from_alice("the same");
    const RatchetMessage two = session_.from_alice("the same");
    EXPECT_NE(one.ciphertext, two.ciphertext);
    EXPECT_EQ(one.ciphertext.find("same"), std::string::npos);
    EXPECT_EQ(two.number, one.number + 1);
}

TEST_F(RatchetTest, TakesANewKeyWithEachTurn) {
    const RatchetMessage first = session_.from_alice("1");
    EXPECT_EQ(session_.from_alice("2").dh, first.dh);
    ASSERT_TRUE(session_.at_bob(first));
    ASSERT_TRUE(session_.at_alice(session_.from_bob("3")));
    const RatchetMessage later = session_.from_alice("4");
    EXPECT_NE(later.dh, first.dh);
    EXPECT_EQ(later.previous, 2u);
    EXPECT_EQ(later.number, 0u);
}

TEST_F(RatchetTest, OpensMessagesOfManyChainsThatComeLate) {
    std::vector<RatchetMessage> late;
    for (int trip = 0; trip < 20; ++trip) {
        late.push_back(session_.from_alice("late " + std::to_string(trip)));
        ASSERT_TRUE(session_.round_trip());
    }
    for (int trip = 19; trip >= 0; --trip) {
        const auto at = static_cast<std::size_t>(trip);
        EXPECT_EQ(session_.at_bob(late[at]).value(), "late " + std::to_string(trip));
        EXPECT_EQ(session_.at_bob(late[at]).error(), Errc::replayed);
    }
}

TEST_F(RatchetTest, GoesOnWithoutMessagesThatNeverCome) {
    for (int trip = 0; trip < 20; ++trip) {
        (void)session_.from_alice("lost");
        ASSERT_TRUE(session_.at_bob(session_.from_alice("there")));
        (void)session_.from_bob("lost");
        (void)session_.from_bob("lost");
        ASSERT_TRUE(session_.at_alice(session_.from_bob("back")));
    }
}

TEST_F(RatchetTest, RefusesWhatCameBefore) {
    const RatchetMessage first = session_.from_alice("first");
    const RatchetMessage second = session_.from_alice("second");
    ASSERT_TRUE(session_.at_bob(first));
    EXPECT_EQ(session_.at_bob(first).error(), Errc::replayed);
    ASSERT_TRUE(session_.at_bob(second));
    for (std::size_t trip = 0; trip < past_chains_max; ++trip) {
        ASSERT_TRUE(session_.round_trip());
        EXPECT_EQ(session_.at_bob(first).error(), Errc::replayed);
        EXPECT_EQ(session_.at_bob(second).error(), Errc::replayed);
    }
    ASSERT_TRUE(session_.round_trip());
    ASSERT_TRUE(session_.round_trip());
    EXPECT_EQ(session_.at_bob(first).error(), Errc::decrypt_failed);
}

TEST_F(RatchetTest, RefusesWhatItSentItself) {
    ASSERT_TRUE(session_.round_trip());
    const RatchetMessage own = session_.from_alice("own");
    EXPECT_EQ(session_.at_alice(own).error(), Errc::decrypt_failed);
}

TEST_F(RatchetTest, RefusesWhatWasChangedInAnyPart) {
    ASSERT_TRUE(session_.round_trip());
    const RatchetMessage good = session_.from_alice("text");
    const std::string before = session_.bob.save().reveal().str();
    const auto refused = [&](const RatchetMessage& message) {
        const auto text = session_.at_bob(message);
        return !text && session_.bob.save().reveal() == before;
    };
    for (std::size_t at = 0; at < good.ciphertext.size(); ++at) {
        RatchetMessage bad = good;
        bad.ciphertext[at] ^= 1;
        EXPECT_TRUE(refused(bad)) << at;
        bad.ciphertext.resize(at);
        EXPECT_TRUE(refused(bad)) << at;
    }
    RatchetMessage bad = good;
    bad.number += 1;
    EXPECT_TRUE(refused(bad));
    bad.number = 0xffff'ffff;
    EXPECT_TRUE(refused(bad));
    bad = good;
    bad.previous += 1;
    EXPECT_TRUE(refused(bad));
    bad.previous = 0xffff'ffff;
    EXPECT_TRUE(refused(bad));
    bad = good;
    bad.dh = AgreementKeys::make(session_.random).public_key();
    EXPECT_TRUE(refused(bad));
    for (const std::string& point : test::low_order_points()) {
        bad.dh = AgreementKey::parse(point).value();
        EXPECT_TRUE(refused(bad));
    }
    EXPECT_EQ(session_.bob.decrypt(good, "another", session_.random).error(), Errc::decrypt_failed);
    EXPECT_EQ(session_.bob.save().reveal(), before);
    EXPECT_EQ(session_.at_bob(good).value(), "text");
}

TEST_F(RatchetTest, KeepsTheKeyOfAMessageThatSomebodyForged) {
    const RatchetMessage late = session_.from_alice("late");
    ASSERT_TRUE(session_.at_bob(session_.from_alice("there")));
    RatchetMessage forged = late;
    forged.ciphertext[0] ^= 1;
    EXPECT_EQ(session_.at_bob(forged).error(), Errc::decrypt_failed);
    EXPECT_EQ(session_.at_bob(late).value(), "late");
}

TEST_F(RatchetTest, RefusesWhatIsTooFarAhead) {
    for (std::size_t count = 0; count < skipped_in_chain_max; ++count) {
        (void)session_.from_alice("lost");
    }
    const RatchetMessage last_near = session_.from_alice("near");
    const RatchetMessage far = session_.from_alice("far");
    EXPECT_EQ(session_.at_bob(far).error(), Errc::too_large);
    EXPECT_EQ(session_.at_bob(last_near).value(), "near");
    EXPECT_EQ(session_.at_bob(far).value(), "far");
}

TEST_F(RatchetTest, ForgetsTheOldestKeysOfAChain) {
    std::vector<RatchetMessage> late;
    for (const std::size_t lost : {skipped_in_chain_max, std::size_t{10}}) {
        for (std::size_t count = 0; count < lost; ++count) {
            late.push_back(session_.from_alice("late"));
        }
        ASSERT_TRUE(session_.at_bob(session_.from_alice("there")));
    }
    EXPECT_EQ(session_.at_bob(late[9]).error(), Errc::replayed);
    EXPECT_EQ(session_.at_bob(late[10]).value(), "late");
    EXPECT_EQ(session_.at_bob(late.back()).value(), "late");
}

TEST_F(RatchetTest, ForgetsTheOldestKeysOfAll) {
    std::vector<RatchetMessage> late;
    for (int chain = 0; chain < 3; ++chain) {
        for (std::size_t count = 0; count < skipped_in_chain_max; ++count) {
            late.push_back(session_.from_alice("late"));
        }
        ASSERT_TRUE(session_.round_trip());
    }
    EXPECT_LT(session_.bob.save().reveal().size(), 2'100u * 68);
    EXPECT_EQ(session_.at_bob(late[skipped_in_chain_max - 1]).error(), Errc::replayed);
    EXPECT_EQ(session_.at_bob(late[skipped_in_chain_max]).value(), "late");
    EXPECT_EQ(session_.at_bob(late.back()).value(), "late");
}

// It would be of no use ever after, were they counted against the chain that follows.
TEST_F(RatchetTest, GoesOnAfterMoreWasLostOfAChainThanItKeeps) {
    ASSERT_TRUE(session_.at_bob(session_.from_alice("first")));
    std::vector<RatchetMessage> lost;
    for (std::size_t count = 0; count < skipped_in_chain_max + 5; ++count) {
        lost.push_back(session_.from_alice("lost"));
    }
    ASSERT_TRUE(session_.at_alice(session_.from_bob("in between")));
    EXPECT_EQ(session_.at_bob(session_.from_alice("there")).value(), "there");
    EXPECT_EQ(session_.at_bob(lost.front()).value(), "lost");
    EXPECT_EQ(session_.at_bob(lost.back()).error(), Errc::replayed);
    EXPECT_TRUE(session_.round_trip());
}

TEST_F(RatchetTest, BeginsWithNoKeyOfLowOrder) {
    for (const std::string& point : test::low_order_points()) {
        EXPECT_EQ(Ratchet::begin(SecretKey::make(session_.random),
                                 AgreementKey::parse(point).value(), session_.random)
                      .error(),
                  Errc::malformed);
    }
}

// Two chains, with messages that go the other way in between.
TEST(RatchetOrder, OpensMessagesInEveryOrder) {
    std::vector<std::size_t> order = {1, 2, 3, 4};
    do {
        RatchetSession session;
        std::vector<RatchetMessage> sent = {session.from_alice("0")};
        ASSERT_TRUE(session.at_bob(sent[0]));
        const RatchetMessage back = session.from_bob("reply");
        sent.push_back(session.from_alice("1"));
        sent.push_back(session.from_alice("2"));
        ASSERT_TRUE(session.at_alice(back));
        sent.push_back(session.from_alice("3"));
        sent.push_back(session.from_alice("4"));
        for (const std::size_t at : order) {
            EXPECT_EQ(session.at_bob(sent[at]).value(), std::to_string(at));
            EXPECT_EQ(session.at_bob(sent[at]).error(), Errc::replayed);
        }
        EXPECT_TRUE(session.round_trip());
    } while (std::ranges::next_permutation(order).found);
}

TEST(RatchetOrder, OpensTheFirstMessagesInEveryOrder) {
    std::vector<std::size_t> order = {0, 1, 2, 3};
    do {
        RatchetSession session;
        std::vector<RatchetMessage> sent;
        for (const std::size_t number : {0u, 1u, 2u, 3u}) {
            sent.push_back(session.from_alice(std::to_string(number)));
        }
        for (const std::size_t at : order) {
            EXPECT_EQ(session.at_bob(sent[at]).value(), std::to_string(at));
        }
    } while (std::ranges::next_permutation(order).found);
}

// The steps of the specification, taken one by one with keys that are known.
TEST(Ratchet, DerivesTheKeysOfTheSpecification) {
    const SecretKey shared = SecretKey::parse(std::string(32, 's')).value();
    const AgreementKeys prekey(SecretKey::parse(std::string(32, 'p')).value());
    const AgreementKeys own(SecretKey::parse(std::string(32, 'o')).value());
    test::ScriptedRandom random({std::string(32, 'o')});
    Ratchet alice = Ratchet::begin(shared, prekey.public_key(), random).value();
    for (std::uint32_t number = 0; number < 3; ++number) {
        const RatchetMessage message = alice.encrypt("text", "both know this").value();
        std::array<unsigned char, 64> root_and_chain;
        hkdf_sha256(shared.reveal(), prekey.agree(own.public_key()).value().reveal(),
                    "netaio-chat ratchet 1", root_and_chain);
        SecretKey chain = SecretKey::parse(ByteView(root_and_chain).substr(32)).value();
        for (std::uint32_t step = 0; step < number; ++step) {
            const SecretKey before = chain;
            hmac_sha256(before.reveal(), "\x02", chain.octets());
        }
        SecretKey key;
        hmac_sha256(chain.reveal(), "\x01", key.octets());
        std::string associated = "both know this";
        associated.append(own.public_key().bytes()).append(7, '\0');
        associated.append(1, static_cast<char>(number));
        EXPECT_EQ(open_once(key, "netaio-chat message 1", message.ciphertext, associated).value(),
                  "text");
    }
}

TEST(RatchetMessage, IsRefusedWhenItIsNone) {
    RatchetSession session;
    const Value good = session.from_alice("text").to_value();
    EXPECT_EQ(RatchetMessage::from_value(good).value().to_value(), good);
    EXPECT_EQ(RatchetMessage::from_value(Value("text")).error(), Errc::malformed);
    for (const auto& entry : *good.as_dict()) {
        for (const Value& other : {Value(), Value(-1), Value(std::uint64_t{1} << 32), Value("t")}) {
            Value bad = good;
            bad.as_dict()->set(entry.key, other);
            EXPECT_EQ(RatchetMessage::from_value(bad).error(), Errc::malformed);
        }
    }
    Value bad = good;
    bad.as_dict()->set("ciphertext", Bytes(std::string(ratchet_text_max + 17, 'c')));
    EXPECT_EQ(RatchetMessage::from_value(bad).error(), Errc::too_large);
}

}  // namespace
}  // namespace netaio::chat
