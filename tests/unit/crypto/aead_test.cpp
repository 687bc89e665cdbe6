#include "crypto/aead.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "wire/hex.hpp"

namespace netaio::crypto {
namespace {

constexpr std::array ciphers{AeadCipher::aes_gcm, AeadCipher::chacha_poly};

// Around where one library takes over from the other, and the longest.
constexpr std::array<std::size_t, 12> sizes{0,   1,   15,  16,  383,  384,
                                            385, 447, 448, 449, 5000, 65535};

SecretKey key_of(const std::string& bytes) {
    SecretKey key;
    std::copy_n(ByteView(bytes).octets(), key.bytes.size(), key.bytes.begin());
    return key;
}
SecretKey key_of(char byte) {
    return key_of(std::string(key_size, byte));
}

std::string text_of(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>(i * 7);
    }
    return text;
}

std::string sealed(AeadKey& key, std::uint64_t number, ByteView with, std::string text) {
    text.append(AeadKey::tag_size, '\0');
    key.seal(number, with, text);
    return text;
}

// By OpenSSL alone, whatever the size, in the form that its manual shows.
std::string sealed_by_openssl(AeadCipher cipher, const SecretKey& key, std::uint64_t number,
                              ByteView with, std::string text) {
    std::array<unsigned char, 12> nonce{};
    for (std::size_t i = 0; i < 8; ++i) {
        const auto octet = static_cast<unsigned char>(number >> 8 * i);
        nonce[cipher == AeadCipher::aes_gcm ? 11 - i : 4 + i] = octet;
    }
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
        EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    int size = 0;
    std::array<char, AeadKey::tag_size> tag{};
    auto* const at = reinterpret_cast<unsigned char*>(text.data());
    EVP_EncryptInit_ex(context.get(),
                       cipher == AeadCipher::aes_gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305(),
                       nullptr, key.bytes.data(), nonce.data());
    EVP_EncryptUpdate(context.get(), nullptr, &size, with.octets(), static_cast<int>(with.size()));
    EVP_EncryptUpdate(context.get(), at, &size, at, static_cast<int>(text.size()));
    EVP_EncryptFinal_ex(context.get(), at + size, &size);
    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                        tag.data());
    return text.append(tag.data(), tag.size());
}

// Noise's vectors (tests/conformance) are the known answers with numbers.
TEST(Aead, SealsShortAndLongAsTheStandardsSay) {
    for (const auto cipher : ciphers) {
        for (const std::uint64_t number : {std::uint64_t(0), std::uint64_t(0x0102030405060708)}) {
            AeadKey key(cipher, key_of('k'));
            for (const std::size_t size : sizes) {
                for (const ByteView with : {ByteView(""), ByteView("what goes with it")}) {
                    EXPECT_EQ(wire::hex(sealed(key, number, with, text_of(size))),
                              wire::hex(sealed_by_openssl(cipher, key_of('k'), number, with,
                                                          text_of(size))))
                        << size;
                }
            }
        }
    }
}

// Test case 14 of the GCM specification: key, nonce and text of zeros.
TEST(Aead, SealsTheKnownAnswerOfAesGcm) {
    AeadKey key(AeadCipher::aes_gcm, SecretKey());
    EXPECT_EQ(wire::hex(sealed(key, 0, {}, std::string(16, '\0'))),
              "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(Aead, OpensWhatTheOtherEndSealed) {
    for (const auto cipher : ciphers) {
        AeadKey seals(cipher, key_of('k'));
        AeadKey opens(cipher, key_of('k'));
        std::uint64_t number = 0;
        for (const std::size_t size : sizes) {
            std::string bytes = sealed(seals, number, "with", text_of(size));
            EXPECT_TRUE(opens.open(number, "with", bytes)) << size;
            EXPECT_EQ(bytes.substr(0, size), text_of(size));
            ++number;
        }
    }
}

TEST(Aead, OpensNothingThatWasChanged) {
    for (const auto cipher : ciphers) {
        AeadKey key(cipher, key_of('k'));
        AeadKey other(cipher, key_of('o'));
        for (const std::size_t size : {0UL, 20UL, 500UL}) {
            const std::string bytes = sealed(key, 7, "with", text_of(size));
            const auto opens = [&](AeadKey& by, std::uint64_t number, ByteView with,
                                   std::string copy) { return by.open(number, with, copy); };
            for (std::size_t at = 0; at < bytes.size(); ++at) {
                std::string changed = bytes;
                changed[at] ^= 1;
                EXPECT_FALSE(opens(key, 7, "with", changed)) << at;
            }
            for (std::size_t kept = 0; kept < bytes.size(); ++kept) {
                EXPECT_FALSE(opens(key, 7, "with", bytes.substr(0, kept))) << kept;
            }
            EXPECT_FALSE(opens(key, 7, "with", bytes + '\0'));
            EXPECT_FALSE(opens(key, 6, "with", bytes));
            EXPECT_FALSE(opens(key, 8, "with", bytes));
            EXPECT_FALSE(opens(key, 7, "wit", bytes));
            EXPECT_FALSE(opens(other, 7, "with", bytes));
            EXPECT_TRUE(opens(key, 7, "with", bytes));
        }
    }
}

TEST(Aead, IsTheSameKeyWhenItRestedOrMoved) {
    for (const auto cipher : ciphers) {
        for (const std::size_t size : {20UL, 500UL}) {
            AeadKey key(cipher, key_of('k'));
            const std::string before = sealed(key, 0, {}, text_of(size));
            key.rest();
            EXPECT_EQ(sealed(key, 0, {}, text_of(size)), before);
            AeadKey moved = std::move(key);
            EXPECT_EQ(sealed(moved, 0, {}, text_of(size)), before);
        }
    }
}

// Noise 11.3: the first 32 octets of 32 zeros that are sealed with the highest number.
TEST(Aead, AdvancesAsNoiseSays) {
    for (const auto cipher : ciphers) {
        AeadKey key(cipher, key_of('k'));
        const std::string next = sealed_by_openssl(cipher, key_of('k'), ~std::uint64_t(0), {},
                                                   std::string(key_size, '\0'));
        for (const std::size_t size : {20UL, 500UL}) {
            AeadKey advanced(cipher, key_of('k'));
            const std::string old = sealed(advanced, 0, {}, text_of(size));
            advanced.advance();
            AeadKey expected(cipher, key_of(next));
            EXPECT_EQ(sealed(advanced, 1, {}, text_of(size)),
                      sealed(expected, 1, {}, text_of(size)));
            std::string bytes = old;
            EXPECT_FALSE(advanced.open(0, {}, bytes));
        }
    }
}

}  // namespace
}  // namespace netaio::crypto
