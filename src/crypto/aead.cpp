#include "aead.hpp"

#include <openssl/evp.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <new>

#include "../wire/endian.hpp"
#include "start_sodium.hpp"

namespace netaio::crypto {
namespace {

static_assert(AeadKey::tag_size == crypto_aead_aes256gcm_ABYTES);
static_assert(AeadKey::tag_size == crypto_aead_chacha20poly1305_ietf_ABYTES);
static_assert(key_size == crypto_aead_aes256gcm_KEYBYTES);

// From here on OpenSSL is faster.
constexpr std::size_t long_aes = 448;
constexpr std::size_t long_chacha = 384;

using Nonce = std::array<unsigned char, 12>;

// Four zero bytes, and the number as each cipher counts.
inline Nonce nonce_of(AeadCipher cipher, std::uint64_t number) noexcept {
    std::array<char, 12> nonce{};
    char* const at = nonce.data() + 4;
    if (cipher == AeadCipher::aes_gcm) {
        wire::put_u32(wire::put_u32(at, static_cast<std::uint32_t>(number >> 32)),
                      static_cast<std::uint32_t>(number));
    } else {
        for (std::size_t i = 0; i < 8; ++i) {
            at[i] = static_cast<char>(number >> 8 * i);
        }
    }
    return std::bit_cast<Nonce>(nonce);
}

unsigned char* octets_of(char* bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes);
}

void need(bool done) {
    if (!done) {
        throw std::bad_alloc();  // all else that OpenSSL may miss here is a mistake of this file
    }
}

}  // namespace

bool has_fast_aes() {
    static const bool fast = [] {
        start_sodium();
        return crypto_aead_aes256gcm_is_available() != 0;
    }();
    return fast;
}

struct AeadKey::Expanded {
    Expanded() = default;
    Expanded(const Expanded&) = delete;
    Expanded& operator=(const Expanded&) = delete;
    ~Expanded() {
        wipe(state);
        EVP_CIPHER_CTX_free(context);
    }

    alignas(16) crypto_aead_aes256gcm_state state{};
    bool has_state = false;  // as libsodium knows this machine's instructions
    EVP_CIPHER_CTX* context = nullptr;

    // Ready for the message with that nonce.
    EVP_CIPHER_CTX* ready(AeadCipher cipher, const SecretKey& key, const Nonce& nonce, bool seals) {
        if (!context) {
            context = EVP_CIPHER_CTX_new();
            need(context &&
                 EVP_CipherInit_ex(
                     context,
                     cipher == AeadCipher::aes_gcm ? EVP_aes_256_gcm() : EVP_chacha20_poly1305(),
                     nullptr, key.bytes.data(), nonce.data(), seals) == 1);
        } else {
            need(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), seals) == 1);
        }
        return context;
    }
};

namespace {

void seal_long(EVP_CIPHER_CTX* context, ByteView with, std::span<char> text, unsigned char* tag) {
    int size = 0;
    need(EVP_EncryptUpdate(context, nullptr, &size, with.octets(), static_cast<int>(with.size())) ==
             1 &&
         EVP_EncryptUpdate(context, octets_of(text.data()), &size, octets_of(text.data()),
                           static_cast<int>(text.size())) == 1 &&
         EVP_EncryptFinal_ex(context, tag, &size) == 1 &&
         EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AeadKey::tag_size, tag) == 1);
}

bool open_long(EVP_CIPHER_CTX* context, ByteView with, std::span<char> text, unsigned char* tag) {
    int size = 0;
    need(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AeadKey::tag_size, tag) == 1 &&
         EVP_DecryptUpdate(context, nullptr, &size, with.octets(), static_cast<int>(with.size())) ==
             1 &&
         EVP_DecryptUpdate(context, octets_of(text.data()), &size, octets_of(text.data()),
                           static_cast<int>(text.size())) == 1);
    return EVP_DecryptFinal_ex(context, tag, &size) == 1;
}

}  // namespace

AeadKey::AeadKey(AeadCipher cipher, const SecretKey& key) noexcept : key_(key), cipher_(cipher) {}
AeadKey::AeadKey(AeadKey&&) noexcept = default;
AeadKey& AeadKey::operator=(AeadKey&&) noexcept = default;
AeadKey::~AeadKey() = default;

AeadKey::Expanded& AeadKey::expanded() {
    if (!expanded_) [[unlikely]] {
        expand();
    }
    return *expanded_;
}

[[gnu::cold, gnu::noinline]] void AeadKey::expand() {
    expanded_ = std::make_unique<Expanded>();
    if (cipher_ == AeadCipher::aes_gcm && has_fast_aes()) {
        crypto_aead_aes256gcm_beforenm(&expanded_->state, key_.bytes.data());
        expanded_->has_state = true;
    }
}

void AeadKey::rest() noexcept {
    expanded_.reset();
}

void AeadKey::seal(std::uint64_t number, ByteView with, std::span<char> bytes) {
    const Nonce nonce = nonce_of(cipher_, number);
    const auto text = bytes.first(bytes.size() - tag_size);
    unsigned char* const at = octets_of(text.data());
    unsigned char* const tag = at + text.size();
    if (cipher_ == AeadCipher::aes_gcm) {
        Expanded& key = expanded();
        if (text.size() < long_aes && key.has_state) {
            crypto_aead_aes256gcm_encrypt_detached_afternm(at, tag, nullptr, at, text.size(),
                                                           with.octets(), with.size(), nullptr,
                                                           nonce.data(), &key.state);
        } else {
            seal_long(key.ready(cipher_, key_, nonce, true), with, text, tag);
        }
    } else if (text.size() < long_chacha) {
        crypto_aead_chacha20poly1305_ietf_encrypt_detached(at, tag, nullptr, at, text.size(),
                                                           with.octets(), with.size(), nullptr,
                                                           nonce.data(), key_.bytes.data());
    } else {
        seal_long(expanded().ready(cipher_, key_, nonce, true), with, text, tag);
    }
}

bool AeadKey::open(std::uint64_t number, ByteView with, std::span<char> bytes) {
    if (bytes.size() < tag_size) {
        return false;
    }
    const Nonce nonce = nonce_of(cipher_, number);
    const auto text = bytes.first(bytes.size() - tag_size);
    unsigned char* const at = octets_of(text.data());
    unsigned char* const tag = at + text.size();
    if (cipher_ == AeadCipher::aes_gcm) {
        Expanded& key = expanded();
        if (text.size() < long_aes && key.has_state) {
            return crypto_aead_aes256gcm_decrypt_detached_afternm(at, nullptr, at, text.size(), tag,
                                                                  with.octets(), with.size(),
                                                                  nonce.data(), &key.state) == 0;
        }
        return open_long(key.ready(cipher_, key_, nonce, false), with, text, tag);
    }
    if (text.size() < long_chacha) {
        return crypto_aead_chacha20poly1305_ietf_decrypt_detached(
                   at, nullptr, at, text.size(), tag, with.octets(), with.size(), nonce.data(),
                   key_.bytes.data()) == 0;
    }
    return open_long(expanded().ready(cipher_, key_, nonce, false), with, text, tag);
}

void AeadKey::advance() {
    std::array<char, key_size + tag_size> next{};
    AeadKey(cipher_, key_).seal(~std::uint64_t(0), {}, next);
    std::copy_n(octets_of(next.data()), key_size, key_.bytes.begin());
    wipe(next);
    rest();
}

}  // namespace netaio::crypto
