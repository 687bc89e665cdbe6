#include <netaio/chat/envelope.hpp>
#include <netaio/chat/letter.hpp>
#include <netaio/packify.hpp>
#include <utility>

#include "fields.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view letter_purpose = "netaio-chat letter";
// A dict of four texts, and some more that a later version may add.
constexpr UnpackLimits letter_limits{.max_depth = 1, .max_values = 32};

// What is signed; all but the body, which comes last, tells where it ends.
std::string letter_signed_bytes(const PublicKey& to, ByteView kind, ByteView body) {
    SecretWriter writer;
    writer.add(letter_purpose).add(to.bytes());
    writer.add_number(static_cast<std::uint32_t>(kind.size())).add(kind).add(body);
    return writer.bytes().str();
}

}  // namespace

Letter Letter::signed_to(const PublicKey& to, const Identity& from, std::string kind,
                         std::string body) {
    std::string signature = from.sign(letter_signed_bytes(to, kind, body));
    return {from.public_key(), std::move(kind), std::move(body), std::move(signature)};
}

bool Letter::is_signed_to(const PublicKey& to) const {
    return from.signed_this(letter_signed_bytes(to, kind, body), signature);
}

std::string Letter::pack() const {
    Dict fields{{"from", Bytes(from.bytes())}, {"kind", kind}, {"body", Bytes(body)}};
    if (!signature.empty()) {
        fields.set("signature", Bytes(signature));
    }
    return netaio::pack(fields).value();
}

Result<Letter> Letter::unpack(ByteView packed) {
    if (packed.size() > envelope_content_max) {
        return Errc::too_large;
    }
    const auto value = netaio::unpack(packed, letter_limits);
    if (!value) {
        return Errc::malformed;
    }
    const auto from = key_field<PublicKey>(*value, "from");
    const Value* const kind_field = value->find("kind");
    const auto kind = kind_field ? kind_field->as_str() : std::nullopt;
    const auto body = bytes_field(*value, "body", envelope_content_max);
    if (!from || !kind || kind->size() > letter_kind_max || !body) {
        return Errc::malformed;
    }
    Letter letter{*from, std::string(*kind), body->str()};
    if (value->find("signature")) {
        const auto signature = bytes_field(*value, "signature", signature_size);
        if (!signature || signature->size() != signature_size) {
            return Errc::malformed;
        }
        letter.signature = signature->str();
    }
    return letter;
}

}  // namespace netaio::chat
