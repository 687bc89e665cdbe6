#include "vault_seal.hpp"

#include <sodium.h>

#include "hkdf.hpp"
#include "sodium.hpp"

namespace netaio::chat {
namespace {

constexpr std::size_t vault_nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t vault_tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

unsigned char* vault_octets(std::string& bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

VaultSeal::VaultSeal(const SecretKey& history_key) {
    start_sodium();
    hkdf_sha256({}, history_key.reveal(), "netaio-chat vault values", value_key_.octets());
    hkdf_sha256({}, history_key.reveal(), "netaio-chat vault names", name_key_.octets());
}

VaultName VaultSeal::name(std::string_view kind, std::optional<ByteView> name) const noexcept {
    VaultName out;
    crypto_generichash_state state;
    const ByteView key = name_key_.reveal();
    crypto_generichash_init(&state, key.octets(), key.size(), out.size());
    const auto add = [&](ByteView bytes) {
        crypto_generichash_update(&state, bytes.octets(), bytes.size());
    };
    // A kind is a word: it has no byte of zero in it.
    add(kind);
    if (name) {
        add(ByteView(std::string_view("\0", 1)));
        add(*name);
    }
    crypto_generichash_final(&state, out.data(), out.size());
    sodium_memzero(&state, sizeof state);
    return out;
}

// The nonce is drawn: of 24 bytes, none comes twice.
std::string VaultSeal::seal(ByteView place, ByteView value, Random& random) const {
    std::string sealed(vault_nonce_size, '\0');
    random.fill(sealed);
    sealed.resize(vault_nonce_size + value.size() + vault_tag_size);
    crypto_aead_xchacha20poly1305_ietf_encrypt(vault_octets(sealed) + vault_nonce_size, nullptr,
                                               sodium_bytes(value), value.size(),
                                               sodium_bytes(place), place.size(), nullptr,
                                               vault_octets(sealed), value_key_.reveal().octets());
    return sealed;
}

Result<std::string> VaultSeal::open(ByteView place, ByteView sealed) const {
    if (sealed.size() < vault_nonce_size + vault_tag_size) {
        return Errc::decrypt_failed;
    }
    std::string value(sealed.size() - vault_nonce_size - vault_tag_size, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            vault_octets(value), nullptr, nullptr, sealed.octets() + vault_nonce_size,
            sealed.size() - vault_nonce_size, sodium_bytes(place), place.size(), sealed.octets(),
            value_key_.reveal().octets()) != 0) {
        return Errc::decrypt_failed;
    }
    return value;
}

}  // namespace netaio::chat
