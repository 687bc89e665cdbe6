#pragma once

#include <netaio/bytes.hpp>
#include <netaio/packify.hpp>
#include <optional>
#include <system_error>

#include "packify_format.hpp"

/// Reading packed values in place, without building them or taking memory.
namespace netaio::wire {

/// A packed value that is no collection and no packable.
struct PackedItem {
    PackedType type;
    /// The bytes, text, or bytes of the number alone; the magnitude of an integer may begin with
    /// zeros.
    ByteView payload;
    /// How many bytes it takes, its header included; what follows is not part of it.
    std::size_t size;
};

/// Whether it is bytes, text or the like (`type`) of up to 255 bytes, as nearly all values are, and
/// well-formed; the payload then. Cheaper than scan_scalar().
inline bool scan_short(PackedType type, ByteView packed, ByteView& payload) noexcept {
    if (packed.size() < 2 || static_cast<std::uint8_t>(packed[0]) != code_of(type, 1)) {
        return false;
    }
    payload = ByteView(packed.data() + 2, static_cast<std::uint8_t>(packed[1]));
    return payload.size() <= packed.size() - 2;
}

/// The scalar that `packed` begins with; nothing when it is malformed or no scalar. The text of a
/// decimal is checked to be UTF-8, not to be a number.
std::optional<PackedItem> scan_scalar(ByteView packed) noexcept;

/// The value of an integer item; nothing for other types, negative numbers and those above 64 bits.
std::optional<std::uint64_t> uint_of(const PackedItem& item) noexcept;

struct PackedPackable {
    ByteView name;
    ByteView data;
};

std::optional<PackedPackable> scan_packable(ByteView packed) noexcept;

/// A collection, giving its packed items one by one.
class PackedItems {
public:
    /// Nothing when `packed` does not begin with a collection. Its count is one that the bytes
    /// there have room for.
    static std::optional<PackedItems> open(ByteView packed) noexcept;

    PackedType type() const noexcept { return type_; }
    std::uint32_t count() const noexcept { return count_; }
    /// The bytes of the next item, which may be more than it needs. To be called count() times at
    /// most; nothing when its length goes beyond the end.
    std::optional<ByteView> next() noexcept;

private:
    PackedType type_{};
    std::uint32_t count_ = 0;
    std::size_t length_width_ = 0;
    const char* length_at_ = nullptr;
    ByteView rest_;
};

/// A key and its value, both packed.
struct PackedEntry {
    ByteView key;
    ByteView value;
};

/// An item of a dict: a tuple or list of exactly two.
std::optional<PackedEntry> scan_entry(ByteView packed) noexcept;

/// What is left of UnpackLimits.
struct UnpackBudget {
    std::size_t depth;
    std::size_t values;

    explicit UnpackBudget(const UnpackLimits& limits) noexcept
        : depth(limits.max_depth), values(limits.max_values) {}

    bool take(std::uint64_t count) noexcept {
        if (count > values) return false;
        values -= static_cast<std::size_t>(count);
        return true;
    }
};

/// unpack() within a budget that is already charged with this value itself.
Result<Value> unpack_within(ByteView packed, UnpackBudget& budget);

/// Whether unpack_within() would succeed. Takes memory only for collections and decimals.
std::error_code check_within(ByteView packed, UnpackBudget& budget);

/// Charges a budget with a dict; what check_within() is to be called with for its values.
std::error_code open_dict(ByteView packed, UnpackBudget& budget, std::optional<PackedItems>& items);

/// The text of a key and a checked packed value. Errc::malformed also when the key is no text.
std::error_code next_text_entry(PackedItems& items, UnpackBudget& budget, PackedEntry& entry);

/// Calls `visit(ByteView key, ByteView packed_value)` for each entry of a packed dict of text keys,
/// in wire order; of equal keys the last one counts, which is for the caller to see to. Accepts
/// what unpack() accepts, if all keys are text. On an error the entries already visited count for
/// nothing.
template <class Visit>
std::error_code scan_dict(ByteView packed, Visit&& visit, const UnpackLimits& limits = {}) {
    UnpackBudget budget(limits);
    std::optional<PackedItems> items;
    if (auto error = open_dict(packed, budget, items)) return error;
    PackedEntry entry;
    for (std::uint32_t i = 0; i < items->count(); ++i) {
        if (auto error = next_text_entry(*items, budget, entry)) return error;
        visit(entry.key, entry.value);
    }
    return {};
}

}  // namespace netaio::wire
