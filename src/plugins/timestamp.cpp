#include "timestamp.hpp"

#include "../wire/endian.hpp"

namespace netaio::plugins {
namespace {

constexpr std::uint64_t ts_max = 0xffff'ffff;

}  // namespace

EncodedTimestamp encode_timestamp(std::uint32_t ts) noexcept {
    EncodedTimestamp bytes;
    wire::put_u32(bytes.data(), ts);
    return bytes;
}

std::optional<std::uint32_t> read_timestamp(const AuthFields& fields, std::string_view name,
                                            Dialect dialect) noexcept {
    if (const auto number = fields.integer(name)) {
        if (*number > ts_max) return std::nullopt;
        return static_cast<std::uint32_t>(*number);
    }
    const auto bytes = fields.bytes(name);
    if (!bytes || bytes->size() != EncodedTimestamp{}.size() || dialect == Dialect::v0_0_8) {
        return std::nullopt;
    }
    return wire::get_u32(bytes->data());
}

std::optional<std::uint32_t> timestamp_to_send(const AuthFields& fields, std::string_view name,
                                               Dialect dialect, const Clock& clock) {
    if (!fields.contains(name)) return clock.unix_seconds();
    return read_timestamp(fields, name, dialect);
}

void set_timestamp(AuthFields& fields, std::string_view name, std::uint32_t ts, Dialect dialect) {
    if (dialect == Dialect::v0_0_9) {
        fields.set(name, view(encode_timestamp(ts)));
    } else if (!fields.contains(name)) {
        fields.set_integer(name, ts);
    }
}

}  // namespace netaio::plugins
