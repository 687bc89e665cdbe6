#pragma once

#include <map>
#include <netaio/message.hpp>
#include <netaio/plugins.hpp>

namespace netaio::net {

/// Where a message comes from, as the daemon says.
struct Origin {
    Address from = {};
    Identities who = {};
};

/// Has a message go somewhere: the address's text, `peers:`, `group:`, `subscribers:KEY`, or
/// nothing for this machine.
void direct(Message& message, std::string_view to);
/// Has a message that came within an answer come from where that did, which was asked for there.
void set_origin(Message& message, const Message& answer, std::string_view asked);
/// Whether the daemon has a way there.
bool is_reachable(const Address& to) noexcept;

/// The layer of the link between a program and netaiod: what the auth field `@` says of each
/// message. For one client, on its thread, whatever is said of other plugins.
class DaemonLink final : public AuthPlugin {
public:
    /// Who the daemon itself is to handlers.
    explicit DaemonLink(Address daemon);

    /// Where a message came from that check() let pass.
    std::shared_ptr<const Origin> origin_of(const Message& message) const;
    /// Whether the daemon says it itself, and passes on nobody's.
    static bool is_daemons(const Message& message);

    std::error_code make(AuthFields& fields, ByteView encoded_body,
                         const PluginContext& context) const override;
    bool check(const AuthFields& fields, ByteView encoded_body,
               const PluginContext& context) const override;

private:
    std::shared_ptr<const Origin> find(ByteView field) const;

    const std::shared_ptr<const Origin> daemon_;
    // To read it takes longer than all else that is done with a message.
    mutable std::string last_field_;
    mutable std::shared_ptr<const Origin> last_;
    mutable std::map<std::string, std::shared_ptr<const Origin>> known_;
};

}  // namespace netaio::net
