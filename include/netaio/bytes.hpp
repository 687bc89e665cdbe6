#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <span>
#include <string>
#include <string_view>

namespace netaio {

/// A read-only view of bytes, text or binary: a `std::string_view` that can also be made from and
/// read as `std::span<const std::byte>`. Owns nothing; valid while the viewed bytes are.
class ByteView : public std::string_view {
public:
    using std::string_view::string_view;
    constexpr ByteView() noexcept = default;
    constexpr ByteView(std::string_view text) noexcept : std::string_view(text) {}
    ByteView(const std::string& text) noexcept : std::string_view(text) {}
    ByteView(std::span<const std::byte> bytes) noexcept
        : std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}

    /// Any contiguous range of one-byte elements, e.g. `std::vector<std::uint8_t>`.
    template <std::ranges::contiguous_range Range>
        requires(std::same_as<std::ranges::range_value_t<Range>, std::uint8_t> ||
                 std::same_as<std::ranges::range_value_t<Range>, std::byte>)
    ByteView(const Range& bytes) noexcept
        : std::string_view(reinterpret_cast<const char*>(std::ranges::data(bytes)),
                           std::ranges::size(bytes)) {}

    /// The same bytes as a span.
    std::span<const std::byte> bytes() const noexcept {
        return std::as_bytes(std::span(data(), size()));
    }
    /// The same bytes as unsigned octets, as C libraries want them.
    const std::uint8_t* octets() const noexcept {
        return reinterpret_cast<const std::uint8_t*>(data());
    }
    /// An owning copy.
    std::string str() const { return std::string(data(), size()); }
};

}  // namespace netaio
