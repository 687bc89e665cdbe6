#include <gtest/gtest.h>

#include <netaio/chat/envelope.hpp>
#include <netaio/chat/letter.hpp>
#include <netaio/chat/ratchet.hpp>
#include <netaio/chat/x3dh.hpp>
#include <netaio/packify.hpp>
#include <string>

#include "support/fixed_environment.hpp"

namespace netaio::chat {
namespace {

class LetterTest : public testing::Test {
protected:
    test::CountingRandom random_;
    Identity alice_ = Identity::make(random_);
    Identity bob_ = Identity::make(random_);
    PublicKey to_ = bob_.public_key();
    Letter letter_{alice_.public_key(), "note", "body"};
};

TEST_F(LetterTest, ComesOutOfAnEnvelopeAsItWentIn) {
    const std::string envelope = seal_envelope(to_, letter_.pack(), random_).value();
    EXPECT_EQ(Letter::unpack(open_envelope(bob_, envelope).value()).value(), letter_);
}

TEST_F(LetterTest, HasRoomForTheLongestMessageThatBeginsASession) {
    const Prekeys prekeys(bob_, 1'700'000'000, random_);
    PrekeyBundle bundle = prekeys.bundle();
    bundle.one_time_prekey = prekeys.one_time_prekeys().back();
    bundle.one_time_prekey->id = 0xffff'ffff;
    const X3dhBegun begun = x3dh_begin(alice_, bundle, 1'700'000'000, random_).value();
    Ratchet ratchet = Ratchet::begin(begun.secret.shared, begun.their_prekey, random_).value();
    const RatchetMessage message =
        ratchet.encrypt(std::string(ratchet_text_max, 't'), begun.secret.associated_data).value();
    const Value body = Dict{{"x3dh", begun.header.to_value()}, {"message", message.to_value()}};
    const Letter letter{alice_.public_key(), std::string(letter_kind_max, 'k'),
                        netaio::pack(body).value()};
    EXPECT_TRUE(seal_envelope(to_, letter.pack(), random_));
}

TEST_F(LetterTest, IsRefusedWhenItIsNone) {
    const std::string packed = letter_.pack();
    for (std::size_t size = 0; size < packed.size(); ++size) {
        EXPECT_EQ(Letter::unpack(ByteView(packed).substr(0, size)).error(), Errc::malformed);
    }
    EXPECT_EQ(Letter::unpack(std::string(envelope_content_max + 1, 'x')).error(), Errc::too_large);
    const Value good = unpack(packed).value();
    for (const auto& entry : *good.as_dict()) {
        for (const Value& other : {Value(), Value(5), Value(std::string(33, 'k')), Value(List{})}) {
            Value bad = good;
            bad.as_dict()->set(entry.key, other);
            EXPECT_EQ(Letter::unpack(pack(bad).value()).error(), Errc::malformed);
        }
    }
    Value deep = good;
    deep.as_dict()->set("more", List{List{}});
    EXPECT_EQ(Letter::unpack(pack(deep).value()).error(), Errc::malformed);
}

}  // namespace
}  // namespace netaio::chat
