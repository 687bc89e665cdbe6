#pragma once

#include <cstdint>
#include <deque>
#include <netaio/chat/curve.hpp>
#include <netaio/chat/keys.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <netaio/secret.hpp>
#include <netaio/value.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

/// The keys that people leave for others to begin with while they are away: the prekeys of "The
/// X3DH Key Agreement Protocol", revision 1. All times are in seconds since 1970.
namespace netaio::chat {

/// How long a signed prekey is handed out before there is a new one.
inline constexpr std::uint64_t signed_prekey_renewal = 7 * 86'400;
/// How old a signed prekey may be for anybody to begin with it.
inline constexpr std::uint64_t signed_prekey_age_max = 35 * 86'400;
/// How far ahead a signed prekey may be dated: clocks differ.
inline constexpr std::uint64_t signed_prekey_ahead_max = 86'400;
/// Signed prekeys that are kept after a new one took their place: what was begun with them may be
/// on its way.
inline constexpr std::size_t former_signed_prekeys = 2;
/// One-time prekeys that are laid out.
inline constexpr std::size_t one_time_prekeys_laid_out = 100;
/// Below so many more of them are made.
inline constexpr std::size_t one_time_prekeys_min = 50;
/// One-time prekeys whose secrets are kept: those that were handed out and never used go at last.
inline constexpr std::size_t one_time_prekeys_kept = 1'000;

/// A prekey for a week, which its owner vouches for.
struct SignedPrekey {
    std::uint32_t id;
    AgreementKey key;
    std::uint64_t made_at;
    std::string signature;  ///< of signature_size bytes
};

/// A prekey for one to begin with.
struct OneTimePrekey {
    std::uint32_t id;
    AgreementKey key;

    /// As it travels: a dict.
    Value to_value() const;
    /// Errc::malformed for anything else.
    static Result<OneTimePrekey> from_value(const Value& value);

    bool operator==(const OneTimePrekey&) const = default;
};

/// What it takes to begin with somebody who is away.
struct PrekeyBundle {
    PublicKey identity;
    SignedPrekey signed_prekey;
    /// None when all were handed out. The owner does not vouch for it: with another's nobody gets
    /// anywhere.
    std::optional<OneTimePrekey> one_time_prekey = {};

    /// As it travels: a dict.
    Value to_value() const;
    /// Errc::malformed for anything else. See verify().
    static Result<PrekeyBundle> from_value(const Value& value);
    /// Errc::auth_failed unless `identity` signed the prekey, Errc::stale when it is too old or
    /// from the future.
    std::error_code verify(std::uint64_t now) const;
};

/// The secrets of what a person left for others to begin with.
class Prekeys {
public:
    /// New ones: a signed prekey and one_time_prekeys_laid_out others.
    Prekeys(const Identity& identity, std::uint64_t now, Random& random);

    /// Makes a new signed prekey when the present one is due, and forgets one that is too old. Says
    /// whether there is something new to publish.
    bool renew(const Identity& identity, std::uint64_t now, Random& random);
    /// When fewer than one_time_prekeys_min are `left` where they are handed out, the new ones to
    /// be laid out with them; none otherwise.
    std::vector<OneTimePrekey> replenish(std::size_t left, Random& random);

    /// What is to be published, without a one-time prekey.
    PrekeyBundle bundle() const;
    /// Those that nobody used yet, the oldest first.
    std::vector<OneTimePrekey> one_time_prekeys() const;

    /// Errc::stale for one that was forgotten, Errc::malformed for one that never was.
    Result<AgreementKeys> signed_prekey(std::uint32_t id) const;
    /// Errc::replayed for one that was taken or forgotten, Errc::malformed for one that never was.
    Result<AgreementKeys> one_time_prekey(std::uint32_t id) const;
    /// The same, and forgets the secret, so that nobody ever gets it again.
    Result<AgreementKeys> take(std::uint32_t id);

    /// All of it, to be sealed and kept.
    Secret save() const;
    /// What save() gave. Errc::malformed for anything else.
    static Result<Prekeys> load(ByteView saved);

private:
    struct Signed {
        std::uint32_t id;
        SecretKey secret;
        std::uint64_t made_at;
        std::string signature;
    };
    struct OneTime {
        std::uint32_t id;
        SecretKey secret;
    };

    explicit Prekeys(const PublicKey& owner) : owner_(owner) {}
    void add_signed(const Identity& identity, std::uint64_t now, Random& random);
    std::deque<OneTime>::const_iterator find(std::uint32_t id) const;

    PublicKey owner_;
    // In order of their ids, which are counted up.
    std::deque<Signed> signed_;
    std::deque<OneTime> one_time_;
    std::uint32_t next_one_time_ = 1;
};

}  // namespace netaio::chat
