// OpenSSL 3 deprecates the SHA256_* calls in favour of EVP, which fetches and allocates: for the
// short inputs of this protocol EVP takes 2.5 times as long with a reused context, and 10 times
// with a fresh one. A dozen such hashes protect one message.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "sha256.hpp"

#include <algorithm>

namespace netaio::crypto {
namespace {

// FIPS 180-4 §5.3.3: what SHA256_Init() writes, among things that only its own buffering uses.
constexpr SHA_LONG initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

unsigned char* octets(char* bytes) noexcept {
    return reinterpret_cast<unsigned char*>(bytes);
}

void transform(SHA256_CTX& state, const char* block) noexcept {
    SHA256_Transform(&state, reinterpret_cast<const unsigned char*>(block));
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
    if (bytes.size() <= Block::last_max) {
        return BlockHash().add(Block::last(bytes.size(), bytes)).digest();
    }
    return Sha256().update(bytes).finish();
}

BlockHash::BlockHash() noexcept {
    std::ranges::copy(initial, state_.h);
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
    std::ranges::copy(initial, work_.h);
    std::size_t size = 0;
    for (ByteView part : prefix) {
        size += part.size();
        while (counter_at_ + part.size() >= Block::size) {
            const std::size_t count = Block::size - counter_at_;
            wire::put_bytes(tail_ + counter_at_, part.substr(0, count));
            transform(work_, tail_);
            wipe(tail_);
            part.remove_prefix(count);
            counter_at_ = 0;
        }
        wire::put_bytes(tail_ + counter_at_, part);
        counter_at_ += part.size();
    }
    std::ranges::copy(work_.h, start_);
    const std::size_t used = counter_at_ + sizeof counter_;
    tail_[used] = '\x80';
    tail_size_ = used <= Block::last_max ? Block::size : 2 * Block::size;
    Block::put_length(tail_ + tail_size_, size + sizeof counter_);
}

CounterHash::~CounterHash() {
    wipe(work_.h);
    wipe(start_);
    wipe(tail_, tail_size_);
}

std::span<const std::uint32_t, 8> CounterHash::next() noexcept {
    wire::put_u32(tail_ + counter_at_, counter_++);
    std::ranges::copy(start_, work_.h);
    for (std::size_t at = 0; at < tail_size_; at += Block::size) {
        transform(work_, tail_ + at);
    }
    return work_.h;
}

}  // namespace netaio::crypto
