#include "box.hpp"

#include <sodium.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "start_sodium.hpp"

namespace netaio::crypto {
namespace {

static_assert(key_size == crypto_sign_SEEDBYTES && key_size == crypto_sign_PUBLICKEYBYTES);
static_assert(key_size == crypto_box_PUBLICKEYBYTES && key_size == crypto_box_SECRETKEYBYTES);
static_assert(key_size == crypto_box_BEFORENMBYTES);
static_assert(box_nonce_size == crypto_box_NONCEBYTES);
static_assert(box_overhead == box_nonce_size + crypto_box_MACBYTES);

unsigned char* octets(char* bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes);
}
const unsigned char* octets(const char* bytes) noexcept {
    return reinterpret_cast<const unsigned char*>(bytes);
}

}  // namespace

SeedKeys::SeedKeys(ByteView seed) {
    if (seed.size() != key_size) {
        throw std::invalid_argument("the seed of a key pair is " + std::to_string(key_size) +
                                    " bytes long, not " + std::to_string(seed.size()));
    }
    start_sodium();
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> signing_key;
    crypto_sign_seed_keypair(verify_key.data(), signing_key.data(), seed.octets());
    crypto_sign_ed25519_sk_to_curve25519(private_key.bytes.data(), signing_key.data());
    crypto_scalarmult_base(public_key.data(), private_key.bytes.data());
    wipe(signing_key);
}

bool is_canonical(ByteView point) noexcept {
    const std::uint8_t* octets = point.octets();
    const bool all_ones = std::all_of(octets + 1, octets + key_size - 1,
                                      [](std::uint8_t octet) { return octet == 0xff; });
    const std::uint8_t last = octets[key_size - 1];
    return last < 0x7f || (last == 0x7f && !(all_ones && octets[0] >= 0xed));
}

std::optional<SecretKey> shared_key(const SecretKey& own, ByteView public_key) noexcept {
    if (public_key.size() != key_size || !is_canonical(public_key)) {
        return std::nullopt;
    }
    SecretKey shared;
    if (crypto_box_beforenm(shared.bytes.data(), public_key.octets(), own.bytes.data()) != 0) {
        return std::nullopt;
    }
    return shared;
}

void seal_box(std::span<char> bytes, const std::array<char, box_nonce_size>& nonce,
              const SecretKey& shared) noexcept {
    unsigned char* const box = octets(bytes.data());
    unsigned char* const tag = box + box_nonce_size;
    std::array<unsigned char, crypto_box_MACBYTES> made_tag;
    // libsodium moves text that overlaps its ciphertext.
    crypto_box_detached_afternm(box + box_overhead, made_tag.data(), box,
                                bytes.size() - box_overhead, octets(nonce.data()),
                                shared.bytes.data());
    std::ranges::copy(made_tag, tag);
    std::ranges::copy(nonce, bytes.data());
}

std::optional<std::size_t> open_box(std::span<char> bytes, const SecretKey& shared) noexcept {
    if (bytes.size() < box_overhead) {
        return std::nullopt;
    }
    const std::size_t text_size = bytes.size() - box_overhead;
    unsigned char* const box = octets(bytes.data());
    // The text goes where these are.
    std::array<unsigned char, box_overhead> head;
    std::copy_n(box, box_overhead, head.data());
    if (crypto_box_open_detached_afternm(box, box + box_overhead, head.data() + box_nonce_size,
                                         text_size, head.data(), shared.bytes.data()) != 0) {
        return std::nullopt;
    }
    return text_size;
}

}  // namespace netaio::crypto
