#include <gtest/gtest.h>
#include <sodium.h>

#include <netaio/chat/envelope.hpp>
#include <set>
#include <string>

#include "support/fixed_environment.hpp"
#include "support/keys.hpp"

namespace netaio::chat {
namespace {

class EnvelopeTest : public testing::Test {
protected:
    std::string sealed(ByteView content) {
        return seal_envelope(bob_.public_key(), content, random_).value();
    }

    // Of an inside that seal_envelope() would never make.
    std::string sealed_inside(const std::string& inside) const {
        std::string envelope(envelope_overhead + inside.size(), '\1');
        crypto_box_seal(reinterpret_cast<unsigned char*>(envelope.data() + 1),
                        ByteView(inside).octets(), inside.size(),
                        bob_.public_key().agreement_key().bytes().octets());
        return envelope;
    }

    test::CountingRandom random_;
    Identity bob_ = Identity::make(random_);
    Identity mallory_ = Identity::make(random_);
};

TEST_F(EnvelopeTest, OpensToWhatWasPutIn) {
    for (const std::size_t size : {0u, 1u, 251u, 252u, 253u, 508u, 509u, 10'000u, 32'764u}) {
        const std::string content(size, 'c');
        EXPECT_EQ(open_envelope(bob_, sealed(content)).value(), content);
    }
    const std::string zeros(300, '\0');
    EXPECT_EQ(open_envelope(bob_, sealed(zeros)).value(), zeros);
}

TEST_F(EnvelopeTest, HasOneOfAFewSizes) {
    std::set<std::size_t> sizes;
    for (std::size_t size = 0; size <= envelope_content_max; size += 50) {
        sizes.insert(sealed(std::string(size, 'c')).size() - envelope_overhead);
    }
    const std::set<std::size_t> few = {256, 512, 1024, 2048, 4096, 8192, 16'384, 32'768};
    EXPECT_EQ(sizes, few);
    EXPECT_EQ(sealed(std::string(252, 'c')).size(), 256 + envelope_overhead);
    EXPECT_EQ(sealed(std::string(253, 'c')).size(), 512 + envelope_overhead);
}

TEST_F(EnvelopeTest, TakesNothingThatIsTooLarge) {
    const std::string large(envelope_content_max + 1, 'c');
    EXPECT_EQ(seal_envelope(bob_.public_key(), large, random_).error(), Errc::too_large);
}

TEST_F(EnvelopeTest, OpensForItsReceiverAlone) {
    EXPECT_EQ(open_envelope(mallory_, sealed("content")).error(), Errc::decrypt_failed);
}

TEST_F(EnvelopeTest, ShowsNeitherItsReceiverNorItsContent) {
    const std::string content = "a content that is easily found";
    const std::string one = sealed(content);
    const std::string two = sealed(content);
    EXPECT_NE(one.substr(1, 64), two.substr(1, 64));
    EXPECT_EQ(one.find(content), std::string::npos);
    EXPECT_EQ(one.find(bob_.public_key().bytes()), std::string::npos);
    EXPECT_EQ(one.find(bob_.public_key().agreement_key().bytes()), std::string::npos);
}

TEST_F(EnvelopeTest, IsRefusedWhenAnyByteWasChanged) {
    const std::string good = sealed("content");
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const int bit : {0x01, 0x80}) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ bit);
            EXPECT_EQ(open_envelope(bob_, bad).error(),
                      at == 0 ? Errc::unsupported : Errc::decrypt_failed)
                << at;
        }
    }
}

TEST_F(EnvelopeTest, IsRefusedInAnyOtherSize) {
    const std::string good = sealed("content");
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(open_envelope(bob_, ByteView(good).substr(0, size)).error(),
                  Errc::decrypt_failed);
    }
    EXPECT_EQ(open_envelope(bob_, good + "x").error(), Errc::decrypt_failed);
    EXPECT_EQ(open_envelope(bob_, good + std::string(256, '\0')).error(), Errc::decrypt_failed);
    const std::string huge = std::string(1, '\1') + std::string(65'536 + 48, 'x');
    EXPECT_EQ(open_envelope(bob_, huge).error(), Errc::decrypt_failed);
}

TEST_F(EnvelopeTest, IsRefusedWithAKeyOfLowOrder) {
    std::string bad = sealed("content");
    for (const std::string& point : test::low_order_points()) {
        bad.replace(1, point.size(), point);
        EXPECT_EQ(open_envelope(bob_, bad).error(), Errc::decrypt_failed);
    }
}

// What a stranger who has the receiver's key may put in.
TEST_F(EnvelopeTest, IsRefusedWithAnythingBesideItsContent) {
    const std::string zeros(252, '\0');
    const auto with_inside = [&](const std::string& inside) {
        return open_envelope(bob_, sealed_inside(inside));
    };
    EXPECT_EQ(with_inside(std::string(4, '\0') + zeros).value(), "");
    EXPECT_EQ(with_inside(std::string(4, '\0') + zeros.substr(1) + "x").error(), Errc::malformed);
    EXPECT_EQ(with_inside(std::string("\0\0\0\xfd", 4) + zeros).error(), Errc::malformed);
    EXPECT_EQ(with_inside(std::string(4, '\xff') + zeros).error(), Errc::malformed);
    // It would fit into a smaller one.
    EXPECT_EQ(with_inside(std::string(512, '\0')).error(), Errc::malformed);
}

}  // namespace
}  // namespace netaio::chat
