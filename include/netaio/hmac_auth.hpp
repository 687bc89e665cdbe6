#pragma once

#include <netaio/plugins.hpp>
#include <netaio/secret.hpp>
#include <vector>

namespace netaio {

/// The two wire versions there are (protocol.md, head). They do not authenticate each other.
enum class Dialect { v0_0_9, v0_0_8 };

/// What HmacAuth needs to know.
struct HmacOptions {
    /// The shared secret, of any length, by the name `default`. Required, unless there are
    /// `secrets`, before which it goes.
    Secret secret = {};
    /// Several by different names, all of which are accepted. What goes to somebody is made with
    /// the one that it used itself last, for anything but answers and notifications; the first is
    /// for all others: for servers, for who was not heard yet, for groups. Any number; a message
    /// that is to be refused costs an HMAC for each, 0.5 us or more.
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
};

/// Authenticates messages with a shared secret: HMAC-SHA-256 over timestamp and body under a key
/// derived for each message from a random nonce (protocol.md §5). It covers neither the message
/// type nor other fields, and does not stop replays. Vouches for `hmac`, by the name of the secret:
/// everybody who knows that.
class HmacAuth final : public AuthPlugin {
public:
    /// Throws std::invalid_argument when a secret or a name is empty, two secrets or two fields
    /// share a name.
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

private:
    struct Keys;
    HmacOptions options_;
    std::unique_ptr<const Keys> keys_;
};

/// A shared HmacAuth, for options: `.auth = hmac_auth({.secret = "test"})`.
std::shared_ptr<const AuthPlugin> hmac_auth(HmacOptions options);

}  // namespace netaio
