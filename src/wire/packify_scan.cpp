#include "packify_scan.hpp"

#include <cstring>

#include "endian.hpp"
#include "utf8.hpp"

namespace netaio::wire {
namespace {

std::uint32_t get_length(const char* at, std::size_t width) noexcept {
    switch (width) {
        case 1: return static_cast<std::uint8_t>(*at);
        case 2: return get_u16(at);
        case 4: return get_u32(at);
        default: return 0;
    }
}

std::uint8_t code_at_front(ByteView packed) noexcept {
    return static_cast<std::uint8_t>(packed.front());
}

// The `length` bytes at `offset`.
std::optional<PackedItem> item(PackedType type, ByteView packed, std::size_t offset,
                               std::size_t length) noexcept {
    if (packed.size() < offset || packed.size() - offset < length) return std::nullopt;
    return PackedItem{type, packed.substr(offset, length), offset + length};
}

std::optional<PackedItem> sized_item(PackedType type, ByteView packed, std::size_t width) noexcept {
    if (width == 0 || packed.size() < 1 + width) return std::nullopt;
    return item(type, packed, 1 + width, get_length(packed.data() + 1, width));
}

std::optional<PackedItem> text_item(PackedType type, ByteView packed, std::size_t width) noexcept {
    const auto text = sized_item(type, packed, width);
    return text && is_utf8(text->payload) ? text : std::nullopt;
}

std::optional<PackedItem> integer_item(PackedType type, ByteView packed,
                                       std::size_t width) noexcept {
    if (width != 0) return item(type, packed, 1, width);
    if (packed.size() < 2) return std::nullopt;
    return item(type, packed, 2, static_cast<std::uint8_t>(packed[1]));
}

}  // namespace

std::optional<PackedItem> scan_scalar(ByteView packed) noexcept {
    if (packed.empty()) return std::nullopt;
    const std::size_t width = width_of_code(code_at_front(packed));
    const PackedType type = type_of_code(code_at_front(packed));
    switch (type) {
        case PackedType::none: return item(type, packed, 1, 0);
        case PackedType::bytes:
        case PackedType::bytearray: return sized_item(type, packed, width);
        case PackedType::str:
        case PackedType::decimal: return text_item(type, packed, width);
        case PackedType::integer:
        case PackedType::negative_integer: return integer_item(type, packed, width);
        case PackedType::boolean:
            // Alone in that nothing may follow it.
            return packed.size() == 2 ? item(type, packed, 1, 1) : std::nullopt;
        case PackedType::floating: return item(type, packed, 1, 8);
        default: return std::nullopt;
    }
}

std::optional<std::uint64_t> uint_of(const PackedItem& item) noexcept {
    const bool negative = item.type == PackedType::negative_integer;
    if (!negative && item.type != PackedType::integer) return std::nullopt;
    std::uint64_t number = 0;
    for (const char octet : item.payload) {
        if (number >> 56 != 0) return std::nullopt;
        number = number << 8 | static_cast<std::uint8_t>(octet);
    }
    return negative && number != 0 ? std::nullopt : std::optional(number);
}

std::optional<PackedPackable> scan_packable(ByteView packed) noexcept {
    if (packed.empty() || type_of_code(code_at_front(packed)) != PackedType::packable) {
        return std::nullopt;
    }
    const std::size_t width = width_of_code(code_at_front(packed));
    if (width == 0 || packed.size() < 1 + 2 * width) return std::nullopt;
    const std::size_t name_size = get_length(packed.data() + 1, width);
    const std::size_t data_size = get_length(packed.data() + 1 + width, width);
    packed.remove_prefix(1 + 2 * width);
    if (name_size > packed.size() || data_size > packed.size() - name_size) return std::nullopt;
    const PackedPackable packable{packed.substr(0, name_size), packed.substr(name_size, data_size)};
    return is_utf8(packable.name) ? std::optional(packable) : std::nullopt;
}

std::optional<PackedItems> PackedItems::open(ByteView packed) noexcept {
    if (packed.empty()) return std::nullopt;
    PackedItems items;
    items.type_ = type_of_code(code_at_front(packed));
    if (items.type_ < PackedType::list || items.type_ > PackedType::dict) return std::nullopt;
    const std::size_t width = width_of_code(code_at_front(packed));
    if (width == 0 || packed.size() < 2 + width) return std::nullopt;
    const auto item_code = static_cast<std::uint8_t>(packed[1]);
    if ((item_code & 0x3f) != 0) return std::nullopt;

    items.length_width_ = width_of_code(item_code);
    items.count_ = get_length(packed.data() + 2, width);
    packed.remove_prefix(2 + width);
    if (items.length_width_ == 0 && items.count_ != 0) return std::nullopt;
    // No item takes less than one byte, and its length.
    if (items.count_ > packed.size() / (items.length_width_ + 1)) return std::nullopt;
    items.length_at_ = packed.data();
    items.rest_ = packed.substr(items.count_ * items.length_width_);
    return items;
}

std::optional<ByteView> PackedItems::next() noexcept {
    const std::size_t length = get_length(length_at_, length_width_);
    if (length > rest_.size()) return std::nullopt;
    length_at_ += length_width_;
    const ByteView item = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return item;
}

std::optional<PackedEntry> scan_entry(ByteView packed) noexcept {
    auto pair = PackedItems::open(packed);
    if (!pair || pair->count() != 2) return std::nullopt;
    if (pair->type() != PackedType::tuple && pair->type() != PackedType::list) return std::nullopt;
    const auto key = pair->next();
    const auto value = key ? pair->next() : std::nullopt;
    return value ? std::optional(PackedEntry{*key, *value}) : std::nullopt;
}

std::error_code check_within(ByteView packed, UnpackBudget& budget) {
    const auto scalar = scan_scalar(packed);
    if (scalar && scalar->type != PackedType::decimal) return {};
    const auto value = unpack_within(packed, budget);
    return value ? std::error_code() : value.error();
}

std::error_code open_dict(ByteView packed, UnpackBudget& budget,
                          std::optional<PackedItems>& items) {
    items = PackedItems::open(packed);
    if (!items || items->type() != PackedType::dict) return Errc::malformed;
    if (budget.depth == 0) return Errc::nesting_too_deep;
    --budget.depth;
    if (!budget.take(1 + 2 * std::uint64_t{items->count()})) return Errc::too_large;
    return {};
}

namespace {

// Whether it is a tuple of short text and short bytes, written with the shortest lengths, as nearly
// all entries of auth fields are.
bool scan_short_entry(ByteView packed, PackedEntry& entry) noexcept {
    constexpr char head[] = {static_cast<char>(code_of(PackedType::tuple, 1)),
                             static_cast<char>(category_of_width(1)), 2};
    if (packed.size() < sizeof head + 2 || std::memcmp(packed.data(), head, sizeof head) != 0) {
        return false;
    }
    const std::size_t key_size = static_cast<std::uint8_t>(packed[sizeof head]);
    const std::size_t value_size = static_cast<std::uint8_t>(packed[sizeof head + 1]);
    packed.remove_prefix(sizeof head + 2);
    if (key_size + value_size > packed.size()) return false;
    entry.value = packed.substr(key_size, value_size);
    ByteView bytes;
    return scan_short(PackedType::str, packed.substr(0, key_size), entry.key) &&
           is_utf8(entry.key) && scan_short(PackedType::bytes, entry.value, bytes);
}

}  // namespace

std::error_code next_text_entry(PackedItems& items, UnpackBudget& budget, PackedEntry& entry) {
    const auto packed = items.next();
    if (packed && scan_short_entry(*packed, entry)) {
        return {};
    }
    const auto pair = packed ? scan_entry(*packed) : std::nullopt;
    const auto key = pair ? scan_scalar(pair->key) : std::nullopt;
    if (!key || key->type != PackedType::str) return Errc::malformed;
    if (auto error = check_within(pair->value, budget)) return error;
    entry = {key->payload, pair->value};
    return {};
}

}  // namespace netaio::wire
