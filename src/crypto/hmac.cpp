#include "hmac.hpp"

#include <array>
#include <cassert>

namespace netaio::crypto {
namespace {

constexpr char inner_byte = 0x36;
constexpr char outer_byte = 0x5c;

template <char Byte>
constexpr auto pad = [] {
    std::array<char, Hmac::pad_size> bytes{};
    bytes.fill(Byte);
    return bytes;
}();

template <char Byte>
constexpr ByteView pad_of(std::size_t size) noexcept {
    return std::string_view(pad<Byte>.data(), size);
}

// The start of a pad, up to where the key cannot reach.
template <char Byte>
Block keyed(ByteView key) noexcept {
    assert(key.size() <= Block::size);
    Block block({pad_of<Byte>(Block::size)});
    for (std::size_t i = 0; i < key.size(); ++i) {
        block.data()[i] = static_cast<char>(block.data()[i] ^ key[i]);
    }
    return block;
}

}  // namespace

Digest OneTimeKeys::derive(ByteView nonce) const noexcept {
    return BlockHash().add({key_.view(), sha256(nonce).view()}).add(purpose_).digest();
}

Hmac::Hmac(ByteView key) noexcept : outer_(keyed<outer_byte>(key)) {
    inner_.update(keyed<inner_byte>(key).view()).update(pad_of<inner_byte>(pad_size - Block::size));
}

Digest Hmac::finish() noexcept {
    static const Block second({pad_of<outer_byte>(Block::size)});
    constexpr ByteView rest = pad_of<outer_byte>(pad_size - 2 * Block::size);
    const Block last = Block::last({rest, inner_.finish().view()}, pad_size + Digest::size);
    return BlockHash().add(outer_).add(second).add(last).digest();
}

HmacKeyV008::HmacKeyV008(ByteView key) noexcept
    : key_size_(key.size()),
      hashed_(sha256(key).view()),
      plain_(key.size() <= Digest::size ? Hmac(key) : hashed_) {}

}  // namespace netaio::crypto
