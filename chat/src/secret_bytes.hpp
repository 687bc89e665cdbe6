#pragma once

#include <sodium.h>

#include <concepts>
#include <cstdint>
#include <netaio/bytes.hpp>
#include <netaio/secret.hpp>
#include <string>
#include <utility>

/// How secrets are kept: bytes after each other, numbers with their big end first, which leave
/// nothing behind in memory.
namespace netaio::chat {

/// Appends to bytes that are wiped when it goes.
class SecretWriter {
public:
    SecretWriter() = default;
    ~SecretWriter() { wipe(bytes_); }
    SecretWriter(const SecretWriter&) = delete;
    SecretWriter& operator=(const SecretWriter&) = delete;

    SecretWriter& add(ByteView bytes) {
        if (bytes_.capacity() - bytes_.size() < bytes.size()) {
            std::string larger;
            larger.reserve(2 * bytes_.capacity() + bytes.size());
            larger.append(bytes_);
            bytes_.swap(larger);
            wipe(larger);
        }
        bytes_.append(bytes);
        return *this;
    }
    template <std::unsigned_integral Number>
    SecretWriter& add_number(Number number) {
        std::string octets(sizeof number, '\0');
        for (auto octet = octets.rbegin(); octet != octets.rend(); ++octet) {
            *octet = static_cast<char>(number & 0xff);
            number = static_cast<Number>(std::uint64_t{number} >> 8);
        }
        return add(octets);
    }

    ByteView bytes() const noexcept { return bytes_; }

private:
    static void wipe(std::string& bytes) noexcept { sodium_memzero(bytes.data(), bytes.size()); }

    std::string bytes_;
};

/// Takes from bytes what was written to them; once there are too few, there is nothing left.
class SecretReader {
public:
    explicit SecretReader(ByteView bytes) noexcept : left_(bytes) {}

    /// Nothing when there are fewer.
    ByteView take(std::size_t size) noexcept {
        if (size > left_.size()) {
            failed_ = true;
            left_ = {};
            return {};
        }
        const ByteView taken = left_.substr(0, size);
        left_.remove_prefix(size);
        return taken;
    }
    /// Zero when there are too few bytes.
    template <std::unsigned_integral Number>
    Number take_number() noexcept {
        std::uint64_t number = 0;
        for (const char octet : take(sizeof(Number))) {
            number = number << 8 | static_cast<unsigned char>(octet);
        }
        return static_cast<Number>(number);
    }

    bool failed() const noexcept { return failed_; }
    /// Whether there was all that was taken, and nothing more.
    bool is_done() const noexcept { return !failed_ && left_.empty(); }

private:
    ByteView left_;
    bool failed_ = false;
};

}  // namespace netaio::chat
