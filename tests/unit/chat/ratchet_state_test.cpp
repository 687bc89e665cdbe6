#include <gtest/gtest.h>

#include <array>
#include <netaio/chat/ratchet.hpp>
#include <random>
#include <string>
#include <vector>

#include "ratchet_testbed.hpp"

namespace netaio::chat {
namespace {

class RatchetStateTest : public testing::Test {
protected:
    RatchetSession session_;
};

TEST_F(RatchetStateTest, ComesBackAtAnyPoint) {
    std::mt19937 dice(1);
    std::vector<std::pair<RatchetMessage, std::string>> to_alice;
    std::vector<std::pair<RatchetMessage, std::string>> to_bob;
    const auto deliver = [&](auto& on_their_way, auto&& open) {
        if (on_their_way.empty()) return;
        const auto at =
            on_their_way.begin() + static_cast<std::ptrdiff_t>(dice() % on_their_way.size());
        EXPECT_EQ(open(at->first).value(), at->second);
        on_their_way.erase(at);
    };
    for (int step = 0; step < 2'000; ++step) {
        const std::string text = std::to_string(step);
        switch (dice() % 4) {
            case 0: to_bob.emplace_back(session_.from_alice(text), text); break;
            case 1:
                if (session_.bob.can_encrypt()) {
                    to_alice.emplace_back(session_.from_bob(text), text);
                }
                break;
            case 2: deliver(to_bob, [&](auto& message) { return session_.at_bob(message); }); break;
            default: deliver(to_alice, [&](auto& message) { return session_.at_alice(message); });
        }
        for (Ratchet* const end : {&session_.alice, &session_.bob}) {
            Ratchet loaded = RatchetSession::loaded(*end);
            ASSERT_EQ(loaded.save().reveal(), end->save().reveal());
            *end = std::move(loaded);
        }
    }
    while (!to_bob.empty()) {
        deliver(to_bob, [&](auto& message) { return session_.at_bob(message); });
    }
    while (!to_alice.empty()) {
        deliver(to_alice, [&](auto& message) { return session_.at_alice(message); });
    }
}

TEST_F(RatchetStateTest, OpensNothingThatCameBefore) {
    std::vector<RatchetMessage> before;
    for (int trip = 0; trip < 5; ++trip) {
        for (int count = 0; count < 3; ++count) {
            before.push_back(session_.from_alice("secret"));
            ASSERT_TRUE(session_.at_bob(before.back()));
            // A state that leaked right after.
            for (const RatchetMessage& message : before) {
                Ratchet leaked = RatchetSession::loaded(session_.bob);
                EXPECT_FALSE(leaked.decrypt(message, RatchetSession::associated, session_.random));
            }
        }
        ASSERT_TRUE(session_.round_trip());
    }
}

// Whatever is in a state, no message key of what was sent before leads out of it: every 32 bytes
// of it are tried as one, and as the key of a chain.
TEST_F(RatchetStateTest, HoldsNoKeyOfWhatWasSentBefore) {
    ASSERT_TRUE(session_.round_trip());
    Ratchet early = RatchetSession::loaded(session_.alice);
    const RatchetMessage message = session_.from_alice("secret");
    const std::string state = session_.alice.save().reveal().str();
    const std::string earlier = early.save().reveal().str();
    ASSERT_EQ(state.size(), earlier.size());
    // The layout: two numbers of a byte, the root, the own secret, a number of four bytes, the
    // other's key, and the chain to send with.
    constexpr std::size_t chain_at = 2 + 32 + 32 + 4 + 32;
    EXPECT_NE(state.substr(chain_at, 32), earlier.substr(chain_at, 32));
    for (std::size_t at = 0; at + 32 <= state.size(); ++at) {
        EXPECT_NE(state.substr(at, 32), earlier.substr(chain_at, 32));
        std::string guessed = earlier;
        guessed.replace(chain_at, 32, state, at, 32);
        const auto again =
            Ratchet::load(guessed).value().encrypt("secret", RatchetSession::associated);
        EXPECT_NE(again->ciphertext, message.ciphertext) << at;
    }
    EXPECT_EQ(early.encrypt("secret", RatchetSession::associated)->ciphertext, message.ciphertext);
}

TEST_F(RatchetStateTest, IsOfNoUseOnceBothWentOn) {
    ASSERT_TRUE(session_.round_trip());
    for (Ratchet* const end : {&session_.alice, &session_.bob}) {
        const bool of_alice = end == &session_.alice;
        Ratchet leaked = RatchetSession::loaded(*end);
        test::CountingRandom thief;
        std::array<char, 5> other_than_theirs;
        thief.fill(other_than_theirs);
        const auto at_thief = [&](const RatchetMessage& message) {
            return leaked.decrypt(message, RatchetSession::associated, thief);
        };
        const auto next_to_it = [&] {
            return of_alice ? session_.from_bob("text") : session_.from_alice("text");
        };
        const RatchetMessage right_after = next_to_it();
        EXPECT_TRUE(at_thief(right_after)) << "it is of no use at all: the test proves nothing";
        ASSERT_TRUE(of_alice ? session_.at_alice(right_after) : session_.at_bob(right_after));
        ASSERT_TRUE(session_.round_trip());
        ASSERT_TRUE(session_.round_trip());
        EXPECT_EQ(at_thief(next_to_it()).error(), Errc::decrypt_failed);
    }
}

TEST_F(RatchetStateTest, IsNotLoadedFromAnythingElse) {
    (void)session_.from_alice("lost");
    std::vector<std::string> states = {session_.bob.save().reveal().str(),
                                       session_.alice.save().reveal().str()};
    ASSERT_TRUE(session_.round_trip());
    (void)session_.from_alice("lost");
    ASSERT_TRUE(session_.round_trip());
    states.push_back(session_.bob.save().reveal().str());
    for (const std::string& state : states) {
        EXPECT_TRUE(Ratchet::load(state));
        for (std::size_t size = 0; size < state.size(); ++size) {
            EXPECT_EQ(Ratchet::load(ByteView(state).substr(0, size)).error(), Errc::malformed);
        }
        EXPECT_EQ(Ratchet::load(state + "x").error(), Errc::malformed);
        for (const std::size_t at : {0u, 1u}) {
            std::string changed = state;
            changed[at] = '\x07';
            EXPECT_EQ(Ratchet::load(changed).error(), Errc::malformed);
        }
    }
    // More of what is kept than is kept.
    std::string many = states[0];
    many[many.size() - 3] = static_cast<char>(past_chains_max + 1);
    EXPECT_EQ(Ratchet::load(many).error(), Errc::malformed);
    many = states[0];
    many[many.size() - 2] = '\xff';
    EXPECT_EQ(Ratchet::load(many + std::string(0xff00 * 68, '\0')).error(), Errc::malformed);
}

}  // namespace
}  // namespace netaio::chat
