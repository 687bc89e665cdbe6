#pragma once

#include <array>
#include <netaio/bytes.hpp>
#include <optional>

#include "../crypto/sha256.hpp"
#include "../wire/endian.hpp"

/// Stamps byte by byte (protocol.md §13): version, realm, timestamp, nonce, body, counter, each of
/// one size, so that nobody can move bytes from one to the next.
namespace netaio::plugins {

/// What stands for a realm or a body: the start of its SHA-256.
class ShortDigest {
public:
    static constexpr std::size_t size = 16;

    explicit ShortDigest(ByteView bytes) noexcept {
        crypto::sha256(bytes).view().copy(start_.data(), size);
    }
    ByteView view() const noexcept { return std::string_view(start_.data(), size); }

private:
    std::array<char, size> start_;
};

/// Where things are in a stamp. The counter is last, as that is what a search changes, and all of
/// it is one block of SHA-256.
struct StampLayout {
    static constexpr char version = 1;
    static constexpr std::size_t realm = 1;
    static constexpr std::size_t timestamp = realm + ShortDigest::size;
    static constexpr std::size_t nonce = timestamp + 4;
    static constexpr std::size_t body = nonce + 8;
    static constexpr std::size_t counter = body + ShortDigest::size;
    static constexpr std::size_t size = counter + 8;
};
static_assert(StampLayout::size <= crypto::Block::last_max);

using Stamp = std::array<char, StampLayout::size>;
using StampNonce = std::array<char, StampLayout::body - StampLayout::nonce>;

/// A stamp without its counter.
inline Stamp unpaid_stamp(const ShortDigest& realm, std::uint32_t timestamp,
                          const StampNonce& nonce, ByteView encoded_body) noexcept {
    Stamp stamp{StampLayout::version};
    wire::put_bytes(stamp.data() + StampLayout::realm, realm.view());
    wire::put_u32(stamp.data() + StampLayout::timestamp, timestamp);
    wire::put_bytes(stamp.data() + StampLayout::nonce,
                    std::string_view(nonce.data(), nonce.size()));
    wire::put_bytes(stamp.data() + StampLayout::body, ShortDigest(encoded_body).view());
    return stamp;
}

inline ByteView view(const Stamp& stamp) noexcept {
    return std::string_view(stamp.data(), stamp.size());
}

/// A stamp that came, over the bytes of its field.
class ReceivedStamp {
public:
    /// Nothing unless it is one by its size and version.
    static std::optional<ReceivedStamp> read(std::optional<ByteView> bytes) noexcept {
        if (!bytes || bytes->size() != StampLayout::size || bytes->front() != StampLayout::version)
            return std::nullopt;
        return ReceivedStamp(*bytes);
    }

    bool is_for(const ShortDigest& realm) const noexcept {
        return part(StampLayout::realm, ShortDigest::size) == realm.view();
    }
    bool is_of(ByteView encoded_body) const noexcept {
        return part(StampLayout::body, ShortDigest::size) == ShortDigest(encoded_body).view();
    }
    std::uint32_t timestamp() const noexcept {
        return wire::get_u32(bytes_.data() + StampLayout::timestamp);
    }
    crypto::Digest digest() const noexcept { return crypto::sha256(bytes_); }

private:
    explicit ReceivedStamp(ByteView bytes) noexcept : bytes_(bytes) {}

    std::string_view part(std::size_t at, std::size_t size) const noexcept {
        return bytes_.substr(at, size);
    }

    ByteView bytes_;
};

}  // namespace netaio::plugins
