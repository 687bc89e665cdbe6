#include "peer_manager.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

#include "callback.hpp"
#include "peer_exchange.hpp"

namespace netaio::core {
namespace {

using std::chrono::milliseconds;

constexpr std::array peer_types{MessageType::advertise_peer, MessageType::peer_discovered,
                                MessageType::disconnect};

// Often enough that a silent peer is not missed by much.
milliseconds look_interval(milliseconds peer_timeout) {
    return std::clamp(peer_timeout / 8, milliseconds(10), milliseconds(5000));
}

}  // namespace

PeerManager::PeerManager(Node& node, Announce announce)
    : node_(node), announce_(std::move(announce)) {}

void PeerManager::check(const Node& node, const PeerManagementOptions& options) {
    if (!node.local_peer || node.local_peer->id.empty() || !node.peer_plugin) {
        throw std::logic_error(
            "managing peers needs an identity: set local_peer = {.id = random_id()} in the options "
            "of this node, and leave it a peer_plugin");
    }
    if (options.advertise_every.count() <= 0 || options.peer_timeout < options.advertise_every) {
        throw std::invalid_argument(
            "advertise_every must be above 0, and peer_timeout no shorter than it, or peers would "
            "leave between two advertisements");
    }
    if (options.exchange_max > 0 && node.role != Role::node) {
        throw std::invalid_argument(
            "only UDP nodes exchange peers: leave out exchange_max, or manage peers of a UdpNode");
    }
    if (options.plugins.cipher && options.plugins.cipher->hides_uri()) {
        throw std::invalid_argument(
            "the cipher of peer management must not hide the app id: set encrypt_uri = false");
    }
}

void PeerManager::manage(PeerManagementOptions options) {
    // Asked each time, as the node's layer may be replaced.
    const auto vouched = [&node = node_, own = options.plugins.auth != nullptr] {
        return node.role != Role::node || own || node.outer.get().auth;
    };
    std::function<void(const Address&)> named;
    if (options.exchange_max > 0) {
        named = [this, app_id = options.app_id](const Address& at) { exchange_.named(app_id, at); };
    }
    const auto management = std::make_shared<const PeerManagement>(
        PeerManagement{node_.peers, node_.environment, *node_.peer_plugin, *node_.local_peer,
                       options.app_id, options.plugins, node_.role != Role::client, vouched,
                       discovered_, std::move(named), may_change_, ask_about_});
    if (options.plugins.auth) {
        node_.peers_need_auth = true;
    }
    const auto kept = std::make_shared<const PeerManagementOptions>(std::move(options));
    const Options before = managed(kept->app_id);
    apps_[kept->app_id] = {kept, some_time_after(kept->advertise_every)};
    exchange(kept, before);
    look_at_ = now() + look_interval(peer_timeout());
    for (const MessageType type : peer_types) {
        node_.router.add(Key(type, kept->app_id), {peer_handler(type, management), kept->plugins});
    }
    announce(MessageType::advertise_peer, kept);
}

// Has those answered who ask for peers, or no more.
void PeerManager::exchange(const Options& options, const Options& before) {
    const Key asked(MessageType::request_uri, peers_uri(options->app_id));
    if (options->exchange_max > 0) {
        node_.router.add(
            asked,
            {peers_handler([this, app_id = options->app_id](const Address& to, std::size_t room) {
                 return exchange_.tell(app_id, to, room);
             }),
             options->plugins});
    } else if (before && before->exchange_max > 0) {
        node_.router.remove(asked);
    }
}

bool PeerManager::stop(const std::string& app_id) {
    const auto ended = apps_.extract(app_id);
    if (!ended) {
        return false;
    }
    announce(MessageType::disconnect, ended.mapped().options);
    try {
        for (const MessageType type : peer_types) {
            node_.router.remove(Key(type, ended.key()));
        }
        if (ended.mapped().options->exchange_max > 0) {
            node_.router.remove(Key(MessageType::request_uri, peers_uri(ended.key())));
        }
    } catch (const std::bad_alloc&) {
        // Then peers are still heard of: nothing that whoever ends the node has to know.
    }
    return true;
}

void PeerManager::stop_all() {
    while (!apps_.empty()) {
        stop(std::string(apps_.begin()->first));
    }
}

std::vector<PeerManager::Options> PeerManager::managed() const {
    std::vector<Options> all;
    for (const auto& [id, app] : apps_) {
        all.push_back(app.options);
    }
    return all;
}

std::optional<OwnedMessage> PeerManager::message(MessageType type,
                                                 const PeerManagementOptions& options) const {
    std::string why;
    try {
        auto made = peer_message(type, options.app_id, *node_.local_peer, *node_.peer_plugin);
        if (made) {
            return std::move(*made);
        }
        why = made.error().message();
    } catch (...) {
        why = said_by();
    }
    node_.environment.log(LogLevel::error, "the local peer cannot be packed: " + why);
    return std::nullopt;
}

// What a plugin throws must not end whoever ends the node, or waits for it to be time.
void PeerManager::announce(MessageType type, const Options& options) const {
    attempt(node_.environment.log, "peers cannot be told", [&] {
        if (auto made = message(type, *options)) {
            announce_(std::move(*made), options->plugins);
        }
    });
}

std::vector<std::pair<OwnedMessage, Plugins>> PeerManager::messages(MessageType type) const {
    std::vector<std::pair<OwnedMessage, Plugins>> all;
    for (const Options& options : managed()) {
        if (auto made = message(type, *options)) {
            all.emplace_back(std::move(*made), options->plugins);
        }
    }
    return all;
}

void PeerManager::advertise() {
    for (auto& [id, app] : apps_) {
        app.advertise_at = some_time_after(app.options->advertise_every);
    }
    for (const Options& options : managed()) {
        announce(MessageType::advertise_peer, options);
    }
}

std::optional<milliseconds> PeerManager::advertises_every() const {
    const auto soonest = std::ranges::min_element(
        apps_, {}, [](const auto& app) { return app.second.options->advertise_every; });
    return soonest == apps_.end() ? std::nullopt
                                  : std::optional(soonest->second.options->advertise_every);
}

void PeerManager::tick() {
    const TimePoint time = now();
    std::vector<Options> due;
    for (auto& [id, app] : apps_) {
        // A server's clients advertise themselves, and are answered.
        if (app.advertise_at <= time) {
            app.advertise_at = some_time_after(app.options->advertise_every);
            if (node_.role != Role::server) {
                due.push_back(app.options);
            }
        }
    }
    for (const Options& options : due) {
        announce(MessageType::advertise_peer, options);
    }
    if (!apps_.empty() && look_at_ <= time) {
        look_at_ = time + look_interval(peer_timeout());
        node_.peers.expire(time - peer_timeout());
    }
}

std::optional<PeerManager::TimePoint> PeerManager::next() const {
    if (apps_.empty()) {
        return std::nullopt;
    }
    TimePoint soonest = look_at_;
    if (node_.role != Role::server) {
        for (const auto& [id, app] : apps_) {
            soonest = std::min(soonest, app.advertise_at);
        }
    }
    return soonest;
}

milliseconds PeerManager::peer_timeout() const {
    milliseconds longest{0};
    for (const auto& [id, app] : apps_) {
        longest = std::max(longest, app.options->peer_timeout);
    }
    return bounded(longest);
}

}  // namespace netaio::core
