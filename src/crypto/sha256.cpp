// OpenSSL 3 deprecates the SHA256_* calls in favour of EVP, which fetches and allocates: for the
// short inputs of this protocol EVP takes 2.5 times as long with a reused context, and 10 times
// with a fresh one. A dozen such hashes protect one message.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sha256.hpp"

#include <algorithm>
#include <cassert>

#include "../wire/endian.hpp"

namespace netaio::crypto {
namespace {

constexpr std::size_t length_size = 8;  // of the bit count that ends SHA-256's padding
constexpr std::size_t last_max = SHA256_CBLOCK - 1 - length_size;

unsigned char* octets(char* bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes);
}

void transform(SHA256_CTX& state, const char* block) noexcept {
    SHA256_Transform(&state, reinterpret_cast<const unsigned char*>(block));
}

void put_length(char* at, std::uint64_t message_size) noexcept {
    const std::uint64_t bits = message_size * 8;
    wire::put_u32(wire::put_u32(at, static_cast<std::uint32_t>(bits >> 32)),
                  static_cast<std::uint32_t>(bits));
}

}  // namespace

Sha256::Sha256() noexcept {
    SHA256_Init(&state_);
}

Sha256::~Sha256() {
    wipe(state_);
}

Sha256& Sha256::update(ByteView bytes) noexcept {
    SHA256_Update(&state_, bytes.data(), bytes.size());
    return *this;
}

Digest Sha256::finish() noexcept {
    Digest digest;
    SHA256_Final(octets(digest.data()), &state_);
    return digest;
}

Digest sha256(ByteView bytes) noexcept {
    if (bytes.size() <= last_max) {
        return BlockHash().add(Block::last({bytes}, bytes.size())).digest();
    }
    return Sha256().update(bytes).finish();
}

Block::Block(std::initializer_list<ByteView> parts) noexcept : bytes_{} {
    char* end = bytes_;
    for (const ByteView part : parts) {
        assert(part.size() <= static_cast<std::size_t>(bytes_ + size - end));
        end = std::ranges::copy(part, end).out;
    }
}

Block Block::last(std::initializer_list<ByteView> parts, std::size_t message_size) noexcept {
    Block block(parts);
    block.bytes_[message_size % size] = '\x80';
    put_length(block.bytes_ + size - length_size, message_size);
    return block;
}

BlockHash::BlockHash() noexcept {
    SHA256_Init(&state_);
}

BlockHash& BlockHash::add(const Block& block) noexcept {
    transform(state_, block.view().data());
    return *this;
}

Digest BlockHash::digest() const noexcept {
    Digest digest;
    char* out = digest.data();
    for (const std::uint32_t word : state_.h) {
        out = wire::put_u32(out, word);
    }
    return digest;
}

CounterHash::CounterHash(std::initializer_list<ByteView> prefix) noexcept {
    SHA256_Init(&start_);
    std::size_t size = 0;
    for (const ByteView part : prefix) {
        SHA256_Update(&start_, part.data(), part.size());
        size += part.size();
    }
    work_ = start_;
    counter_at_ = size % SHA256_CBLOCK;
    const auto* pending = reinterpret_cast<const char*>(start_.data);
    char* end = std::copy_n(pending, counter_at_, tail_) + sizeof counter_;
    *end++ = '\x80';
    const auto used = static_cast<std::size_t>(end - tail_) + length_size;
    tail_blocks_ = (used + SHA256_CBLOCK - 1) / SHA256_CBLOCK;
    put_length(tail_ + tail_blocks_ * SHA256_CBLOCK - length_size, size + sizeof counter_);
}

CounterHash::~CounterHash() {
    wipe(start_);
    wipe(work_);
    wipe(tail_);
}

std::span<const std::uint32_t, 8> CounterHash::next() noexcept {
    wire::put_u32(tail_ + counter_at_, counter_++);
    std::ranges::copy(start_.h, work_.h);
    for (std::size_t block = 0; block < tail_blocks_; ++block) {
        transform(work_, tail_ + block * SHA256_CBLOCK);
    }
    return work_.h;
}

}  // namespace netaio::crypto
