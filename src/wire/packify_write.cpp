#include "packify_write.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#include "endian.hpp"

namespace netaio::wire {
namespace {

// An entry is a packed tuple of name and value.
struct EntrySizes {
    std::size_t name;
    std::size_t value;
    std::size_t width;

    explicit EntrySizes(const PackedField& field) noexcept
        : name(packed_bytes_size(field.name.size())),
          value(field.value.size()),
          width(width_for(std::max(name, value))) {}

    std::size_t total() const noexcept { return packed_head_size(2) + 2 * width + name + value; }
};

// The order of the bytes that write_entry() would write: the lengths come before the names.
bool goes_before(const PackedField& a, const PackedField& b) noexcept {
    const EntrySizes sizes_a(a);
    const EntrySizes sizes_b(b);
    return std::tie(sizes_a.width, sizes_a.name, sizes_a.value, a.name) <
           std::tie(sizes_b.width, sizes_b.name, sizes_b.value, b.name);
}

char* write_raw(char* out, ByteView bytes) noexcept {
    return std::ranges::copy(bytes, out).out;
}

char* write_entry(char* out, const PackedField& field) noexcept {
    const EntrySizes sizes(field);
    out = write_head(out, PackedType::tuple, 2, std::max(sizes.name, sizes.value));
    out = write_length(out, sizes.name, sizes.width);
    out = write_length(out, sizes.value, sizes.width);
    return write_raw(write_str(out, field.name), field.value);
}

std::size_t longest_entry(std::span<const PackedField> fields) noexcept {
    std::size_t longest = 0;
    for (const PackedField& field : fields) {
        longest = std::max(longest, EntrySizes(field).total());
    }
    return longest;
}

std::size_t octets_of(std::uint64_t number) noexcept {
    return (static_cast<std::size_t>(std::bit_width(number)) + 7) / 8;
}

}  // namespace

char* write_length(char* out, std::uint64_t length, std::size_t width) noexcept {
    switch (width) {
        case 1: *out = static_cast<char>(length); return out + 1;
        case 2: return put_u16(out, static_cast<std::uint16_t>(length));
        default: return put_u32(out, static_cast<std::uint32_t>(length));
    }
}

char* write_sized(char* out, PackedType type, ByteView bytes) noexcept {
    const std::size_t width = width_for(bytes.size());
    *out = static_cast<char>(code_of(type, width));
    return write_raw(write_length(out + 1, bytes.size(), width), bytes);
}

std::size_t packed_uint_size(std::uint64_t number) noexcept {
    const std::size_t width = width_for(number);
    return width != 0 ? 1 + width : 2 + octets_of(number);
}

char* write_uint(char* out, std::uint64_t number) noexcept {
    const std::size_t width = width_for(number);
    *out++ = static_cast<char>(code_of(PackedType::integer, width));
    if (width != 0) return write_length(out, number, width);
    const std::size_t octets = octets_of(number);
    *out++ = static_cast<char>(octets);
    for (std::size_t i = octets; i-- > 0;) {
        *out++ = static_cast<char>(number >> (8 * i));
    }
    return out;
}

char* write_head(char* out, PackedType type, std::size_t count, std::size_t longest) noexcept {
    out[0] = static_cast<char>(code_of(type, width_for(count)));
    out[1] = static_cast<char>(category_of_width(width_for(longest)));
    return write_length(out + 2, count, width_for(count));
}

std::size_t packed_fields_size(std::span<const PackedField> fields) noexcept {
    std::size_t size = packed_head_size(fields.size());
    size += fields.size() * width_for(longest_entry(fields));
    for (const PackedField& field : fields) {
        size += EntrySizes(field).total();
    }
    return size;
}

char* write_fields(char* out, std::span<PackedField> fields) noexcept {
    std::ranges::sort(fields, goes_before);
    const std::size_t longest = longest_entry(fields);
    out = write_head(out, PackedType::dict, fields.size(), longest);
    for (const PackedField& field : fields) {
        out = write_length(out, EntrySizes(field).total(), width_for(longest));
    }
    for (const PackedField& field : fields) {
        out = write_entry(out, field);
    }
    return out;
}

}  // namespace netaio::wire
