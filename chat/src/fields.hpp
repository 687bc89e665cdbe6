#pragma once

#include <concepts>
#include <limits>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <netaio/value.hpp>
#include <string_view>

/// The fields of dicts that strangers send; Errc::malformed for a field that is not there or of
/// another type.
namespace netaio::chat {

/// The bytes of a field, which are `max` at most (Errc::too_large); valid as long as the value.
inline Result<ByteView> bytes_field(const Value& dict, std::string_view name, std::size_t max) {
    const Value* const field = dict.find(name);
    const auto bytes = field ? field->as_bytes() : std::nullopt;
    if (!bytes) {
        return Errc::malformed;
    }
    if (bytes->size() > max) {
        return Errc::too_large;
    }
    return *bytes;
}

/// A key of either kind.
template <class Key>
Result<Key> key_field(const Value& dict, std::string_view name) {
    const Value* const field = dict.find(name);
    const auto bytes = field ? field->as_bytes() : std::nullopt;
    if (!bytes) {
        return Errc::malformed;
    }
    return Key::parse(*bytes);
}

template <std::unsigned_integral Number>
Result<Number> number_field(const Value& dict, std::string_view name) {
    const Value* const field = dict.find(name);
    const auto number = field ? field->as_uint() : std::nullopt;
    if (!number || *number > std::numeric_limits<Number>::max()) {
        return Errc::malformed;
    }
    return static_cast<Number>(*number);
}

}  // namespace netaio::chat
