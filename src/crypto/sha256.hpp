#pragma once

#include <openssl/sha.h>

#include <cstdint>
#include <initializer_list>
#include <netaio/bytes.hpp>
#include <span>

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

    /// These bytes, joined, and zeros after them.
    Block(std::initializer_list<ByteView> parts) noexcept;
    Block(const Block&) noexcept = default;
    Block& operator=(const Block&) noexcept = default;
    ~Block() { wipe(bytes_); }

    /// The block that ends a message of `message_size` bytes: its last bytes, 55 at most, and the
    /// padding.
    static Block last(std::initializer_list<ByteView> parts, std::size_t message_size) noexcept;

    ByteView view() const noexcept { return std::string_view(bytes_, size); }
    char* data() noexcept { return bytes_; }

private:
    char bytes_[size];
};

/// SHA-256 over blocks that are padded by the caller: for short messages of a known layout it is
/// cheaper than Sha256. Wiped when it goes.
class BlockHash {
public:
    BlockHash() noexcept;
    BlockHash(const BlockHash&) = delete;
    BlockHash& operator=(const BlockHash&) = delete;
    ~BlockHash() { wipe(state_.h); }

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
    SHA256_CTX start_;  // has hashed the whole blocks of the prefix
    SHA256_CTX work_;
    char tail_[2 * SHA256_CBLOCK]{};  // the rest of it, the counter and the padding
    std::size_t tail_blocks_ = 1;
    std::size_t counter_at_ = 0;
    std::uint32_t counter_ = 0;
};

}  // namespace netaio::crypto
