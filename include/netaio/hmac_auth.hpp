#pragma once

#include <netaio/never.hpp>
#include <netaio/plugins.hpp>
#include <netaio/secret.hpp>
#include <netaio/seen_messages.hpp>
#include <vector>

namespace netaio {

namespace plugins {
class Freshness;
}

/// The two wire versions there are (protocol.md, head). They do not authenticate each other.
enum class Dialect { v0_0_9, v0_0_8 };

/// What HmacAuth needs to know.
struct HmacOptions {
    /// The shared secret, of any length, by the name `default`. Required, unless there are
    /// `secrets`, before which it goes.
    Secret secret = {};
    /// Several by different names, no two of them the same, all of which are accepted. What goes to
    /// somebody is made with the one that it used itself last, for anything but answers and
    /// notifications; the first is for all others: for servers, for who was not heard yet, for
    /// groups. Any number; a message that is to be refused costs an HMAC for each, 0.5 us or more.
    ///
    /// So one secret follows another: all accept the new one; clients make it the first; all drop
    /// the old one (TcpServer::set_plugins()). Who has room for one changes it in between.
    std::vector<NamedSecret> secrets = {};
    /// The names of the fields. The tag's must differ between an outer and an inner plugin; nonce
    /// and timestamp may be shared.
    std::string hmac_field = "hmac";
    std::string nonce_field = "nonce";
    std::string ts_field = "ts";
    Dialect dialect = Dialect::v0_0_9;
    /// How old a message may be, by its timestamp. With it, older ones are refused, those that are
    /// ahead of the clock (SeenOptions::max_ahead), and those that came before: Errc::stale and
    /// Errc::replayed. The clocks of both ends must agree that far. Off by default, as it takes
    /// senders that make each message anew, as all of this library do: the reference sends message
    /// objects again byte for byte.
    std::chrono::milliseconds max_age = never;
    /// With max_age, what came, perhaps shared with other plugins, and the clock that counts: give
    /// it the Environment of a node that has a clock of its own. By default the plugin has a table
    /// of its own that refuses everything in the first ten seconds, as it cannot know what a
    /// program before it accepted: see SeenOptions::mark_file, and SeenOptions::ran_before for
    /// clients.
    std::shared_ptr<SeenMessages> seen = nullptr;
};

/// Authenticates messages with a shared secret: HMAC-SHA-256 over timestamp and body under a key
/// derived for each message from a random nonce (protocol.md §5). It covers neither the message
/// type nor other fields, and stops replays only with HmacOptions::max_age. Vouches for `hmac`, by
/// the name of the secret: everybody who knows that.
class HmacAuth final : public AuthPlugin {
public:
    /// Throws std::invalid_argument when a secret or a name is empty, two secrets or two fields
    /// share a name, two names a secret, or max_age makes no sense.
    explicit HmacAuth(HmacOptions options);
    ~HmacAuth() override;

    std::error_code make(AuthFields& fields, ByteView encoded_body,
                         const PluginContext& context) const override;
    bool check(const AuthFields& fields, ByteView encoded_body,
               const PluginContext& context) const override;
    OwnedMessage error() const override;
    /// With several secrets.
    bool is_peer_specific() const noexcept override;
    bool vouches_for(const Identities& who) const noexcept override;
    /// Nothing: the session's keys are made from the secret, too.
    const AuthPlugin* within_session() const noexcept override { return nullptr; }
    void add_session_secrets(const Identities* whose, SessionSecrets& to) const override;

private:
    struct Keys;
    HmacOptions options_;
    std::unique_ptr<const Keys> keys_;
    std::unique_ptr<const plugins::Freshness> freshness_;
};

/// A shared HmacAuth, for options: `.auth = hmac_auth({.secret = "test"})`.
std::shared_ptr<const AuthPlugin> hmac_auth(HmacOptions options);

}  // namespace netaio
