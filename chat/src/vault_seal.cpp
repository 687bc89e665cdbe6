#include "vault_seal.hpp"

#include <sodium.h>

#include "aead.hpp"
#include "hkdf.hpp"
#include "sodium.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view vault_seal_info = "netaio-chat vault 1";

// The key of one value alone: of the vault's key and what was drawn for the value.
SecretKey key_of_value(const SecretKey& key, ByteView drawn) noexcept {
    SecretKey derived;
    hmac_sha256(key.reveal(), drawn, derived.octets());
    return derived;
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

std::string VaultSeal::seal(ByteView place, ByteView value, Random& random) const {
    std::string sealed(key_size, '\0');
    random.fill(sealed);
    sealed += seal_once(key_of_value(value_key_, sealed), vault_seal_info, value, place);
    return sealed;
}

Result<std::string> VaultSeal::open(ByteView place, ByteView sealed) const {
    if (sealed.size() < key_size) {
        return Errc::decrypt_failed;
    }
    return open_once(key_of_value(value_key_, sealed.substr(0, key_size)), vault_seal_info,
                     sealed.substr(key_size), place);
}

}  // namespace netaio::chat
