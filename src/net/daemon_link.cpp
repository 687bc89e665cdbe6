#include "daemon_link.hpp"

#include <netaio/packify.hpp>

namespace netaio::net {
namespace {

constexpr std::string_view link_field = "@";
// In front of what the client says where a message goes, until it goes there: what comes without it
// is somebody else's.
constexpr std::string_view own_mark("\0to:", 4);
constexpr std::size_t known_max = 1024;

std::optional<Origin> parse_origin(ByteView field) {
    const auto value = unpack(field, {.max_depth = 1, .max_values = 256});
    const List* list = value ? value->as_list() : nullptr;
    if (!list || list->items.empty()) {
        return std::nullopt;
    }
    Origin origin;
    for (const Value& item : list->items) {
        const auto text = item.as_bytes();
        if (!text) {
            return std::nullopt;
        }
        if (&item == &list->items.front()) {
            const auto from = Address::parse(*text);
            if (!from) {
                return std::nullopt;
            }
            origin.from = *from;
            continue;
        }
        const std::string_view said = *text;
        const auto colon = said.find(':');
        if (colon == 0 || colon == said.npos) {
            return std::nullopt;
        }
        origin.who.add(
            Identity{std::string(said.substr(0, colon)), std::string(said.substr(colon + 1))});
    }
    return origin;
}

}  // namespace

void direct(Message& message, std::string_view to) {
    if (to.empty()) {
        message.auth().erase(link_field);
    } else {
        message.auth().set(link_field, std::string(own_mark).append(to));
    }
}

void set_origin(Message& message, const Message& answer, std::string_view asked) {
    if (const auto said = answer.auth().bytes(link_field)) {
        message.auth().set(link_field, *said);
    } else if (!asked.empty()) {
        message.auth().set(link_field, pack(Value(List{Bytes{ByteView(asked)}})).value());
    }
}

bool is_reachable(const Address& to) noexcept {
    return !to.is_named() || to.scheme() == "tcp" || to.scheme() == "server" ||
           to.scheme() == "app";
}

DaemonLink::DaemonLink(Address daemon)
    : daemon_(std::make_shared<const Origin>(Origin{std::move(daemon)})) {}

bool DaemonLink::is_daemons(const Message& message) {
    return !message.auth().contains(link_field);
}

std::shared_ptr<const Origin> DaemonLink::origin_of(const Message& message) const {
    const auto field = message.auth().bytes(link_field);
    const auto origin = field ? find(*field) : nullptr;
    return origin ? origin : daemon_;
}

// Null where it says nothing that can be understood.
std::shared_ptr<const Origin> DaemonLink::find(ByteView field) const {
    if (last_ && field == ByteView(last_field_)) {
        return last_;
    }
    std::string text = field.str();
    auto known = known_.find(text);
    if (known == known_.end()) {
        auto read = parse_origin(field);
        if (!read) {
            return nullptr;
        }
        if (known_.size() >= known_max) {
            known_.clear();
        }
        known = known_.emplace(text, std::make_shared<const Origin>(std::move(*read))).first;
    }
    last_ = known->second;
    last_field_ = std::move(text);
    return last_;
}

std::error_code DaemonLink::make(AuthFields& fields, ByteView, const PluginContext& context) const {
    if (!fields.contains(link_field)) {
        return {};
    }
    const auto field = fields.bytes(link_field);
    if (field && field->starts_with(own_mark)) {
        fields.set(link_field, field->substr(own_mark.size()));
        return {};
    }
    // A handler may give back the very message it was given.
    if (context.answer && field && find(*field)) {
        fields.erase(link_field);
        return {};
    }
    context.environment.log(LogLevel::error,
                            "a message is not sent, as an inner plugin set the auth field '@': "
                            "that is the daemon's; give the plugin another name for its field");
    return Errc::auth_not_possible;
}

bool DaemonLink::check(const AuthFields& fields, ByteView, const PluginContext& context) const {
    if (!fields.contains(link_field)) {
        return true;
    }
    const auto field = fields.bytes(link_field);
    const auto origin = field ? find(*field) : nullptr;
    if (!origin) {
        return context.refuse(Errc::auth_failed, "'@' does not say where the message is from");
    }
    context.vouch(origin->who);
    return true;
}

}  // namespace netaio::net
