#include "hkdf.hpp"

namespace netaio::crypto {
namespace {

// As of the standard, unlike crypto::Hmac: with pads of one block.
class StandardHmac {
public:
    explicit StandardHmac(ByteView key) noexcept
        : pad_(key.size() > Block::size ? Block(sha256(key)) : Block(key)) {
        turn(0x36);
        inner_.update(pad_.view());
        turn(0x36 ^ 0x5c);
    }

    StandardHmac& add(ByteView bytes) noexcept {
        inner_.update(bytes);
        return *this;
    }
    Digest finish() noexcept {
        return BlockHash()
            .add(pad_)
            .add(Block::last(Block::size + Digest::size, inner_.finish()))
            .digest();
    }

private:
    void turn(int bits) noexcept {
        for (std::size_t i = 0; i < Block::size; ++i) {
            pad_.data()[i] = static_cast<char>(pad_.data()[i] ^ bits);
        }
    }

    Block pad_;  // the outer one
    Sha256 inner_;
};

}  // namespace

namespace detail {

void hkdf(ByteView salt, ByteView input, ByteView info, std::span<Digest> outputs) noexcept {
    const Digest key = StandardHmac(salt).add(input).finish();
    ByteView before;
    char number = 1;
    for (Digest& output : outputs) {
        output = StandardHmac(key.view())
                     .add(before)
                     .add(info)
                     .add(std::string_view(&number, 1))
                     .finish();
        before = output.view();
        ++number;
    }
}

}  // namespace detail

}  // namespace netaio::crypto
