#include "packify_write.hpp"

#include <algorithm>
#include <bit>

#include "endian.hpp"

namespace netaio::wire {
namespace {

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
    return put_bytes(write_length(out + 1, bytes.size(), width), bytes);
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

void PackedFields::add(std::string_view name, ByteView value) {
    Entry& entry = entries_.emplace_back();
    entry.name_size = packed_bytes_size(name.size());
    entry.width = width_for(std::max(entry.name_size, value.size()));
    entry.size = packed_head_size(2) + 2 * entry.width + entry.name_size + value.size();
    entry.name = name;
    entry.value = value;
    entries_size_ += entry.size;
    longest_ = std::max(longest_, entry.size);
}

std::size_t PackedFields::size() const noexcept {
    return packed_head_size(entries_.size()) + entries_.size() * width_for(longest_) +
           entries_size_;
}

// The order of the bytes that are written: the lengths come before the names.
bool PackedFields::goes_before(const Entry& a, const Entry& b) noexcept {
    if (a.width != b.width) return a.width < b.width;
    if (a.name_size != b.name_size) return a.name_size < b.name_size;
    if (a.size != b.size) return a.size < b.size;
    return a.name < b.name;
}

char* PackedFields::write(char* out) noexcept {
    std::sort(entries_.begin(), entries_.end(), goes_before);
    const std::size_t width = width_for(longest_);
    out = write_head(out, PackedType::dict, entries_.size(), longest_);
    for (const Entry& entry : entries_) {
        out = write_length(out, entry.size, width);
    }
    for (const Entry& entry : entries_) {
        out = write_head(out, PackedType::tuple, 2, std::max(entry.name_size, entry.value.size()));
        out = write_length(out, entry.name_size, entry.width);
        out = write_length(out, entry.value.size(), entry.width);
        out = put_bytes(write_str(out, entry.name), entry.value);
    }
    return out;
}

}  // namespace netaio::wire
