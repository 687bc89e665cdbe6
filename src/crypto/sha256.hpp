#pragma once

#include <openssl/sha.h>

#include <cassert>
#include <cstdint>
#include <initializer_list>
#include <netaio/bytes.hpp>
#include <span>

#include "../wire/endian.hpp"
#include "memory.hpp"

namespace netaio::crypto {

/// A SHA-256 digest, wiped when it goes: nearly all of them are keys or lead to one.
class Digest {
public:
    static constexpr std::size_t size = 32;

    Digest() noexcept = default;
    Digest(const Digest&) noexcept = default;
    Digest& operator=(const Digest&) noexcept = default;
    ~Digest() { wipe(bytes_); }

    ByteView view() const noexcept { return std::string_view(bytes_, size); }
    char* data() noexcept { return bytes_; }

private:
    char bytes_[size]{};
};

/// SHA-256 over bytes that come in parts. A copy goes on from the same state. Wiped when it goes.
class Sha256 {
public:
    Sha256() noexcept;
    Sha256(const Sha256&) noexcept = default;
    Sha256& operator=(const Sha256&) noexcept = default;
    ~Sha256();

    Sha256& update(ByteView bytes) noexcept;
    /// The digest of all bytes given; nothing can be added afterwards.
    Digest finish() noexcept;

private:
    SHA256_CTX state_;
};

Digest sha256(ByteView bytes) noexcept;

/// 64 bytes as SHA-256 takes them in, wiped when they go.
class Block {
public:
    static constexpr std::size_t size = SHA256_CBLOCK;

    /// These bytes, joined, and zeros after them. Each part is a ByteView or a Digest; of a part
    /// whose size is known when this is compiled, a few instructions are left.
    template <class... Parts>
    explicit Block(const Parts&... parts) noexcept {
        char* end = bytes_;
        assert((view_of(parts).size() + ... + 0) <= size);
        ((end = wire::put_bytes(end, view_of(parts))), ...);
    }
    Block(const Block&) noexcept = default;
    Block& operator=(const Block&) noexcept = default;
    ~Block() { wipe(bytes_); }

    /// The block that ends a message of `message_size` bytes: its last bytes, 55 at most, and the
    /// padding.
    template <class... Parts>
    static Block last(std::size_t message_size, const Parts&... parts) noexcept {
        Block block(parts...);
        block.bytes_[message_size % size] = '\x80';
        put_length(block.bytes_ + size, message_size);
        return block;
    }

    ByteView view() const noexcept { return std::string_view(bytes_, size); }
    char* data() noexcept { return bytes_; }

    static constexpr std::size_t length_size = 8;  // of the count of bits that ends the padding
    static constexpr std::size_t last_max = size - 1 - length_size;
    /// Writes that count.
    static void put_length(char* end, std::uint64_t message_size) noexcept {
        const std::uint64_t bits = message_size * 8;
        wire::put_u32(wire::put_u32(end - length_size, static_cast<std::uint32_t>(bits >> 32)),
                      static_cast<std::uint32_t>(bits));
    }

private:
    static ByteView view_of(ByteView bytes) noexcept { return bytes; }
    static ByteView view_of(const Digest& digest) noexcept { return digest.view(); }

    char bytes_[size]{};
};

/// SHA-256 over blocks that are padded by the caller: for short messages of a known layout it is
/// cheaper than Sha256. Wiped when it goes.
class BlockHash {
public:
    BlockHash() noexcept;
    BlockHash(const BlockHash&) = delete;
    BlockHash& operator=(const BlockHash&) = delete;
    ~BlockHash() { wipe(state_.h); }  // all that is used of it

    BlockHash& add(const Block& block) noexcept;
    Digest digest() const noexcept;

private:
    SHA256_CTX state_;
};

/// The digests of prefix || u32 counter, for counters from 0 up. Much cheaper than hashing each
/// anew: the prefix and SHA-256's padding are laid out once.
class CounterHash {
public:
    explicit CounterHash(std::initializer_list<ByteView> prefix) noexcept;
    CounterHash(const CounterHash&) = delete;
    CounterHash& operator=(const CounterHash&) = delete;
    ~CounterHash();

    /// The next digest as native integers, the big-endian form of which it is. Valid until the
    /// next.
    std::span<const std::uint32_t, 8> next() noexcept;

private:
    SHA256_CTX work_;
    SHA_LONG start_[8];             // the state after the whole blocks of the prefix
    char tail_[2 * Block::size]{};  // the rest of it, the counter and the padding
    std::size_t tail_size_ = 0;
    std::size_t counter_at_ = 0;
    std::uint32_t counter_ = 0;
};

}  // namespace netaio::crypto
