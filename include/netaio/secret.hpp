#pragma once

#include <netaio/bytes.hpp>
#include <string>

namespace netaio {

/// Secret bytes, text or binary: wiped from memory when they go. Never logged, never compared with
/// ==.
class Secret {
public:
    Secret() = default;
    Secret(ByteView bytes) : bytes_(bytes) {}
    Secret(std::string_view bytes) : bytes_(bytes) {}
    Secret(const char* text) : bytes_(text) {}
    Secret(const std::string& bytes) : bytes_(bytes) {}
    Secret(const Secret&) = default;
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret other) noexcept;
    ~Secret();

    /// The bytes; valid as long as this object.
    ByteView reveal() const noexcept { return bytes_; }
    bool empty() const noexcept { return bytes_.empty(); }

private:
    std::string bytes_;
};

/// A secret beside others that may stand in for it, as while one takes the place of another.
struct NamedSecret {
    /// What logs, rules and handlers know it by; no secret itself. It stays that secret's: those
    /// who used it are remembered by this name. See is_name().
    std::string name;
    Secret secret;

    /// Whether a text may be a name: letters, digits and `.`, `-` and `_`, one at least.
    static bool is_name(std::string_view text) noexcept;
};

}  // namespace netaio
