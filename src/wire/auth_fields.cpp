#include <algorithm>
#include <functional>
#include <list>
#include <netaio/auth_fields.hpp>
#include <netaio/packify.hpp>

#include "packify_scan.hpp"
#include "packify_write.hpp"

namespace netaio {
namespace {

// More than any plugins need; bounds the work a frame of thousands of tiny fields could cause.
constexpr std::size_t fields_max = 256;

constexpr ByteView no_fields("\x4d\x40\x00", 3);

// What a received value would be in canonical form: it may have been written with more than it
// needs.
Result<std::string> canonical(ByteView packed) {
    const auto value = unpack(packed);
    return value ? pack(*value) : value.error();
}

}  // namespace

std::error_code AuthFields::parse(ByteView encoded) {
    clear();
    if (encoded == no_fields) {
        return {};
    }
    const auto add = [&](ByteView key, ByteView value) {
        erase(key);
        const auto at = [&](ByteView part) {
            return static_cast<std::uint32_t>(part.data() - encoded.data());
        };
        entries_.push_back({encoded.data(), at(key), static_cast<std::uint32_t>(key.size()),
                            at(value), static_cast<std::uint32_t>(value.size()), true});
    };
    auto error = wire::scan_dict(encoded, add, {.max_values = 1 + 3 * fields_max});
    if (!error && entries_.size() > fields_max) {
        error = Errc::too_large;
    }
    if (error) {
        clear();
    }
    return error;
}

const AuthFields::Entry* AuthFields::find(std::string_view name) const noexcept {
    for (const Entry& entry : entries_) {
        if (name_of(entry) == name) {
            return &entry;
        }
    }
    return nullptr;
}

std::optional<ByteView> AuthFields::bytes(std::string_view name) const noexcept {
    const Entry* entry = find(name);
    if (!entry) {
        return std::nullopt;
    }
    const auto item = wire::scan_scalar(packed_of(*entry));
    if (!item ||
        (item->type != wire::PackedType::bytes && item->type != wire::PackedType::bytearray)) {
        return std::nullopt;
    }
    return item->payload;
}

std::optional<std::uint64_t> AuthFields::integer(std::string_view name) const noexcept {
    const Entry* entry = find(name);
    const auto item = entry ? wire::scan_scalar(packed_of(*entry)) : std::nullopt;
    return item ? wire::uint_of(*item) : std::nullopt;
}

void AuthFields::set(std::string_view name, ByteView value) {
    const std::string_view arena = arena_;
    const bool ours = !value.empty() && std::less_equal<>()(arena.data(), value.data()) &&
                      std::less<>()(value.data(), arena.data() + arena.size());
    const std::size_t offset = ours ? static_cast<std::size_t>(value.data() - arena.data()) : 0;
    char* out = add(name, wire::packed_bytes_size(value.size()));
    // The value of another field has moved with all others.
    wire::write_bytes(out, ours ? ByteView(arena_.data() + offset, value.size()) : value);
}

void AuthFields::set_integer(std::string_view name, std::uint64_t value) {
    wire::write_uint(add(name, wire::packed_uint_size(value)), value);
}

// Adds an entry of our own and returns where its packed value goes.
char* AuthFields::add(std::string_view name, std::size_t packed_size) {
    erase(name);
    const std::size_t name_at = arena_.size();
    arena_.append(name);
    const std::size_t value_at = arena_.size();
    arena_.resize(value_at + packed_size);
    entries_.push_back(
        {nullptr, static_cast<std::uint32_t>(name_at), static_cast<std::uint32_t>(name.size()),
         static_cast<std::uint32_t>(value_at), static_cast<std::uint32_t>(packed_size), false});
    return arena_.data() + value_at;
}

void AuthFields::erase(std::string_view name) noexcept {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
        if (name_of(*entry) == name) {
            entries_.erase(entry);
            return;
        }
    }
}

void AuthFields::clear() noexcept {
    entries_.clear();
    arena_.clear();
}

std::error_code AuthFields::encode_to(std::string& out) const {
    if (entries_.empty()) {
        out.append(no_fields);
        return {};
    }
    boost::container::small_vector<wire::PackedField, 6> fields;
    std::list<std::string> rewritten;
    for (const Entry& entry : entries_) {
        ByteView value = packed_of(entry);
        if (entry.received) {
            auto packed = canonical(value);
            if (!packed) {
                return packed.error();
            }
            value = rewritten.emplace_back(std::move(*packed));
        }
        fields.push_back({name_of(entry), value});
    }
    const std::span<wire::PackedField> all(fields.data(), fields.size());
    const std::size_t size = wire::packed_fields_size(all);
    if (size > 0xffff) {
        return Errc::too_large;
    }
    const std::size_t start = out.size();
    out.resize(start + size);
    wire::write_fields(out.data() + start, all);
    return {};
}

bool AuthFields::owns() const noexcept {
    return std::ranges::all_of(entries_, [](const Entry& entry) { return !entry.base; });
}

AuthFields AuthFields::clone() const {
    AuthFields copy;
    for (const Entry& entry : entries_) {
        const std::string_view packed = packed_of(entry);
        char* out = copy.add(name_of(entry), packed.size());
        std::copy(packed.begin(), packed.end(), out);
        copy.entries_.back().received = entry.received;
    }
    return copy;
}

}  // namespace netaio
