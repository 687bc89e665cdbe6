#pragma once

#include <cstdint>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/vault.hpp>
#include <netaio/chat/x3dh.hpp>
#include <netaio/environment.hpp>
#include <optional>
#include <string>
#include <vector>

/// What a messenger keeps of somebody it writes with.
namespace netaio::chat {

/// Throws Error: what the vault has was written by nobody we know.
[[noreturn]] void refuse_kept(std::string_view what);

/// A session with somebody, without its keys.
struct SessionHead {
    std::uint64_t id;
    std::string associated;  ///< to be authenticated with each message
    AgreementKey ephemeral;  ///< that it began with
    std::uint64_t begun_at;  ///< seconds since 1970
    std::uint64_t used;      ///< greater than those of sessions that something came in before
    /// Goes with each message until something came back.
    std::optional<X3dhHeader> header = {};
};

/// Which of the messages that somebody counts have come.
struct TheirCount {
    struct Range {
        std::uint64_t first;
        std::uint64_t last;
    };

    /// Takes a number for one that came, and says how many before it are newly missing.
    std::uint64_t take(std::uint64_t number);

    std::string id;
    std::uint64_t highest;
    std::vector<Range> missing = {};
};

struct Correspondent {
    /// A new one.
    Correspondent(const PublicKey& whose, Random& random);
    static std::optional<Correspondent> find(const Vault& vault, const PublicKey& whose);
    /// That one, or a new one.
    static Correspondent find_or_make(const Vault& vault, const PublicKey& whose, Random& random);
    void save(Vault& vault) const;

    /// The session to encrypt with: that something came in last, or that was begun since; null
    /// when there is none.
    SessionHead* session();
    SessionHead* session_begun_with(const AgreementKey& ephemeral);
    /// When the newest one was begun; 0 when there is none.
    std::uint64_t last_begun_at() const;
    /// As TheirCount's; `first` is where the count begins when it is not known.
    std::uint64_t take_number(const std::string& count, std::uint64_t number, std::uint64_t first);

    PublicKey key;
    std::uint64_t prekey_made_at = 0;  ///< of the newest bundle seen
    std::string count;                 ///< of what is sent to them
    std::uint64_t sent = 0;            ///< the last number given
    std::uint64_t first = 1;           ///< none before it waits
    std::uint64_t last_session = 0;    ///< the last id given
    std::uint64_t last_used = 0;
    std::vector<SessionHead> sessions = {};
    std::vector<TheirCount> theirs = {};  ///< the oldest first

private:
    explicit Correspondent(const PublicKey& whose) : key(whose) {}
    bool load(ByteView saved);
};

}  // namespace netaio::chat
