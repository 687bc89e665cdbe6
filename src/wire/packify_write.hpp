#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <netaio/bytes.hpp>
#include <string_view>

#include "packify_format.hpp"

/// Writing packed values to memory of the caller, in canonical form. Each writer returns where it
/// ended; the matching size function says how much room it needs. Everything is below 4 GiB.
namespace netaio::wire {

/// A length, count or magnitude in the 1, 2 or 4 bytes of its category.
char* write_length(char* out, std::uint64_t length, std::size_t width) noexcept;

/// For bytes, str and decimal alike.
constexpr std::size_t packed_bytes_size(std::size_t length) noexcept {
    return 1 + width_for(length) + length;
}
char* write_sized(char* out, PackedType type, ByteView bytes) noexcept;
inline char* write_bytes(char* out, ByteView bytes) noexcept {
    return write_sized(out, PackedType::bytes, bytes);
}
/// `text` must be UTF-8.
inline char* write_str(char* out, std::string_view text) noexcept {
    return write_sized(out, PackedType::str, text);
}

std::size_t packed_uint_size(std::uint64_t number) noexcept;
char* write_uint(char* out, std::uint64_t number) noexcept;

/// The head of a list, set, tuple or dict of `count` items, the longest of which has `longest`
/// bytes. The lengths of the items follow, each in width_for(longest) bytes, then the items.
constexpr std::size_t packed_head_size(std::size_t count) noexcept {
    return 2 + width_for(count);
}
char* write_head(char* out, PackedType type, std::size_t count, std::size_t longest) noexcept;

/// The packed dict without entries.
inline constexpr ByteView no_fields("\x4d\x40\x00", 3);

/// A dict of text keys to be written.
class PackedFields {
public:
    /// Adds an entry: a name in UTF-8, which no other has, and a packed value. Both must stay.
    void add(std::string_view name, ByteView value);
    std::size_t size() const noexcept;
    /// Writes them in canonical order.
    char* write(char* out) noexcept;

private:
    // Packed, it is a tuple of name and value. Nearly all that is asked of one is its sizes.
    struct Entry {
        std::size_t width;  // of the lengths in it
        std::size_t name_size;
        std::size_t size;
        std::string_view name;
        ByteView value;
    };

    static bool goes_before(const Entry& a, const Entry& b) noexcept;

    boost::container::small_vector<Entry, 6> entries_;
    std::size_t entries_size_ = 0;
    std::size_t longest_ = 0;
};

}  // namespace netaio::wire
