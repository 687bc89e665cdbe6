#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <span>
#include <string>

namespace netaio {

/// Tells a request from others in flight (protocol.md §4). It travels with the auth fields, but is
/// none of those that plugins see.
using RequestId = std::uint32_t;

/// The auth fields of a message: names with values, one packify dict on the wire (protocol.md §1).
/// Values are bytes; v0.0.8 also sends integers; a peer may send any packify value, which is kept
/// and can be told from bytes. Parsed fields are views over the received frame, fields that were
/// set are copies; any change may invalidate views given before. Not thread-safe.
class AuthFields {
public:
    /// Reads an encoded dict; the bytes must outlive the fields. Errc::malformed unless it is a
    /// dict with text keys, Errc::too_large when it holds more than 256 fields. Whatever was here
    /// before is gone either way.
    std::error_code parse(ByteView encoded);

    /// The value of a field that is bytes (or bytearray); nothing when missing or of another type.
    std::optional<ByteView> bytes(std::string_view name) const noexcept;
    /// The value of a field that is a non-negative integer below 2^64.
    std::optional<std::uint64_t> integer(std::string_view name) const noexcept;
    /// Whether the field is there, of whatever type.
    bool contains(std::string_view name) const noexcept { return find(name) != nullptr; }

    /// Sets a field to bytes, replacing what it had. They may be a value of these very fields.
    void set(std::string_view name, ByteView value);
    /// Sets a field to an integer, as v0.0.8 does with `ts`.
    void set_integer(std::string_view name, std::uint64_t value);
    void erase(std::string_view name) noexcept;
    void clear() noexcept;

    bool empty() const noexcept { return entries().empty(); }
    std::size_t size() const noexcept { return entries().size(); }

    /// Appends the canonical encoding (sorted, smallest lengths) to `out`, with a request id if one
    /// is given. Errc::too_large above 65535 bytes, and `out` is as it was.
    std::error_code encode_to(std::string& out, std::optional<RequestId> request_id = {}) const;

    /// Calls `visit(name, packed_value)` for each field, in no particular order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Entry& entry : entries()) {
            visit(name_of(entry), ByteView(packed_of(entry)));
        }
    }

    /// Whether no field is a view over a received frame.
    bool owns() const noexcept;
    /// A copy that views nothing.
    AuthFields clone() const;

private:
    // A packed value, over the frame or, when `base` is null, in the arena.
    struct Entry {
        const char* base;
        std::uint32_t name_at;
        std::uint32_t name_size;
        std::uint32_t value_at;
        std::uint32_t value_size;
        bool received;  // then perhaps not in canonical form
    };

    // Apart from the fields, as messages without plugins have none: they are moved for the price of
    // a pointer. Pooled, so that those with fields take no memory anew.
    struct Held {
        boost::container::small_vector<Entry, 6> entries;
        boost::container::small_vector<char, 256> arena;
    };
    struct Recycle {
        void operator()(Held* held) const noexcept;
    };

    Held& held();
    std::span<const Entry> entries() const noexcept {
        return held_ ? std::span<const Entry>(held_->entries.data(), held_->entries.size())
                     : std::span<const Entry>();
    }
    bool has_room(std::size_t size);
    void make_room(std::size_t size);
    char* add(std::string_view name, std::size_t packed_size);

    const Entry* find(std::string_view name) const noexcept;
    const char* base_of(const Entry& e) const noexcept {
        return e.base ? e.base : held_->arena.data();
    }
    std::string_view name_of(const Entry& e) const noexcept {
        return {base_of(e) + e.name_at, e.name_size};
    }
    std::string_view packed_of(const Entry& e) const noexcept {
        return {base_of(e) + e.value_at, e.value_size};
    }

    std::unique_ptr<Held, Recycle> held_;
};

}  // namespace netaio
