#include <algorithm>
#include <bit>
#include <netaio/packify.hpp>

#include "endian.hpp"
#include "packify_identity.hpp"
#include "packify_scan.hpp"

namespace netaio {
namespace wire {
namespace {

double float_of(ByteView payload) noexcept {
    const std::uint64_t high = get_u32(payload.data());
    return std::bit_cast<double>(high << 32 | get_u32(payload.data() + 4));
}

Result<Value> unpack_scalar(const PackedItem& item) {
    switch (item.type) {
        case PackedType::bytes: return Value(Bytes(item.payload));
        case PackedType::bytearray: return Value(ByteArray(item.payload));
        case PackedType::str: return Value(item.payload.str());
        case PackedType::integer: return Value(Integer::from_magnitude(item.payload));
        case PackedType::negative_integer:
            return Value(Integer::from_magnitude(item.payload, true));
        case PackedType::boolean: return Value(item.payload[0] != '\0');
        case PackedType::floating: return Value(float_of(item.payload));
        case PackedType::decimal: {
            auto number = Decimal::parse(item.payload);
            if (!number) return number.error();
            return Value(std::move(*number));
        }
        default: return Value();
    }
}

Result<Value> unpack_packable(ByteView packed) {
    const auto packable = scan_packable(packed);
    if (!packable) return Errc::malformed;
    return Value(Packable{packable->name.str(), packable->data.str()});
}

Result<std::vector<Value>> unpack_items(PackedItems& packed, UnpackBudget& budget) {
    std::vector<Value> items;
    items.reserve(packed.count());
    for (std::uint32_t i = 0; i < packed.count(); ++i) {
        const auto bytes = packed.next();
        if (!bytes) return Errc::malformed;
        auto item = unpack_within(*bytes, budget);
        if (!item) return item.error();
        items.push_back(std::move(*item));
    }
    return items;
}

Result<Value> unpack_set(PackedItems& packed, UnpackBudget& budget) {
    auto items = unpack_items(packed, budget);
    if (!items) return items.error();
    if (!std::ranges::all_of(*items, is_hashable)) return Errc::malformed;
    return Value(Set(std::move(*items)));
}

Result<Value> unpack_dict(PackedItems& packed, UnpackBudget& budget) {
    std::vector<Dict::Entry> entries;
    entries.reserve(packed.count());
    for (std::uint32_t i = 0; i < packed.count(); ++i) {
        const auto bytes = packed.next();
        const auto entry = bytes ? scan_entry(*bytes) : std::nullopt;
        if (!entry) return Errc::malformed;
        auto key = unpack_within(entry->key, budget);
        if (!key) return key.error();
        if (!is_hashable(*key)) return Errc::malformed;
        auto value = unpack_within(entry->value, budget);
        if (!value) return value.error();
        entries.push_back({std::move(*key), std::move(*value)});
    }
    return Value(Dict(std::move(entries)));
}

Result<Value> unpack_collection(PackedItems& packed, UnpackBudget& budget) {
    if (packed.type() == PackedType::set) return unpack_set(packed, budget);
    if (packed.type() == PackedType::dict) return unpack_dict(packed, budget);
    auto items = unpack_items(packed, budget);
    if (!items) return items.error();
    if (packed.type() == PackedType::list) return Value(List(std::move(*items)));
    return Value(Tuple(std::move(*items)));
}

}  // namespace

Result<Value> unpack_within(ByteView packed, UnpackBudget& budget) {
    if (const auto scalar = scan_scalar(packed)) return unpack_scalar(*scalar);
    auto items = PackedItems::open(packed);
    if (!items) return unpack_packable(packed);

    const std::uint64_t values_per_item = items->type() == PackedType::dict ? 2 : 1;
    if (!budget.take(values_per_item * items->count())) return Errc::too_large;
    if (budget.depth == 0) return Errc::nesting_too_deep;
    --budget.depth;
    auto collection = unpack_collection(*items, budget);
    ++budget.depth;
    return collection;
}

}  // namespace wire

Result<Value> unpack(ByteView packed, UnpackLimits limits) {
    wire::UnpackBudget budget(limits);
    if (!budget.take(1)) return Errc::too_large;
    return wire::unpack_within(packed, budget);
}

}  // namespace netaio
