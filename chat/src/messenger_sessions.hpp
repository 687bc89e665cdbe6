#pragma once

#include <cstdint>
#include <netaio/chat/keys.hpp>
#include <netaio/chat/letter.hpp>
#include <netaio/chat/prekeys.hpp>
#include <netaio/chat/ratchet.hpp>
#include <netaio/chat/vault.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <string>

#include "messenger_correspondent.hpp"
#include "messenger_message.hpp"

namespace netaio::chat {

/// One's own prekeys, as the vault has them; new ones in a new vault.
class PrekeyShelf {
public:
    PrekeyShelf(const Identity& own, Vault& vault, Environment environment);

    Prekeys load() const;
    void save(const Prekeys& prekeys);
    std::uint64_t now() const;

    /// A bundle with a one-time prekey that no relay has, while there are any for today.
    PrekeyBundle hand_out();
    std::vector<OneTimePrekey> for_relay(std::size_t left);
    bool renew();

private:
    const Identity& own_;
    Vault& vault_;
    Environment environment_;
};

/// Seals what is said to somebody, and opens what they say, by the sessions there are.
class Sessions {
public:
    /// Sessions that are kept with one person; the one used least lately goes.
    static constexpr std::size_t max = 5;

    /// An envelope for a person, in the session that it was sealed in.
    struct Sealed {
        std::string envelope;
        std::uint64_t session;
    };
    /// What a letter said.
    struct Opened {
        std::string text;
        bool is_new_session;
    };

    Sessions(const Identity& own, Vault& vault, PrekeyShelf& prekeys, Environment environment);

    /// Begins with somebody. As x3dh_begin().
    std::error_code begin(Correspondent& with, const PrekeyBundle& bundle);
    /// For a person who has a session.
    Sealed seal(Correspondent& to, const PlainMessage& message);
    /// Errc::replayed for what came before, or whose key is gone; Errc::stale for what begins with
    /// a one-time prekey that was used; Errc::auth_failed for all that does not prove whom it is
    /// from.
    Result<Opened> open(Correspondent& from, const Letter& letter);

private:
    Result<Opened> answer(Correspondent& from, const X3dhHeader& header,
                          const RatchetMessage& message);
    Result<Opened> open_in(Correspondent& from, SessionHead& session,
                           const RatchetMessage& message);
    void add(Correspondent& with, SessionHead session, const Ratchet& ratchet);
    Ratchet load(const Correspondent& with, const SessionHead& session) const;
    void save(const Correspondent& with, const SessionHead& session, const Ratchet& ratchet);

    const Identity& own_;
    Vault& vault_;
    PrekeyShelf& prekeys_;
    Environment environment_;
};

}  // namespace netaio::chat
