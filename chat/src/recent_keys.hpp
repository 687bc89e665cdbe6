#pragma once

#include <netaio/bytes.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace netaio::chat {

/// What a messenger knows again of one person: so many keys, each with a value; the oldest go.
class RecentKeys {
public:
    static constexpr std::size_t max = 20'000;

    /// `kind` is what is remembered, as a word.
    RecentKeys(Vault& vault, std::string_view kind, const PublicKey& of);

    std::optional<std::string> find(ByteView key) const;
    /// Remembers a key, or another value of one.
    void put(ByteView key, ByteView value);

private:
    std::string named(char what, ByteView name) const;

    Vault& vault_;
    std::string kind_;
    std::string of_;
};

}  // namespace netaio::chat
