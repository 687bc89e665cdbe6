#include <sodium.h>

#include <algorithm>
#include <netaio/chat/curve.hpp>
#include <stdexcept>

#include "sodium.hpp"

namespace netaio::chat {
namespace {

static_assert(key_size == crypto_scalarmult_BYTES && key_size == crypto_scalarmult_SCALARBYTES);

bool is_below_the_prime(ByteView number) noexcept {
    const std::uint8_t* octets = number.octets();
    const bool all_ones = std::all_of(octets + 1, octets + key_size - 1,
                                      [](std::uint8_t octet) { return octet == 0xff; });
    const std::uint8_t last = octets[key_size - 1];
    return last < 0x7f || (last == 0x7f && !(all_ones && octets[0] >= 0xed));
}

}  // namespace

void start_sodium() {
    static const bool started = sodium_init() >= 0;
    if (!started) {
        throw std::runtime_error("libsodium cannot start: the system gave it no random bytes");
    }
}

SecretKey::~SecretKey() {
    sodium_memzero(bytes_.data(), bytes_.size());
}

SecretKey SecretKey::make(Random& random) {
    SecretKey made;
    random.fill({reinterpret_cast<char*>(made.bytes_.data()), key_size});
    return made;
}

Result<SecretKey> SecretKey::parse(ByteView bytes) {
    if (bytes.size() != key_size) {
        return Errc::malformed;
    }
    SecretKey parsed;
    std::copy_n(bytes.octets(), key_size, parsed.bytes_.data());
    return parsed;
}

Result<AgreementKey> AgreementKey::parse(ByteView bytes) {
    if (bytes.size() != key_size || !is_below_the_prime(bytes)) {
        return Errc::malformed;
    }
    AgreementKey parsed;
    std::copy_n(bytes.octets(), key_size, parsed.bytes_.data());
    return parsed;
}

AgreementKeys::AgreementKeys(const SecretKey& secret) : secret_(secret) {
    start_sodium();
    crypto_scalarmult_base(public_.bytes_.data(), secret_.reveal().octets());
}

AgreementKeys AgreementKeys::make(Random& random) {
    return AgreementKeys(SecretKey::make(random));
}

Result<SecretKey> AgreementKeys::agree(const AgreementKey& theirs) const {
    SecretKey agreed;
    if (crypto_scalarmult(agreed.octets().data(), secret_.reveal().octets(),
                          theirs.bytes().octets()) != 0) {
        return Errc::malformed;
    }
    return agreed;
}

}  // namespace netaio::chat
