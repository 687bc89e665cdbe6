#include <netaio/packify.hpp>

#include "relay.hpp"
#include "text.hpp"

/// What programs ask the daemon itself, by uris below `netaiod/` (protocol.md §14).
namespace netaio::daemon {
namespace {

constexpr std::size_t name_max = 64;
constexpr std::string_view watch_uri = "netaiod/watch/";
constexpr std::size_t watched_queue_max = 64 << 10;
// What programs make the network hear of themselves counts against no rate.
constexpr std::uint64_t time_min = 50;
// What layers and header may take of the datagram that names a peer.
constexpr std::size_t room_around = 1024;

// What is there has to be right: it is not as if it were not.
[[noreturn]] void refuse_value(std::string_view key, const std::string& what) {
    throw Refusal::error(std::string(key) + " has to be " + what);
}

std::optional<std::string> bytes_of(const Value& dict, std::string_view key) {
    const Value* const found = dict.find(key);
    if (!found) {
        return std::nullopt;
    }
    if (const auto bytes = found->as_bytes()) {
        return bytes->str();
    }
    if (const auto text = found->as_str()) {
        return std::string(*text);
    }
    refuse_value(key, "bytes or text");
}

std::chrono::milliseconds time_of(const Value& dict, std::string_view key,
                                  std::chrono::milliseconds otherwise) {
    constexpr std::uint64_t time_max = 1000ull * 60 * 60 * 24 * 365;
    const Value* const found = dict.find(key);
    if (!found) {
        return otherwise;
    }
    const auto count = found->as_uint();
    if (!count || *count < time_min || *count > time_max) {
        refuse_value(key, "milliseconds from " + std::to_string(time_min) + " to " +
                              std::to_string(time_max) + ", a year");
    }
    return std::chrono::milliseconds(*count);
}

bool is_set(const Value& dict, std::string_view key) {
    const Value* const found = dict.find(key);
    const auto flag = found ? found->as_bool() : std::optional(false);
    if (!flag) {
        refuse_value(key, "true or false");
    }
    return *flag;
}

// Fit for logs, rules and addresses.
bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= name_max &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
               "._-") == std::string_view::npos;
}

Value told_of(const Peer& peer) {
    List addresses;
    for (const Address& address : peer.addresses) {
        addresses.items.emplace_back(Bytes(address.str()));
    }
    return Dict{
        {"id", Bytes(peer.id)}, {"data", Bytes(peer.data)}, {"addresses", std::move(addresses)}};
}

Reply packed(const Value& value) {
    auto bytes = pack(value);
    return reply(bytes ? ByteView(*bytes) : ByteView());
}

}  // namespace

void Relay::control(const ProgramPtr& program, const Message& message, Answer& answer) try {
    const auto is = [&](MessageType type, std::string_view uri) {
        return message.type() == type && message.uri() == uri;
    };
    const bool changes = message.type() == create_uri || message.type() == delete_uri;
    if (is(request_uri, "netaiod/status")) {
        if (!sees_all(*program)) {
            throw Refusal::not_permitted("only the user whom netaiod runs as, and root, may ask");
        }
        answer(reply(status_json(status())));
        return;
    }
    if (message.uri().starts_with(watch_uri) &&
        (message.type() == subscribe_uri || message.type() == unsubscribe_uri)) {
        answer(watch(program, message));
        return;
    }
    if (is(request_uri, "netaiod/peers")) {
        List peers;
        for (const Peer& peer : program->node ? program->node->peers() : std::vector<Peer>()) {
            peers.items.push_back(told_of(peer));
        }
        answer(packed(Value(std::move(peers))));
        return;
    }
    const bool known =
        is(create_uri, "netaiod/app") ||
        (changes && (message.uri() == "netaiod/key" || message.uri() == "netaiod/subscriber"));
    if (!known) {
        throw Refusal::not_found("netaiod knows nothing of that name");
    }
    const auto asked = unpack(message.content(), {.max_depth = 4, .max_values = 64});
    if (!asked || !asked->as_dict()) {
        throw Refusal::error("the content has to be a dict");
    }
    if (message.uri() == "netaiod/app") {
        answer(register_app(program, *asked));
    } else if (!program->is_app()) {
        throw not_an_app();
    } else if (message.uri() == "netaiod/key") {
        answer(change_key(program, *asked, message.type()));
    } else {
        answer(change_subscriber(program, bytes_of(*asked, "key"), bytes_of(*asked, "who"),
                                 is_set(*asked, "prefix"), message.type()));
    }
} catch (const Refusal& refusal) {
    if (message.type() == create_uri) {
        tell_of_refusal(*program, refusal.what());
    }
    answer(refusal);
}

