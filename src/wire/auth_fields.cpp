#include <algorithm>
#include <array>
#include <list>
#include <netaio/auth_fields.hpp>
#include <netaio/packify.hpp>

#include "endian.hpp"
#include "object_pool.hpp"
#include "packify_scan.hpp"
#include "packify_write.hpp"
#include "request_id.hpp"

namespace netaio {
namespace {

// More than any plugins need; bounds the work a frame of thousands of tiny fields could cause.
constexpr std::size_t fields_max = 256;

// What a pool keeps of those that were used; rare messages need more.
constexpr std::size_t arena_keep_max = 1024;
constexpr std::size_t entries_keep_max = 16;

// What a received value would be in canonical form: it may have been written with more than it
// needs.
Result<std::string> canonical(ByteView packed) {
    const auto value = unpack(packed);
    return value ? pack(*value) : value.error();
}

}  // namespace

AuthFields::Held& AuthFields::held() {
    if (!held_) {
        held_.reset(wire::ObjectPool<Held>::take());
    }
    return *held_;
}

void AuthFields::Recycle::operator()(Held* held) const noexcept {
    held->entries.clear();
    held->arena.clear();
    if (held->arena.capacity() <= arena_keep_max && held->entries.capacity() <= entries_keep_max) {
        wire::ObjectPool<Held>::give(held);
    } else {
        delete held;
    }
}

std::error_code AuthFields::parse(ByteView encoded) {
    clear();
    if (encoded == wire::no_fields) {
        return {};
    }
    auto& entries = held().entries;
    const auto add = [&](ByteView key, ByteView value) {
        erase(key);
        const auto at = [&](ByteView part) {
            return static_cast<std::uint32_t>(part.data() - encoded.data());
        };
        entries.push_back({encoded.data(), at(key), static_cast<std::uint32_t>(key.size()),
                           at(value), static_cast<std::uint32_t>(value.size()), true});
    };
    auto error = wire::scan_dict(encoded, add, {.max_values = 1 + 3 * fields_max});
    if (!error && entries.size() > fields_max) {
        error = Errc::too_large;
    }
    if (error) {
        clear();
    }
    return error;
}

const AuthFields::Entry* AuthFields::find(std::string_view name) const noexcept {
    for (const Entry& entry : entries()) {
        // Few names are equally long, which is cheaper to see than their bytes.
        if (entry.name_size == name.size() && name_of(entry) == name) {
            return &entry;
        }
    }
    return nullptr;
}

std::optional<ByteView> AuthFields::bytes(std::string_view name) const noexcept {
    std::optional<ByteView> value;
    const Entry* entry = find(name);
    if (!entry) {
        return value;
    }
    ByteView payload;
    if (wire::scan_short(wire::PackedType::bytes, packed_of(*entry), payload)) {
        value.emplace(payload);
        return value;
    }
    const auto item = wire::scan_scalar(packed_of(*entry));
    if (item &&
        (item->type == wire::PackedType::bytes || item->type == wire::PackedType::bytearray)) {
        value = item->payload;
    }
    return value;
}

std::optional<std::uint64_t> AuthFields::integer(std::string_view name) const noexcept {
    const Entry* entry = find(name);
    const auto item = entry ? wire::scan_scalar(packed_of(*entry)) : std::nullopt;
    return item ? wire::uint_of(*item) : std::nullopt;
}

void AuthFields::set(std::string_view name, ByteView value) {
    const std::size_t size = wire::packed_bytes_size(value.size());
    if (!has_room(name.size() + size)) {
        // They may be in the arena, which moves as it grows.
        const std::string kept_name(name);
        const std::string kept_value(value);
        make_room(name.size() + size);
        return set(kept_name, kept_value);
    }
    wire::write_bytes(add(name, size), value);
}

void AuthFields::set_integer(std::string_view name, std::uint64_t value) {
    const std::size_t size = wire::packed_uint_size(value);
    if (!has_room(name.size() + size)) {
        const std::string kept_name(name);
        make_room(name.size() + size);
        return set_integer(kept_name, value);
    }
    wire::write_uint(add(name, size), value);
}

bool AuthFields::has_room(std::size_t size) {
    return held().arena.capacity() - held_->arena.size() >= size;
}

void AuthFields::make_room(std::size_t size) {
    if (!has_room(size)) {
        auto& arena = held_->arena;
        arena.reserve(std::max(2 * arena.capacity(), arena.size() + size));
    }
}

// Adds an entry of our own, for which there must be room, and returns where its packed value goes.
char* AuthFields::add(std::string_view name, std::size_t packed_size) {
    erase(name);
    auto& arena = held_->arena;
    const std::size_t name_at = arena.size();
    const std::size_t value_at = name_at + name.size();
    arena.resize(value_at + packed_size, boost::container::default_init);
    wire::put_bytes(arena.data() + name_at, name);
    Entry& entry = held_->entries.emplace_back();  // filled in there: a copy of parts stalls
    entry.name_at = static_cast<std::uint32_t>(name_at);
    entry.name_size = static_cast<std::uint32_t>(name.size());
    entry.value_at = static_cast<std::uint32_t>(value_at);
    entry.value_size = static_cast<std::uint32_t>(packed_size);
    return arena.data() + value_at;
}

void AuthFields::erase(std::string_view name) noexcept {
    if (const Entry* entry = find(name)) {
        held_->entries.erase(held_->entries.begin() + (entry - held_->entries.data()));
    }
}

void AuthFields::clear() noexcept {
    held_ = nullptr;
}

std::error_code AuthFields::encode_to(std::string& out, std::optional<RequestId> request_id) const {
    if (empty() && !request_id) {
        out.append(wire::no_fields);
        return {};
    }
    wire::PackedFields fields;
    std::list<std::string> rewritten;
    std::array<char, wire::packed_bytes_size(wire::request_id_size)> packed_id;
    if (request_id) {
        std::array<char, wire::request_id_size> id;
        wire::put_u32(id.data(), *request_id);
        wire::write_bytes(packed_id.data(), {id.data(), id.size()});
        fields.add(wire::request_id_name, {packed_id.data(), packed_id.size()});
    }
    for (const Entry& entry : entries()) {
        if (request_id && name_of(entry) == wire::request_id_name) {
            continue;
        }
        ByteView value = packed_of(entry);
        if (entry.received) {
            auto packed = canonical(value);
            if (!packed) {
                return packed.error();
            }
            value = rewritten.emplace_back(std::move(*packed));
        }
        fields.add(name_of(entry), value);
    }
    const std::size_t size = fields.size();
    if (size > 0xffff) {
        return Errc::too_large;
    }
    const std::size_t start = out.size();
    out.resize(start + size);
    fields.write(out.data() + start);
    return {};
}

bool AuthFields::owns() const noexcept {
    return std::ranges::all_of(entries(), [](const Entry& entry) { return !entry.base; });
}

AuthFields AuthFields::clone() const {
    AuthFields copy;
    for (const Entry& entry : entries()) {
        const std::string_view packed = packed_of(entry);
        const std::string_view name = name_of(entry);
        copy.make_room(name.size() + packed.size());
        char* out = copy.add(name, packed.size());
        wire::put_bytes(out, packed);
        copy.held_->entries.back().received = entry.received;
    }
    return copy;
}

}  // namespace netaio
