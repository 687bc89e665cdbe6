#pragma once

#include <cstddef>
#include <cstdint>
#include <netaio/tapescript/keys.hpp>
#include <netaio/tapescript/script.hpp>
#include <optional>
#include <string>

namespace netaio::tapescript {

struct Environment;

/// What signatures cover: up to eight fields, signed one after the other without anything between
/// them. The runtime that checks must be given the same.
struct SigFields {
    std::optional<std::string> sigfield1 = {};
    std::optional<std::string> sigfield2 = {};
    std::optional<std::string> sigfield3 = {};
    std::optional<std::string> sigfield4 = {};
    std::optional<std::string> sigfield5 = {};
    std::optional<std::string> sigfield6 = {};
    std::optional<std::string> sigfield7 = {};
    std::optional<std::string> sigfield8 = {};

    bool empty() const noexcept;
};

/// How to sign.
struct SignOptions {
    /// A set bit leaves a field out, the lowest sigfield1; a lock must allow it.
    std::uint8_t sigflags = 0;
    /// Code that runs first and leaves what signature extensions are to find, e.g. in the cache.
    Script prefix = {};
    /// Whose signature extensions run before the message is put together; none when null.
    const Environment* environment = nullptr;
    /// The longest message, in bytes: the limit for stack items of the runtime that checks.
    std::size_t max_message_size = 1024;
};

/// The bytes that a signature covers. Throws std::length_error when they are more than allowed,
/// std::invalid_argument when the prefix or an extension fails.
std::string message_to_sign(const SigFields& fields, const SignOptions& options = {});

/// A signature of the fields as locks take it: 64 bytes, and the flags unless they are zero.
std::string sign(const SigningKey& key, const SigFields& fields, const SignOptions& options = {});

}  // namespace netaio::tapescript