// Each cause once in some time, and few for each user, as apps ask again and again, and connect
// anew.
void Relay::tell_of_refusal(const Program& program, std::string_view why) {
    constexpr std::size_t causes_max = 16;
    constexpr std::size_t cause_max = 300;
    constexpr std::chrono::minutes told_for{10};
    const auto now = options_.environment.clock->steady_now();
    ToldRefusals& told = told_refusals_[program.credentials.uid];
    if (now - told.since >= told_for) {
        told = {.since = now};
    }
    const std::string who = program.is_app() ? "app " + program.name : "a program";
    const std::string cause = app::shortened(why, cause_max);
    if (told.causes.size() < causes_max && told.causes.insert(who + " " + cause).second) {
        log(LogLevel::warning,
            who + " (pid " + std::to_string(program.credentials.pid) + ") is refused: " + cause);
    }
}

bool Relay::sees_all(const Program& program) const {
    return program.credentials.uid == 0 || program.credentials.uid == own_user();
}

Reply Relay::register_app(const ProgramPtr& program, const Value& asked) {
    const auto name = bytes_of(asked, "name");
    if (program->is_app() && name != program->name) {
        throw Refusal::not_permitted("this program is " + program->name + " already");
    }
    const bool manages = asked.find("app_id") != nullptr;
    if (program->is_app()) {
        manages ? manage_peers(program, asked) : close_node(*program);
        return {};
    }
    if (!name || !is_name(*name)) {
        throw Refusal::error("the name of an app has 1 to 64 letters, digits, dots, dashes or _");
    }
    if (const auto other = registry_.app_named(*name);
        other && registry_.app(*other).uid != program->credentials.uid) {
        throw Refusal::not_permitted("the name " + *name + " is another user's");
    }
    // What is refused leaves it without a name.
    if (manages) {
        manage_peers(program, asked);
    }
    Identities who = program->sender.who();
    who.add(Identity{"app", *name});
    program->name = *name;
    program->sender = Sender(app_address(*name), std::move(who));
    program->id = registry_.add(
        {*name, program->credentials.uid, program->credentials.pid, program->number()});
    const auto index = static_cast<std::size_t>(*program->id);
    apps_.resize(std::max(apps_.size(), index + 1));
    apps_[index] = program;
    program->permitted.clear();
    log(LogLevel::info, "app " + *name + " is here (" + program->sender.who().str() + ")");
    return {};
}

// What is refused leaves all as it was; the node stays if it is that of the same peer.
void Relay::manage_peers(const ProgramPtr& program, const Value& asked) {
    if (!options_.udp) {
        throw Refusal::not_permitted("netaiod has no UDP, which peers are found by: see [udp]");
    }
    if (stopping_) {
        throw Refusal::error("netaiod is about to end: say it to the next one");
    }
    PeerManagementOptions management{.app_id = bytes_of(asked, "app_id").value_or("")};
    management.advertise_every = time_of(asked, "advertise_ms", management.advertise_every);
    management.peer_timeout = time_of(asked, "timeout_ms", management.peer_timeout);
    management.exchange_max = options_.exchange_max;
    if (management.peer_timeout < management.advertise_every) {
        throw Refusal::error("timeout_ms has to be no shorter than advertise_ms");
    }
    Peer self{.id = bytes_of(asked, "peer_id").value_or(random_id())};
    self.data = bytes_of(asked, "data").value_or(self.data);
    if (management.app_id.size() + self.id.size() + self.data.size() + room_around >
        options_.udp->datagram_max) {
        throw Refusal::error("app_id, peer_id and data have to fit in a datagram of " +
                             std::to_string(options_.udp->datagram_max) + " bytes");
    }
    for (const auto& [number, other] : programs_) {
        if (other != program && other->node && other->management.app_id == management.app_id &&
            other->peer.id == self.id) {
            throw Refusal::not_permitted("the app " + other->name + " is the peer of that id");
        }
    }
    const bool stays = program->node && program->management.app_id == management.app_id &&
                       program->peer.id == self.id && program->peer.data == self.data;
    if (!stays) {
        auto node = make_node(program, self);
        // That it leaves is said before it joins as another.
        close_node(*program);
        program->node = std::move(node);
        program->peer = std::move(self);
    }
    program->node->manage_peers(management);
    program->management = std::move(management);
}

std::shared_ptr<UdpNode> Relay::make_node(const ProgramPtr& program, const Peer& self) try {
    if (self.id.empty()) {
        throw Refusal::error("peer_id has to have a byte at least");
    }
    UdpNodeOptions options = for_all(*options_.udp);
    options.local_peer = self;
    auto node = std::make_shared<UdpNode>(executor_, std::move(options));
    const std::uint64_t whose = program->number();
    node->set_peer_callbacks(
        {.joined = [this, whose](const Peer& peer) { tell_of_peer(whose, "joined", peer); },
         .changed = [this, whose](const Peer& peer) { tell_of_peer(whose, "changed", peer); },
         .left = [this, whose](const Peer& peer) { tell_of_peer(whose, "left", peer); }});
    node->set_default_handler(
        [this, whose](const Message& message, const Address& from, Answer answer) {
            if (const ProgramPtr there = program_of(whose)) {
                from_udp_to(there, message, from, answer);
            }
        });
    node->set_subscription_lost_handler(
        [this, whose](const Address& from, ByteView uri, const Message&) {
            if (const ProgramPtr there = program_of(whose)) {
                tell_of_lost(there, from.str(), uri);
            }
        });
    if (const std::error_code error = node->start()) {
        throw Refusal::error("its UDP port cannot be opened: " + error.message());
    }
    return node;
} catch (const std::invalid_argument& wrong) {
    throw Refusal::error(wrong.what());
}

