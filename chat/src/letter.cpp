#include <netaio/chat/envelope.hpp>
#include <netaio/chat/letter.hpp>
#include <netaio/packify.hpp>

#include "fields.hpp"

namespace netaio::chat {
namespace {

// A dict of three texts, and some more that a later version may add.
constexpr UnpackLimits letter_limits{.max_depth = 1, .max_values = 32};

}  // namespace

std::string Letter::pack() const {
    return netaio::pack(Dict{{"from", Bytes(from.bytes())}, {"kind", kind}, {"body", Bytes(body)}})
        .value();
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
    return Letter{*from, std::string(*kind), body->str()};
}

}  // namespace netaio::chat
