#include "crypto/sha256.hpp"

#include <gtest/gtest.h>

#include <string>

#include "wire/endian.hpp"

namespace netaio::crypto {
namespace {

std::string hex(ByteView bytes) {
    std::string text;
    for (const char byte : bytes) {
        constexpr char digits[] = "0123456789abcdef";
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string counter_bytes(std::uint32_t counter) {
    std::string bytes(4, '\0');
    wire::put_u32(bytes.data(), counter);
    return bytes;
}

std::string digest_of(std::span<const std::uint32_t, 8> words) {
    std::string bytes;
    for (const std::uint32_t word : words) {
        bytes += counter_bytes(word);
    }
    return bytes;
}

TEST(Sha256, GivesThePublishedDigests) {
    EXPECT_EQ(hex(sha256(ByteView()).view()),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256("abc").view()),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a')).view()),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnHowTheBytesAreCutUp) {
    const std::string bytes(300, 'x');
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        const ByteView view = bytes;
        const Digest digest =
            Sha256().update(view.substr(0, cut)).update(view.substr(cut)).finish();
        ASSERT_EQ(hex(digest.view()), hex(sha256(bytes).view())) << cut;
    }
}

TEST(Sha256, CopyGoesOnFromTheSameState) {
    Sha256 first;
    first.update("one, ");
    Sha256 second = first;
    EXPECT_EQ(hex(first.update("two").finish().view()), hex(sha256("one, two").view()));
    EXPECT_EQ(hex(second.update("three").finish().view()), hex(sha256("one, three").view()));
}

TEST(CounterHash, AgreesWithHashingPrefixAndCounterForEveryPrefixLength) {
    for (std::size_t size = 0; size <= 200; ++size) {
        const std::string prefix(size, 'p');
        CounterHash blocks({ByteView(prefix)});
        for (std::uint32_t counter = 0; counter < 3; ++counter) {
            ASSERT_EQ(hex(digest_of(blocks.next())),
                      hex(sha256(prefix + counter_bytes(counter)).view()))
                << size << " bytes, counter " << counter;
        }
    }
}

TEST(CounterHash, JoinsThePartsOfItsPrefix) {
    CounterHash blocks({"iv", ByteView(), "key"});
    EXPECT_EQ(hex(digest_of(blocks.next())), hex(sha256("ivkey" + counter_bytes(0)).view()));
}

}  // namespace
}  // namespace netaio::crypto