void Relay::tell_of_peer(std::uint64_t number, std::string_view event, const Peer& peer) {
    const ProgramPtr program = program_of(number);
    const auto told = program ? pack(told_of(peer)) : Result<std::string>(Errc::closed);
    auto message = told
                       ? OwnedMessage::make(notify_uri, "netaiod/peer/" + std::string(event), *told)
                       : Result<OwnedMessage>(told.error());
    if (message) {
        push(*program, std::move(*message));
    }
}

// It asks again, and so learns why, and whether for good.
void Relay::tell_of_lost(const ProgramPtr& program, std::string_view from, ByteView uri) {
    const auto told = pack(Dict{{"who", Bytes(ByteView(from))}, {"uri", Bytes(uri)}});
    auto message = told ? OwnedMessage::make(notify_uri, "netaiod/subscription/lost", *told)
                        : Result<OwnedMessage>(told.error());
    if (message) {
        push(*program, std::move(*message));
    }
}

Reply Relay::change_key(const ProgramPtr& program, const Value& asked, MessageType how) {
    const Value* const type = asked.find("type");
    const auto number = type ? type->as_uint() : std::nullopt;
    auto uri = bytes_of(asked, "uri");
    auto prefix = bytes_of(asked, "prefix");
    if (!number || *number > 255 || (uri && prefix)) {
        throw Refusal::error("a key has a type, and a uri or a prefix");
    }
    const auto meant = static_cast<MessageType>(*number);
    if (!options_.types.contains(meant)) {
        throw Refusal::error("netaiod knows no message type " + std::to_string(*number) +
                             ": see [types]");
    }
    // Nothing comes by a key of these.
    if (!programs_may_say(meant)) {
        return {};
    }
    ServedKey key{meant, uri ? std::move(*uri) : std::move(prefix).value_or(""), !uri};
    if (key.uri.starts_with("netaiod/") || (key.is_prefix && key.uri == "netaiod")) {
        throw Refusal::not_permitted("uris below netaiod/ are the daemon's own");
    }
    const std::size_t size = key.uri.size();
    if (how == delete_uri) {
        if (!registry_.release(*program->id, key)) {
            throw Refusal::not_found("this app does not serve that");
        }
        program->allowance->unregister(size);
        return {};
    }
    Sharing sharing = Sharing::alone;
    if (const auto said = bytes_of(asked, "shared")) {
        if (*said != "turns" && *said != "hash") {
            throw Refusal::error("a key is shared by \"turns\" or by \"hash\"");
        }
        sharing = *said == "turns" ? Sharing::turns : Sharing::hash;
    }
    if (const auto refusal = program->allowance->try_register(size)) {
        throw Refusal::not_permitted(*refusal);
    }
    // Notifications are for whoever listens.
    const Claimed claimed =
        registry_.claim(*program->id, key, meant == notify_uri ? Sharing::all : sharing);
    if (claimed.outcome != Claimed::Outcome::added) {
        program->allowance->unregister(size);
    }
    if (!claimed.granted()) {
        const bool foreign = claimed.outcome == Claimed::Outcome::foreign;
        const std::string shown = std::string(options_.types.name(meant)) + " '" + key.uri + "'";
        throw Refusal::not_permitted(foreign ? shown + " is of the app " + claimed.owner +
                                                   " of another user"
                                             : "the app " + claimed.owner + " serves " + shown);
    }
    return {};
}

Reply Relay::watch(const ProgramPtr& program, const Message& message) {
    if (!sees_all(*program)) {
        throw Refusal::not_permitted("only the user whom netaiod runs as, and root, may watch");
    }
    if (message.type() == subscribe_uri) {
        const std::string_view uri = message.uri();
        watchers_.set(program->number(), std::string(uri.substr(watch_uri.size())));
    } else {
        watchers_.remove(program->number());
    }
    return {};
}

// As much as the watcher takes; the rest when that was sent.
void Relay::send_watched(WatcherId watcher) {
    const ProgramPtr program = program_of(watcher);
    while (program && program->connection->queued_bytes() < watched_queue_max) {
        const auto line = watchers_.take(watcher);
        if (!line) {
            return;
        }
        push(*program, notify("netaiod/watch", *line));
    }
    if (program) {
        const auto later = std::make_shared<Timer>(executor_);
        later->expires_after(std::chrono::milliseconds(50));
        later->async_wait([weak = weak_from_this(), watcher, later](boost::system::error_code) {
            if (const auto self = weak.lock()) {
                self->send_watched(watcher);
            }
        });
    }
}

}  // namespace netaio::daemon
