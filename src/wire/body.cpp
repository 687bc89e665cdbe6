#include <algorithm>
#include <cstring>
#include <netaio/body.hpp>
#include <stdexcept>
#include <string>

#include "block_pool.hpp"
#include "endian.hpp"

namespace netaio {
namespace {

// Room kept in front of owned bytes: two layers that hide the uri add 2 bytes each.
constexpr std::size_t front_reserve = 8;
// Room kept behind them, for ciphers that lengthen the content.
constexpr std::size_t back_reserve = 48;

}  // namespace

char Body::empty_[2] = {0, 0};

void Body::release_storage() noexcept {
    wire::release_block(storage_, capacity_);
}

Body::Body(ByteView uri, ByteView content) {
    if (!fits(uri, content)) {
        throw std::length_error(
            "uri and content together take " + std::to_string(uri.size() + content.size()) +
            " bytes; a message holds " + std::to_string(payload_max) + ", send it in parts");
    }
    assign(uri, content);
}

Result<Body> Body::make(ByteView uri, ByteView content) {
    if (!fits(uri, content)) {
        return Errc::too_large;
    }
    Body body;
    body.assign(uri, content);
    return body;
}

void Body::assign(ByteView uri, ByteView content) {
    allocate(2 + uri.size() + content.size(), front_reserve);
    uri_size_ = static_cast<std::uint16_t>(uri.size());
    wire::put_bytes(wire::put_bytes(wire::put_u16(begin_, uri_size_), uri), content);
}

std::span<char> Body::mutable_content() noexcept {
    has_checksum_ = false;
    return {begin_ + 2 + uri_size_, size_ - 2u - uri_size_};
}

std::error_code Body::resize_content(std::size_t size) {
    if (size > payload_max - std::min<std::size_t>(uri_size_, payload_max)) {
        return Errc::too_large;
    }
    has_checksum_ = false;
    const std::size_t whole = 2u + uri_size_ + size;
    if (whole > size_) {
        grow(0, whole);
    }
    size_ = static_cast<std::uint32_t>(whole);
    return {};
}

std::span<char> Body::mutable_encoded() {
    has_checksum_ = false;
    if (begin_ == empty_) {
        grow(0, size_);  // the bytes all empty bodies share are not to be changed
    }
    return {begin_, size_};
}

std::error_code Body::wrap(std::size_t uri_size) {
    if (size_ > payload_max) {
        return Errc::too_large;
    }
    has_checksum_ = false;
    grow(2, size_);
    begin_ -= 2;
    size_ += 2;
    uri_size_ = static_cast<std::uint16_t>(std::min<std::size_t>(uri_size, size_ - 2));
    wire::put_u16(begin_, uri_size_);
    return {};
}

void Body::unwrap(std::size_t size) noexcept {
    has_checksum_ = false;
    const std::size_t payload = std::min<std::size_t>(size, size_ - 2);
    size_ = static_cast<std::uint32_t>(2 + payload);
    if (payload >= 2) {
        begin_ += 2;
        size_ -= 2;
        uri_size_ =
            static_cast<std::uint16_t>(std::min<std::size_t>(wire::get_u16(begin_), size_ - 2));
        wire::put_u16(begin_, uri_size_);
        return;
    }
    // Too short to hold a uri length: nothing is left of it but an empty message. An empty body in
    // static storage is never written to, as its payload is empty.
    size_ = 2;
    uri_size_ = 0;
    if (begin_ != empty_) {
        wire::put_u16(begin_, 0);
    }
}

Body Body::clone() const {
    Body body;
    body.allocate(size_, front_reserve);
    std::memcpy(body.begin_, begin_, size_);
    body.uri_size_ = uri_size_;
    return body;
}

void Body::allocate(std::size_t size, std::size_t front) {
    std::size_t capacity = 0;
    storage_ = wire::take_block(front + size + back_reserve, capacity);
    capacity_ = static_cast<std::uint32_t>(capacity);
    begin_ = storage_ + front;
    size_ = static_cast<std::uint32_t>(size);
}

std::size_t Body::front_room() const noexcept {
    return storage_ ? static_cast<std::size_t>(begin_ - storage_) : 0;
}

// Sees to it that the bytes are owned, with `front` bytes of room before and `size` in all from
// begin_.
void Body::grow(std::size_t front, std::size_t size) {
    if (storage_ && front_room() >= front && front_room() + size <= capacity_) {
        return;
    }
    Body larger;
    larger.allocate(std::max<std::size_t>(size, size_), front_reserve + front);
    std::memcpy(larger.begin_, begin_, size_);
    larger.size_ = size_;
    larger.uri_size_ = uri_size_;
    *this = std::move(larger);
}

}  // namespace netaio
