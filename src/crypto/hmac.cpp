#include "hmac.hpp"

#include <array>
#include <cassert>

namespace netaio::crypto {
namespace {

constexpr char inner_byte = 0x36;
constexpr char outer_byte = 0x5c;

// The bytes of a pad that the key cannot reach.
template <char Byte, std::size_t size>
constexpr auto pad = [] {
    std::array<char, size> bytes{};
    bytes.fill(Byte);
    return bytes;
}();

// The start of a pad, where the key can.
template <char Byte>
Block keyed(ByteView key) noexcept {
    assert(key.size() <= Block::size);
    Block block(key);
    // All of it, whatever the key's size: compilers take many bytes at once then.
    for (std::size_t i = 0; i < Block::size; ++i) {
        block.data()[i] = static_cast<char>(block.data()[i] ^ Byte);
    }
    return block;
}

template <char Byte, std::size_t size>
constexpr ByteView pad_of = std::string_view(pad<Byte, size>.data(), size);

}  // namespace

Digest OneTimeKeys::derive(ByteView nonce) const noexcept {
    return BlockHash().add(Block(key_, sha256(nonce))).add(purpose_).digest();
}

Hmac::Hmac(ByteView key) noexcept : outer_(keyed<outer_byte>(key)) {
    inner_.update(keyed<inner_byte>(key).view()).update(pad_of<inner_byte, pad_size - Block::size>);
}

Digest Hmac::finish() noexcept {
    static const Block second(pad_of<outer_byte, Block::size>);
    return BlockHash()
        .add(outer_)
        .add(second)
        .add(Block::last(pad_size + Digest::size, pad_of<outer_byte, pad_size - 2 * Block::size>,
                         inner_.finish()))
        .digest();
}

HmacKeyV008::HmacKeyV008(ByteView key) noexcept
    : key_size_(key.size()),
      hashed_(sha256(key).view()),
      plain_(key.size() <= Digest::size ? Hmac(key) : hashed_) {}

}  // namespace netaio::crypto
