#include <sodium.h>

#include <algorithm>
#include <array>
#include <bit>
#include <netaio/chat/envelope.hpp>

#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr unsigned char envelope_version = 1;
constexpr std::size_t content_length_size = sizeof(std::uint32_t);

static_assert(envelope_overhead == 1 + crypto_box_SEALBYTES);
static_assert(envelope_content_max == envelope_inside_max - content_length_size);

std::size_t inside_size(std::size_t content_size) noexcept {
    return std::max(envelope_inside_min, std::bit_ceil(content_size + content_length_size));
}

bool is_envelope_size(std::size_t size) noexcept {
    const std::size_t inside = size - envelope_overhead;
    return size > envelope_overhead && std::has_single_bit(inside) &&
           inside >= envelope_inside_min && inside <= envelope_inside_max;
}

// As crypto_box_seal() has it, whose key nobody else can bring.
using SealNonce = std::array<unsigned char, crypto_box_NONCEBYTES>;

SealNonce seal_nonce(const AgreementKey& ephemeral, const AgreementKey& receiver) noexcept {
    SealNonce nonce;
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, nonce.size());
    crypto_generichash_update(&state, ephemeral.bytes().octets(), key_size);
    crypto_generichash_update(&state, receiver.bytes().octets(), key_size);
    crypto_generichash_final(&state, nonce.data(), nonce.size());
    return nonce;
}

}  // namespace

Result<std::string> seal_envelope(const PublicKey& to, ByteView content, Random& random) {
    if (content.size() > envelope_content_max) {
        return Errc::too_large;
    }
    SecretWriter inside;
    inside.add_number(static_cast<std::uint32_t>(content.size())).add(content);
    inside.add(std::string(inside_size(content.size()) - inside.bytes().size(), '\0'));

    const AgreementKey receiver = to.agreement_key();
    const AgreementKeys ephemeral = AgreementKeys::make(random);
    std::string envelope(1, static_cast<char>(envelope_version));
    envelope.append(ephemeral.public_key().bytes());
    const std::size_t box_at = envelope.size();
    envelope.resize(envelope_overhead + inside.bytes().size());
    if (crypto_box_easy(reinterpret_cast<unsigned char*>(envelope.data() + box_at),
                        inside.bytes().octets(), inside.bytes().size(),
                        seal_nonce(ephemeral.public_key(), receiver).data(),
                        receiver.bytes().octets(), ephemeral.secret().reveal().octets()) != 0) {
        return Errc::encrypt_failed;
    }
    return envelope;
}

Result<std::string> open_envelope(const Identity& own, ByteView envelope) {
    if (!is_envelope_size(envelope.size())) {
        return Errc::decrypt_failed;
    }
    if (static_cast<unsigned char>(envelope.front()) != envelope_version) {
        return Errc::unsupported;
    }
    const AgreementKeys& keys = own.agreement_keys();
    const ByteView sealed = envelope.substr(1);
    std::string inside(envelope.size() - envelope_overhead, '\0');
    if (crypto_box_seal_open(reinterpret_cast<unsigned char*>(inside.data()), sealed.octets(),
                             sealed.size(), keys.public_key().bytes().octets(),
                             keys.secret().reveal().octets()) != 0) {
        return Errc::decrypt_failed;
    }
    SecretReader reader(inside);
    const std::size_t size = reader.take_number<std::uint32_t>();
    const ByteView content = reader.take(size);
    const ByteView padding = reader.take(inside.size() - content_length_size - content.size());
    if (!reader.is_done() || inside_size(size) != inside.size() ||
        padding.find_first_not_of('\0') != ByteView::npos) {
        return Errc::malformed;
    }
    return content.str();
}

}  // namespace netaio::chat
