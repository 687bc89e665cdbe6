#include "aead.hpp"

#include <array>

#include "sodium.hpp"

namespace netaio::chat {
namespace {

constexpr std::size_t aead_key_size = crypto_aead_xchacha20poly1305_ietf_KEYBYTES;

// A key and after it a nonce, wiped when they go.
class KeyAndNonce {
public:
    KeyAndNonce(const SecretKey& secret, ByteView info) noexcept {
        hkdf_sha256({}, secret.reveal(), info, bytes_);
    }
    ~KeyAndNonce() { sodium_memzero(bytes_.data(), bytes_.size()); }
    KeyAndNonce(const KeyAndNonce&) = delete;
    KeyAndNonce& operator=(const KeyAndNonce&) = delete;

    const unsigned char* key() const noexcept { return bytes_.data(); }
    const unsigned char* nonce() const noexcept { return bytes_.data() + aead_key_size; }

private:
    std::array<unsigned char, aead_key_size + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES> bytes_;
};

unsigned char* written(std::string& bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

std::string seal_once(const SecretKey& key, ByteView info, ByteView text, ByteView associated) {
    const KeyAndNonce with(key, info);
    std::string sealed(text.size() + seal_overhead, '\0');
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        written(sealed), nullptr, sodium_bytes(text), text.size(), sodium_bytes(associated),
        associated.size(), nullptr, with.nonce(), with.key());
    return sealed;
}

Result<std::string> open_once(const SecretKey& key, ByteView info, ByteView sealed,
                              ByteView associated) {
    if (sealed.size() < seal_overhead) {
        return Errc::decrypt_failed;
    }
    const KeyAndNonce with(key, info);
    std::string text(sealed.size() - seal_overhead, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            written(text), nullptr, nullptr, sealed.octets(), sealed.size(),
            sodium_bytes(associated), associated.size(), with.nonce(), with.key()) != 0) {
        return Errc::decrypt_failed;
    }
    return text;
}

}  // namespace netaio::chat
