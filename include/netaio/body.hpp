#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <span>
#include <utility>

namespace netaio {

/// The body of a message: u16 uri length, uri, content (protocol.md §1), held in its encoded form.
/// It either owns its bytes or works in place on somebody else's (a connection's buffer); growing
/// past the room there is makes it own them. Cipher plugins change it through the calls below.
/// Not thread-safe; any change invalidates the views it gave.
class Body {
public:
    /// Uri and content together may be this long at most, in bytes (protocol.md §1).
    static constexpr std::size_t payload_max = 65422;
    /// The sender's size rule for so many bytes of payload, of which `overhead` more are to be kept
    /// free.
    static constexpr bool fits(std::size_t payload, std::ptrdiff_t overhead = 0) noexcept {
        return payload <= 0xffff && static_cast<std::ptrdiff_t>(payload) <=
                                        static_cast<std::ptrdiff_t>(payload_max) - overhead;
    }

    /// An empty uri and empty content.
    Body() noexcept = default;
    Body(Body&& other) noexcept { take(other); }
    Body& operator=(Body&& other) noexcept {
        if (this != &other) {
            release();
            take(other);
        }
        return *this;
    }
    ~Body() { release(); }

    /// A body that owns a copy of these bytes. Throws std::length_error when over the size rule.
    Body(ByteView uri, ByteView content);
    /// The same, with Errc::too_large as a value.
    static Result<Body> make(ByteView uri, ByteView content);
    /// A body over somebody's encoded bytes, changed in place. Errc::malformed when the uri length
    /// points beyond them or they are under 2 bytes.
    static Result<Body> over(std::span<char> encoded) noexcept {
        if (encoded.size() < 2 || encoded.size() > 0xffff) {
            return Errc::malformed;
        }
        const auto* size = reinterpret_cast<const unsigned char*>(encoded.data());
        const auto uri_size = static_cast<std::uint16_t>(size[0] << 8 | size[1]);
        if (uri_size > encoded.size() - 2) {
            return Errc::malformed;
        }
        return Body(encoded, uri_size);
    }

    ByteView uri() const noexcept { return {begin_ + 2, uri_size_}; }
    ByteView content() const noexcept { return {begin_ + 2 + uri_size_, size_ - 2u - uri_size_}; }
    /// The whole body as it travels: what checksums and auth plugins cover.
    ByteView encoded() const noexcept { return {begin_, size_}; }

    /// The CRC-32 of encoded(), where it is known: set_checksum() said it, and nothing was changed
    /// since.
    std::optional<std::uint32_t> checksum() const noexcept {
        return has_checksum_ ? std::optional(checksum_) : std::nullopt;
    }
    /// For who received it with the body, and found it right: whoever passes that on need not
    /// compute it anew.
    void set_checksum(std::uint32_t checksum) noexcept {
        checksum_ = checksum;
        has_checksum_ = true;
    }

    /// The content, to be changed in place.
    std::span<char> mutable_content() noexcept;
    /// Makes the content `size` bytes long: cut, or lengthened at its end by undefined bytes.
    /// Errc::too_large when over the size rule; the body is then as it was.
    std::error_code resize_content(std::size_t size);

    /// All encoded bytes, to be changed in place, followed by wrap().
    std::span<char> mutable_encoded();
    /// Takes the present encoded bytes for ciphertext: its first `uri_size` bytes become the uri,
    /// the rest the content, so the body grows by 2. Errc::too_large when over the size rule.
    std::error_code wrap(std::size_t uri_size);
    /// Uri and content as one run of bytes, to be changed in place, followed by unwrap().
    std::span<char> mutable_payload() noexcept {
        has_checksum_ = false;
        return {begin_ + 2, size_ - 2};
    }
    /// The reverse of wrap(): takes uri and content, joined, for an encoded body, or their first
    /// `size` bytes. A uri length beyond the end is clamped (protocol.md §6); what is missing of
    /// its two bytes counts as zero.
    void unwrap(std::size_t size = 0xffff) noexcept;

    /// Whether the bytes are this body's own, and so outlive the buffer they were read from.
    bool owns() const noexcept { return storage_ != nullptr || begin_ == empty_; }
    /// A copy that owns its bytes.
    Body clone() const;

private:
    static char empty_[2];

    Body(std::span<char> encoded, std::uint16_t uri_size) noexcept
        : begin_(encoded.data()),
          size_(static_cast<std::uint32_t>(encoded.size())),
          uri_size_(uri_size) {}

    void take(Body& other) noexcept {
        begin_ = std::exchange(other.begin_, empty_);
        storage_ = std::exchange(other.storage_, nullptr);
        size_ = std::exchange(other.size_, 2u);
        capacity_ = std::exchange(other.capacity_, 0u);
        uri_size_ = std::exchange(other.uri_size_, std::uint16_t{0});
        has_checksum_ = std::exchange(other.has_checksum_, false);
        checksum_ = other.checksum_;
    }
    void release() noexcept {
        if (storage_) {
            release_storage();
        }
    }
    void release_storage() noexcept;
    static bool fits(ByteView uri, ByteView content) noexcept {
        return uri.size() <= payload_max && fits(uri.size() + content.size());
    }
    void assign(ByteView uri, ByteView content);
    void allocate(std::size_t size, std::size_t front);
    void grow(std::size_t front, std::size_t size);
    std::size_t front_room() const noexcept;

    char* begin_ = empty_;
    char* storage_ = nullptr;  // pooled; null while viewing
    std::uint32_t size_ = 2;
    std::uint32_t capacity_ = 0;  // of storage_
    std::uint16_t uri_size_ = 0;
    bool has_checksum_ = false;
    std::uint32_t checksum_ = 0;
};

}  // namespace netaio
