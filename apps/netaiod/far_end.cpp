#include "far_end.hpp"

#include <array>
#include <netaio/packify.hpp>
#include <optional>

namespace netaio::daemon {
namespace {

std::optional<ByteView> after(ByteView text, std::string_view scheme) {
    return text.starts_with(scheme) ? std::optional(text.substr(scheme.size())) : std::nullopt;
}

Result<FarEnd> at_network(FarEnd::Kind kind, ByteView text) {
    auto address = Address::parse(std::string_view(text));
    if (!address || address->is_named() || address->port() == 0) {
        return Errc::malformed;
    }
    return FarEnd{kind, std::move(*address)};
}

}  // namespace

Result<FarEnd> FarEnd::parse(ByteView field) {
    using enum Kind;
    struct Named {
        std::string_view scheme;
        Kind kind;
    };
    constexpr std::array named{Named{"app:", app}, Named{"server:", server},
                               Named{"subscribers:", subscribers}};
    if (field.empty()) {
        return FarEnd{};
    }
    for (const auto& [scheme, kind] : named) {
        if (const auto name = after(field, scheme)) {
            return name->empty() && kind != subscribers
                       ? Result<FarEnd>(Errc::malformed)
                       : Result<FarEnd>(FarEnd{kind, {}, name->str()});
        }
    }
    for (const auto& [scheme, kind] : {Named{"peers:", peers}, Named{"group:", group}}) {
        if (const auto rest = after(field, scheme)) {
            return rest->empty() ? Result<FarEnd>(FarEnd{kind}) : Errc::malformed;
        }
    }
    if (const auto address = after(field, "tcp:")) {
        return at_network(tcp, *address);
    }
    if (const auto address = after(field, "udp:")) {
        return at_network(udp_machine, *address);
    }
    // A client that another transport knows by a name.
    if (auto address = Address::parse(std::string_view(field)); address && address->is_named()) {
        return FarEnd{tcp, std::move(*address)};
    }
    return at_network(udp, field);
}

std::string FarEnd::str() const {
    switch (kind) {
        case Kind::machine: return {};
        case Kind::app: return app_address(name);
        case Kind::udp: return address.str();
        case Kind::udp_machine: return udp_machine_address(address);
        case Kind::tcp: return tcp_address(address);
        case Kind::server: return "server:" + name;
        case Kind::peers: return "peers:";
        case Kind::group: return "group:";
        case Kind::subscribers: return "subscribers:" + name;
    }
    return {};
}

std::string tcp_address(const Address& address) {
    return address.is_named() ? address.str() : "tcp:" + address.str();
}

std::string udp_machine_address(const Address& address) {
    return "udp:" + address.str();
}

std::string origin(std::string_view address, const Identities& who) {
    List list;
    list.items.emplace_back(Bytes(std::string(address)));
    for (const Identity& each : who) {
        list.items.emplace_back(Bytes(each.str()));
    }
    return *pack(Value(std::move(list)));
}

OwnedMessage passed_on(const Message& message) {
    Message copy(message.type(), message.body().clone(), message.auth().clone());
    copy.auth().erase(far_end_field);
    return OwnedMessage::from(std::move(copy));
}

bool expects_answer(MessageType type) noexcept {
    switch (type) {
        case MessageType::request_uri:
        case MessageType::create_uri:
        case MessageType::update_uri:
        case MessageType::delete_uri:
        case MessageType::subscribe_uri:
        case MessageType::unsubscribe_uri:
        case MessageType::publish_uri: return true;
        default: return static_cast<int>(type) > 30;
    }
}

}  // namespace netaio::daemon
