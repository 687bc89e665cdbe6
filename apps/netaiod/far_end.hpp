#pragma once

#include <netaio/added_field.hpp>
#include <netaio/address.hpp>
#include <netaio/identity.hpp>
#include <netaio/message.hpp>
#include <string>

/// The field `@` of messages between programs and the daemon (protocol.md §14): where to, or where
/// from and whose.
namespace netaio::daemon {

/// Where a program's message goes.
struct FarEnd {
    enum class Kind {
        machine,      ///< whoever serves it on this machine, or the daemon itself
        app,          ///< the program of that name
        udp,          ///< a node, from the program's own port
        udp_machine,  ///< a node, from the machine's port
        tcp,          ///< a client that is connected, whatever the transport, or a TCP server
        server,       ///< a server of the configuration, by its name
        peers,        ///< all peers of the program
        group,        ///< the multicast group
        subscribers,  ///< all that it subscribed to a key
    };

    Kind kind = Kind::machine;
    Address address = {};   ///< of udp, udp_machine and tcp
    std::string name = {};  ///< of app and server; the key of subscribers

    bool is_node() const noexcept { return kind == Kind::udp || kind == Kind::udp_machine; }
    /// As the field has it.
    std::string str() const;
    /// Reads the field; Errc::malformed for what it cannot be.
    static Result<FarEnd> parse(ByteView field);
};

/// The name of the field.
inline constexpr std::string_view far_end_field = "@";

/// What programs see of those that are not at the network.
inline std::string app_address(std::string_view app) {
    return "app:" + std::string(app);
}
/// Of an address at the network, as the field has it.
std::string tcp_address(const Address& address);
std::string udp_machine_address(const Address& address);

/// The field of a message for a program: where it is from, and whose.
std::string origin(std::string_view address, const Identities& who);

/// Whom messages for programs are from, and the field that says so, which is made anew only when
/// that changes.
class Sender {
public:
    Sender() : Sender({}, {}) {}
    Sender(std::string address, Identities who)
        : address_(std::move(address)),
          who_(std::move(who)),
          field_(far_end_field, origin(address_, who_)) {}

    /// Most often that is who it was.
    void becomes(std::string_view address, const Identities& who) {
        if (who != who_ || address != address_) {
            *this = Sender(std::string(address), who);
        }
    }
    void becomes(const Identities& who) {
        if (who != who_) {
            *this = Sender(address_, who);
        }
    }

    /// As the field has it.
    const std::string& address() const noexcept { return address_; }
    const Identities& who() const noexcept { return who_; }
    const AddedField& field() const noexcept { return field_; }

private:
    std::string address_;
    Identities who_;
    AddedField field_;
};

/// A message to be passed on: as it is, but for the field and the request id.
OwnedMessage passed_on(const Message& message);

/// Whether it looks like what the daemon itself tells programs.
inline bool is_own(const Message& message) noexcept {
    return message.type() == notify_uri && message.uri().starts_with("netaiod/");
}

/// Whether somebody waits for what comes of a message of this type (protocol.md §4).
bool expects_answer(MessageType type) noexcept;
inline bool expects_answer(const Message& message) noexcept {
    return expects_answer(message.type());
}

}  // namespace netaio::daemon
