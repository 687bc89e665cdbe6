#pragma once

#include <cstdint>
#include <netaio/chat/curve.hpp>
#include <netaio/environment.hpp>
#include <netaio/errc.hpp>
#include <netaio/secret.hpp>
#include <netaio/value.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// How two people who share a secret keep their messages secret: "The Double Ratchet Algorithm",
/// revision 1, with Curve25519, HKDF-SHA256, HMAC-SHA256 and XChaCha20-Poly1305.
namespace netaio::chat {

class SecretReader;

/// Bytes of a message before it is encrypted; with all that goes with it, it fits into an envelope.
inline constexpr std::size_t ratchet_text_max = 32'000;
/// How many messages of a chain may be missing at once, and how many keys of one are kept.
inline constexpr std::size_t skipped_in_chain_max = 1'000;
/// How many keys of missing messages are kept in all; the oldest go first.
inline constexpr std::size_t skipped_max = 2'000;
/// How many of the chains before are known again; what is older is Errc::decrypt_failed.
inline constexpr std::size_t past_chains_max = 32;

/// A message that is encrypted.
struct RatchetMessage {
    AgreementKey dh;         ///< which chain it is of: the sender's key at that time
    std::uint32_t previous;  ///< how many messages the sender's chain before has
    std::uint32_t number;    ///< its place in its chain, from 0
    std::string ciphertext;

    /// As it travels: a dict.
    Value to_value() const;
    /// Errc::malformed for anything else, Errc::too_large for one that is longer than
    /// ratchet_text_max makes it.
    static Result<RatchetMessage> from_value(const Value& value);

    bool operator==(const RatchetMessage&) const = default;
};

/// One end of a session. Each message has a key of its own, which is forgotten with it: who learns
/// what is kept here learns nothing of messages before, and nothing any more of those after each
/// end has sent one anew and got one.
class Ratchet {
public:
    /// The end that begins, with what x3dh_begin() gave. Errc::malformed for a key of low order.
    static Result<Ratchet> begin(const SecretKey& shared, const AgreementKey& their_prekey,
                                 Random& random);
    /// The other end, with what x3dh_answer() gave.
    static Ratchet answer(const SecretKey& shared, const AgreementKeys& own_prekey);

    /// Whether this end has got a message, or is the one that begins.
    bool can_encrypt() const noexcept { return state_.sending.has_value(); }
    /// Encrypts, and authenticates with it what both know, `associated`. Errc::too_large beyond
    /// ratchet_text_max; Errc::queue_full after 2^32 - 1 messages in a row. Throws std::logic_error
    /// unless can_encrypt().
    Result<RatchetMessage> encrypt(ByteView text, ByteView associated);
    /// The text of a message. Messages may come in any order and never. An error changes nothing:
    /// Errc::decrypt_failed for what the other end did not write, Errc::replayed for a message
    /// that came before or whose key is no longer kept, Errc::too_large when more than
    /// skipped_in_chain_max before it are missing in its chain. Where those are lost for good, the
    /// session is: begin another.
    Result<std::string> decrypt(const RatchetMessage& message, ByteView associated, Random& random);

    /// All of it, to be sealed and kept: before what encrypt() gave is sent, and before what
    /// decrypt() gave is acknowledged.
    Secret save() const;
    /// What save() gave. Errc::malformed for anything else.
    static Result<Ratchet> load(ByteView saved);

private:
    // A chain of keys: that for message `next`, and for all after.
    struct Chain {
        SecretKey key;
        std::uint32_t next = 0;
    };
    // All but what is kept of chains before.
    struct State {
        SecretKey root;
        AgreementKeys own;
        std::optional<AgreementKey> theirs = {};
        std::optional<Chain> sending = {};
        std::optional<Chain> receiving = {};  // only with theirs
        std::uint32_t previous = 0;
    };
    struct Skipped {
        AgreementKey dh;
        std::uint32_t number;
        SecretKey key;
    };

    explicit Ratchet(State state) : state_(std::move(state)) {}
    static SecretKey next_key(Chain& chain) noexcept;
    static Result<Chain> next_chain(State& state);
    static void skip(Chain& chain, const AgreementKey& dh, std::uint32_t until,
                     std::vector<Skipped>& skipped);
    static Result<State> read_state(SecretReader& reader);
    bool read_kept(SecretReader& reader);
    bool is_past(const RatchetMessage& message) const noexcept;
    void keep(State state, bool turned, const std::vector<Skipped>& skipped);
    void forget_oldest(const AgreementKey& dh);

    State state_;
    std::vector<Skipped> skipped_;    // the oldest first
    std::vector<AgreementKey> past_;  // the other end's keys before, the oldest first
};

}  // namespace netaio::chat
