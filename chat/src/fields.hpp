#pragma once

#include <algorithm>
#include <array>
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

/// Bytes of which there are just so many, as an id or a hash.
template <std::size_t size>
Result<std::array<unsigned char, size>> array_of(const Value& value) {
    const auto bytes = value.as_bytes();
    if (!bytes || bytes->size() != size) {
        return Errc::malformed;
    }
    std::array<unsigned char, size> array;
    std::copy_n(bytes->octets(), size, array.begin());
    return array;
}

/// The same of a field.
template <std::size_t size>
Result<std::array<unsigned char, size>> array_field(const Value& dict, std::string_view name) {
    const Value* const field = dict.find(name);
    return field ? array_of<size>(*field) : Errc::malformed;
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
