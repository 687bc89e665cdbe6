#include <algorithm>
#include <bit>
#include <limits>
#include <netaio/packify.hpp>

#include "packify_write.hpp"
#include "utf8.hpp"

namespace netaio {
namespace wire {
namespace {

constexpr std::size_t max_depth = 256;
constexpr std::size_t max_size = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t max_integer_size = std::numeric_limits<std::uint8_t>::max();

using Packed = Result<std::string>;

Packed pack_within(const Value& value, std::size_t depth);

Packed pack_sized(PackedType type, ByteView bytes) {
    if (bytes.size() > max_size) return Errc::too_large;
    std::string out(packed_bytes_size(bytes.size()), '\0');
    write_sized(out.data(), type, bytes);
    return out;
}

// Packed items behind the head and lengths of their collection.
Packed join(PackedType type, const std::vector<std::string>& items) {
    std::size_t longest = 0;
    std::size_t total = 0;
    for (const std::string& item : items) {
        longest = std::max(longest, item.size());
        total += item.size();
    }
    if (items.size() > max_size || longest > max_size) return Errc::too_large;

    const std::size_t width = width_for(longest);
    const std::size_t lengths_at = packed_head_size(items.size());
    std::string out;
    out.reserve(lengths_at + items.size() * width + total);
    out.resize(lengths_at + items.size() * width);
    char* end = write_head(out.data(), type, items.size(), longest);
    for (const std::string& item : items) {
        end = write_length(end, item.size(), width);
    }
    for (const std::string& item : items) {
        out += item;
    }
    return out;
}

Result<std::vector<std::string>> pack_each(const std::vector<Value>& values, std::size_t depth) {
    std::vector<std::string> items;
    items.reserve(values.size());
    for (const Value& value : values) {
        auto item = pack_within(value, depth);
        if (!item) return item.error();
        items.push_back(std::move(*item));
    }
    return items;
}

class Packer {
public:
    explicit Packer(std::size_t depth) noexcept : depth_(depth) {}

    Packed operator()(std::monostate) const { return std::string(1, '\0'); }
    Packed operator()(const Bytes& bytes) const {
        return pack_sized(PackedType::bytes, bytes.data);
    }
    Packed operator()(const ByteArray& bytes) const {
        return pack_sized(PackedType::bytearray, bytes.data);
    }
    Packed operator()(const Decimal& number) const {
        return pack_sized(PackedType::decimal, number.text());
    }
    Packed operator()(const List& list) const { return row(PackedType::list, list.items); }
    Packed operator()(const Tuple& tuple) const { return row(PackedType::tuple, tuple.items); }

    Packed operator()(const std::string& text) const {
        if (!is_utf8(text)) return Errc::not_encodable;
        return pack_sized(PackedType::str, text);
    }

    Packed operator()(bool truth) const {
        return std::string{static_cast<char>(PackedType::boolean), truth ? '\1' : '\0'};
    }

    Packed operator()(double number) const {
        const auto bits = std::bit_cast<std::uint64_t>(number);
        std::string out(1, static_cast<char>(PackedType::floating));
        out.resize(9);
        write_length(write_length(out.data() + 1, bits >> 32, 4), bits, 4);
        return out;
    }

    Packed operator()(const Integer& number) const {
        const auto type = number.is_negative() ? PackedType::negative_integer : PackedType::integer;
        const ByteView magnitude = number.magnitude();
        if (magnitude.size() > max_integer_size) return Errc::not_encodable;
        const std::size_t octets = std::max<std::size_t>(magnitude.size(), 1);
        const std::size_t width = octets > 4 ? 0 : std::bit_ceil(octets);
        std::string out(1, static_cast<char>(code_of(type, width)));
        if (width == 0) out.push_back(static_cast<char>(magnitude.size()));
        if (width > magnitude.size()) out.append(width - magnitude.size(), '\0');
        return out.append(magnitude);
    }

    Packed operator()(const Set& set) const {
        if (depth_ == 0) return Errc::nesting_too_deep;
        auto items = pack_each(set.items(), depth_ - 1);
        if (!items) return items.error();
        std::ranges::sort(*items);
        return join(PackedType::set, *items);
    }

    Packed operator()(const Dict& dict) const {
        if (depth_ == 0) return Errc::nesting_too_deep;
        std::vector<std::string> entries;
        entries.reserve(dict.size());
        for (const auto& [key, value] : dict) {
            auto packed_key = pack_within(key, depth_ - 1);
            if (!packed_key) return packed_key;
            auto packed_value = pack_within(value, depth_ - 1);
            if (!packed_value) return packed_value;
            auto entry =
                join(PackedType::tuple, {std::move(*packed_key), std::move(*packed_value)});
            if (!entry) return entry;
            entries.push_back(std::move(*entry));
        }
        std::ranges::sort(entries);
        return join(PackedType::dict, entries);
    }

    Packed operator()(const Packable& packable) const {
        if (!is_utf8(packable.name)) return Errc::not_encodable;
        const std::size_t longest = std::max(packable.name.size(), packable.data.size());
        if (longest > max_size) return Errc::too_large;
        const std::size_t width = width_for(longest);
        std::string out(1 + 2 * width, static_cast<char>(code_of(PackedType::packable, width)));
        char* end = write_length(out.data() + 1, packable.name.size(), width);
        write_length(end, packable.data.size(), width);
        return out.append(packable.name).append(packable.data);
    }

private:
    Packed row(PackedType type, const std::vector<Value>& values) const {
        if (depth_ == 0) return Errc::nesting_too_deep;
        const auto items = pack_each(values, depth_ - 1);
        if (!items) return items.error();
        return join(type, *items);
    }

    std::size_t depth_;
};

Packed pack_within(const Value& value, std::size_t depth) {
    return std::visit(Packer(depth), value.data());
}

}  // namespace
}  // namespace wire

Result<std::string> pack(const Value& value) {
    return wire::pack_within(value, wire::max_depth);
}

}  // namespace netaio
