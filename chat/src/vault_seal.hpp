#pragma once

#include <array>
#include <cstdint>
#include <netaio/bytes.hpp>
#include <netaio/chat/curve.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <optional>
#include <string>
#include <string_view>

/// How what a vault keeps is sealed, and found without its name.
namespace netaio::chat {

/// What stands for a name in the file.
using VaultName = std::array<unsigned char, 32>;

/// Seals and names under keys that come from the history key.
class VaultSeal {
public:
    explicit VaultSeal(const SecretKey& history_key);

    /// The name of something of a kind; without a name, that of the kind itself.
    VaultName name(std::string_view kind, std::optional<ByteView> name = {}) const noexcept;

    /// Seals a value so that it opens only with the place it is sealed for.
    std::string seal(ByteView place, ByteView value, Random& random) const;
    /// Errc::decrypt_failed for what was not sealed so.
    Result<std::string> open(ByteView place, ByteView sealed) const;

private:
    SecretKey value_key_;
    SecretKey name_key_;
};

}  // namespace netaio::chat
