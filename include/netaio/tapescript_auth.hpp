#pragma once

#include <functional>
#include <netaio/hmac_auth.hpp>
#include <netaio/plugins.hpp>
#include <netaio/secret.hpp>
#include <netaio/tapescript/machine.hpp>
#include <netaio/tapescript/signing.hpp>

namespace netaio {

/// Makes the witness of an outgoing message from the key and the fields to sign: the encoded body
/// (`sigfield1`), the nonce (`sigfield2`) and the timestamp (`sigfield3`). May throw a
/// std::exception: the message is then not sent, and what it says is logged. Called on every thread
/// of a node at once.
using WitnessMaker = std::function<tapescript::Script(const tapescript::SigningKey& key,
                                                      const tapescript::SigFields& fields)>;

/// What TapescriptAuth needs to know.
struct TapescriptOptions {
    /// The lock that a message's witness must open. Required.
    tapescript::Script lock = {};
    /// The 32-byte seed of the key that outgoing messages are signed with. Required.
    Secret seed = {};
    /// The names of the fields. The witness's must differ between an outer and an inner plugin;
    /// nonce and timestamp may be shared.
    std::string witness_field = "witness";
    std::string nonce_field = "nonce";
    std::string ts_field = "ts";
    /// Checks a known peer's messages with the lock in its data (key `lock`) instead.
    bool use_peer_lock = false;
    /// With use_peer_lock, refuses messages of peers that are unknown or tell no lock. Otherwise
    /// the plugin's own lock stands for theirs, which is what the reference does.
    bool require_peer_lock = false;
    /// How witnesses are made; by default make_single_sig_witness().
    WitnessMaker witness = nullptr;
    /// Contracts, plugins and soft forks for the scripts.
    tapescript::Environment environment = {};
    /// Bounds of the scripts. A witness can only sign a body that fits with nonce and timestamp
    /// into one stack item, so that with a 16-byte nonce `max_item_size` of 1024 allows 1002 bytes
    /// of uri and content; both ends must agree to allow more. More also lets a stranger's witness
    /// cost more, up to the budget.
    tapescript::Limits limits = {};
    /// What checking a message may cost at most.
    tapescript::Budget budget = {};
    Dialect dialect = Dialect::v0_0_9;
    /// How old a message may be, and what came; as in HmacOptions, off by default. What is not
    /// signed anybody can change, and the message is another: so locks that let signatures leave
    /// out the body, the nonce or the timestamp (sigflags 1, 2 and 4) are refused with it, and such
    /// signatures wherever code checks them. Locks that need no signature, and signature extensions
    /// that have something else signed, are yours to avoid.
    std::chrono::milliseconds max_age = never;
    std::shared_ptr<SeenMessages> seen = nullptr;
};

/// Authenticates messages with scripts: a message brings a witness, code that must open the lock
/// (protocol.md §8). The witness signs body, nonce and timestamp; neither the message type nor
/// other fields. It stops replays, and compares the timestamp with the clock, only with
/// TapescriptOptions::max_age, or where the lock does. A lock that asks for the time (e.g.
/// make_timestamp_after_lock()) sees this node's clock.
///
/// Vouches for `key`, the verify key, where the lock is one of make_single_sig_lock(), and neither
/// its sigflags nor a signature extension let the body go unsigned; for `peer`, its id, where the
/// lock is from the peer's own data: as far as introductions under that id are believed. Other
/// locks do not say who opened them.
class TapescriptAuth final : public AuthPlugin {
public:
    /// Throws std::invalid_argument when the lock or a name is empty, two fields share a name, or
    /// the seed is not 32 bytes; with max_age, when the lock lets signatures leave out what makes
    /// a message another.
    explicit TapescriptAuth(TapescriptOptions options);
    ~TapescriptAuth() override;

    /// Errc::too_large when the body is over what scripts can sign (see TapescriptOptions::limits;
    /// logged with the limit), Errc::auth_not_possible when fields have wrong types or the witness
    /// cannot be made.
    std::error_code make(AuthFields& fields, ByteView encoded_body,
                         const PluginContext& context) const override;
    bool check(const AuthFields& fields, ByteView encoded_body,
               const PluginContext& context) const override;
    OwnedMessage error() const override;
    bool is_peer_specific() const noexcept override { return true; }
    bool vouches_for(const Identities& who) const noexcept override;

private:
    struct Lock {
        std::string code;
        Identities who;              // whom it takes to open it
        bool may_leave_out = false;  // body, nonce or timestamp
    };
    struct PeerLocks;

    tapescript::Script make_witness(const tapescript::SigFields& fields) const;
    std::optional<Lock> lock_for(const PluginContext& context) const;
    std::optional<Lock> lock_in_data(const PluginContext& context, bool or_own,
                                     bool or_own_without_dict) const;

    TapescriptOptions options_;
    tapescript::SigningKey key_;
    Lock lock_;
    std::unique_ptr<PeerLocks> peer_locks_;
    std::unique_ptr<const plugins::Freshness> freshness_;
};

/// A shared TapescriptAuth, for options: `.auth = tapescript_auth({.lock = lock, .seed = seed})`.
std::shared_ptr<const AuthPlugin> tapescript_auth(TapescriptOptions options);

}  // namespace netaio
