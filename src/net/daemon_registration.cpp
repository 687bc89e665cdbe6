#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <netaio/packify.hpp>
#include <stdexcept>

#include "core/peer_manager.hpp"
#include "core/waiting.hpp"
#include "daemon_impl.hpp"
#include "tcp_handler.hpp"

/// What the daemon is told of a program: who it is, what it serves, who is subscribed there.
namespace netaio {
namespace {

constexpr std::string_view of_daemon = "netaiod/";
constexpr std::string_view of_peers = "netaiod/peer/";
constexpr std::string_view subscription_lost = "netaiod/subscription/lost";

std::string packed_dict(Dict dict) {
    return pack(Value(std::move(dict))).value();
}

Dict dict_of(const Key& key) {
    Dict dict{{"type", static_cast<int>(key.type)}};
    if (key.uri) {
        dict.set(key.is_prefix ? "prefix" : "uri", Bytes{*key.uri});
    }
    return dict;
}

bool fits(ByteView uri, ByteView content) {
    return uri.size() + content.size() <= Body::payload_max;
}

// Keeps what it is given until it has ended.
awaitable<std::optional<OwnedMessage>> call_suspending(
    std::shared_ptr<const BasicHandler<const Address>> handler,
    std::shared_ptr<const net::Origin> origin, const Message& message) {
    co_return co_await handler->suspending(message, origin->from);
}

}  // namespace

// What is said of a key without how it is shared is what that is looked up by.
DaemonClient::Impl::Entry DaemonClient::Impl::entry_of(const Key& key) const {
    Dict dict = dict_of(key);
    const auto said = sharing_.find(Entry{"netaiod/key", packed_dict(dict)});
    const KeySharing sharing = said == sharing_.end() ? options_.sharing : said->second;
    if (sharing != KeySharing::none) {
        dict.set("shared", sharing == KeySharing::turns ? "turns" : "hash");
    }
    return {"netaiod/key", packed_dict(std::move(dict))};
}

DaemonClient::Impl::Entry DaemonClient::Impl::entry_of(ByteView key, const Address& who,
                                                       bool prefix) {
    return {"netaiod/subscriber",
            packed_dict({{"key", Bytes{key}}, {"who", Bytes{who.str()}}, {"prefix", prefix}})};
}

void DaemonClient::Impl::share(Key key, KeySharing how) {
    if (registered_.find(entry_of(key))) {
        throw std::logic_error("a key is registered already: share() it before on()");
    }
    sharing_[Entry{"netaiod/key", packed_dict(dict_of(key))}] = how;
}

// First comes who it is, then what it serves, then those who are subscribed and did not go with
// their peers meanwhile.
awaitable<void> DaemonClient::Impl::greet(std::weak_ptr<Impl> weak, Address daemon) {
    const auto self = weak.lock();
    if (!self) {
        co_return;
    }
    const RequestOptions there{.server = daemon};
    const OwnedMessage welcome = co_await self->client_.exchange(self->introduction(), there);
    if (welcome.type() != MessageType::ok) {
        throw Error(
            std::make_error_code(std::errc::permission_denied),
            "the daemon refused the app " + self->options_.app + ": " + welcome.content().str());
    }
    self->there_ = daemon;
    if (self->managed_) {
        self->doubt_peers();
        const auto [error, reply] =
            co_await self->client_.exchange(MessageType::request_uri, "netaiod/peers", {}, there,
                                            boost::asio::as_tuple(boost::asio::use_awaitable));
        self->peers_answered(error, reply);
    }
    auto entries = self->registered_.due(TimePoint::max());
    std::ranges::sort(entries, {}, &Entry::uri);
    for (const Entry& entry : entries) {
        Registered* known = self->registered_.find(entry);
        if (!known) {
            continue;  // it was taken back meanwhile
        }
        self->registered_.keep(entry, std::move(*known), self->now());
        self->registered_.asked(entry, self->now(), self->options_.renewal_backoff,
                                *self->options_.environment.random);
        const auto [error, reply] = co_await self->client_.exchange(
            MessageType::create_uri, entry.uri, entry.content, there,
            boost::asio::as_tuple(boost::asio::use_awaitable));
        if (error) {
            throw Error(error);
        }
        self->entry_answered(entry, {}, reply);
    }
    if (self->greet_ && self->there_) {  // else it was stopped meanwhile
        self->greets_ = true;
        co_await self->greet_(self->daemon_);
    }
}

OwnedMessage DaemonClient::Impl::introduction() const {
    Dict dict{{"name", options_.app}};
    if (managed_) {
        dict.set("app_id", managed_->app_id);
        dict.set("data", Bytes{options_.local_peer->data});
        dict.set("peer_id", Bytes{options_.local_peer->id});
        dict.set("advertise_ms", managed_->advertise_every.count());
        dict.set("timeout_ms", managed_->peer_timeout.count());
    }
    return OwnedMessage(MessageType::create_uri, "netaiod/app", packed_dict(std::move(dict)));
}

// Says again who it is, as how its peers are managed has changed.
void DaemonClient::Impl::introduce() {
    if (!there_) {
        return;
    }
    client_.exchange(introduction(), {.server = there_},
                     [weak = weak_from_this()](std::error_code error, const OwnedMessage& reply) {
                         const auto self = weak.lock();
                         if (!self || error == Errc::closed || error == Errc::cancelled) {
                             return;
                         }
                         if (!error && self->managed_) {
                             self->doubt_peers();
                         }
                         if (error || reply.type() != MessageType::ok) {
                             self->log()(LogLevel::warning,
                                         "the daemon refuses how peers are managed: " +
                                             (error ? error.message() : reply.content().str()));
                         } else if (self->managed_) {
                             self->ask_for_peers();
                         }
                     });
}

// Whoever is registered anew has another port, where peers are found anew.
void DaemonClient::Impl::doubt_peers() {
    peers_.doubt(now() + core::bounded(managed_->peer_timeout));
    look_after_time();
}

void DaemonClient::Impl::ask_for_peers() {
    client_.request("netaiod/peers", {.server = there_},
                    [weak = weak_from_this()](std::error_code error, const OwnedMessage& reply) {
                        if (const auto self = weak.lock()) {
                            self->peers_answered(error, reply);
                        }
                    });
}

void DaemonClient::Impl::peers_answered(std::error_code error, Reply reply) {
    const auto keep_alive = shared_from_this();  // a callback may destroy the client
    const bool listed = !error && reply.type() == MessageType::respond_uri;
    auto peers = listed ? net::DaemonPeers::parse(reply.content()) : std::nullopt;
    if (!peers) {
        log()(LogLevel::warning, "the daemon does not say which peers there are: " +
                                     (error     ? error.message()
                                      : !listed ? reply.content().str()
                                                : "its list makes no sense"));
        return;
    }
    for (Peer& peer : *peers) {
        if (managed_) {  // a callback may end that
            peers_.learn(std::move(peer));
        }
    }
}

void DaemonClient::Impl::manage_peers(PeerManagementOptions options) {
    if (options.plugins.auth || options.plugins.cipher) {
        throw std::invalid_argument(
            "plugins of peer management are the daemon's: give it the secret in its configuration");
    }
    core::PeerManager::check(node(), options);
    const auto before = std::exchange(managed_, std::move(options));
    introduce();
    if (before && before->app_id != managed_->app_id) {
        forget_peers();
    }
}

void DaemonClient::Impl::stop_managing_peers() {
    if (std::exchange(managed_, std::nullopt)) {
        introduce();
        forget_peers();
    }
}

void DaemonClient::Impl::forget_peers() {
    const auto keep_alive = shared_from_this();  // a callback may destroy the client
    peers_.forget_all();
}

// What the daemon says itself: rules are about what others say.
void DaemonClient::Impl::serve_daemon() {
    const auto serve = [this](Key key, bool (*take)(Impl&, const Message&)) {
        core::Route route = net::tcp_route(
            TcpHandler([weak = weak_from_this(), take](const Message& message) {
                const auto self = weak.lock();
                if (self && (!net::DaemonLink::is_daemons(message) || !take(*self, message))) {
                    self->log()(LogLevel::warning, "passed over " +
                                                       core::Node::shown(message.uri()) + " of " +
                                                       self->link_->origin_of(message)->from.str());
                }
            }),
            {});
        route.ruled = false;
        node().keep(key, std::move(route), false);
    };
    serve(Key(MessageType::notify_uri, prefix(of_peers)), [](Impl& self, const Message& message) {
        // What was under way when that was ended means nothing.
        return !self.managed_ || self.peers_.told(message.rest(), message.content());
    });
    serve(Key(MessageType::notify_uri, subscription_lost),
          [](Impl& self, const Message& message) { return self.told_of_lost(message.content()); });
}

TcpHandler DaemonClient::Impl::wrapped(Handler handler, std::function<void()> begins) const {
    const auto begin = [begins = std::move(begins), link = link_](const Message& message) {
        if (begins) {
            begins();
        }
        return link->origin_of(message);
    };
    if (handler.deferring) {
        return [handler = std::move(handler), begin](const Message& message, Connection&,
                                                     Answer answer) {
            handler.deferring(message, begin(message)->from, std::move(answer));
        };
    }
    if (handler.suspending) {
        return [kept = std::make_shared<const Handler>(std::move(handler)), begin](
                   const Message& message, Connection&) {
            return call_suspending(kept, begin(message), message);
        };
    }
    return [handler = std::move(handler), begin](const Message& message, Connection&) {
        return handler.plain(message, begin(message)->from);
    };
}

void DaemonClient::Impl::keep_handler(Key key, HandlerOptions options, Handler handler, bool once) {
    if (key.from) {
        throw std::invalid_argument(
            "a DaemonClient finds no handlers by address: look at it in the handler");
    }
    if (key.uri && key.uri->starts_with(of_daemon)) {
        throw std::invalid_argument("uris below netaiod/ are the daemon's: take another one");
    }
    const Entry entry = entry_of(key);
    if (!fits(entry.uri, entry.content)) {
        throw std::length_error("no message to the daemon has room for so long a uri");
    }
    std::function<void()> begins;
    if (once) {
        begins = [weak = weak_from_this(), entry] {
            if (const auto self = weak.lock()) {
                self->served_once(entry);
            }
        };
    }
    Registered* known = registered_.find(entry);
    Registered what = known ? *known : Registered{.key = key};
    what.lasting = what.lasting || !once;
    what.once += once;
    node().keep(key,
                net::tcp_route(wrapped(std::move(handler), std::move(begins)), std::move(options)),
                once);
    if (known) {
        *known = std::move(what);
    } else if (!keep_entry(entry, std::move(what))) {
        node().router.drop(key, once);
        throw std::length_error("registrations_max keys are registered: raise that");
    }
}

bool DaemonClient::Impl::drop_handler(const Key& key, bool once) {
    const bool there = node().router.drop(key, once);
    const Entry entry = entry_of(key);
    if (Registered* known = registered_.find(entry)) {
        known->lasting = known->lasting && once;
        known->once = once ? 0 : known->once;
        if (!known->lasting && known->once == 0) {
            drop_entry(entry);
        }
    }
    return there;
}

void DaemonClient::Impl::served_once(const Entry& entry) {
    Registered* known = registered_.find(entry);
    if (known && known->once > 0 && --known->once == 0 && !known->lasting) {
        drop_entry(entry);
    }
}

void DaemonClient::Impl::set_default_handler(Handler handler) {
    node().default_route = net::tcp_route(wrapped(std::move(handler), {}), {});
}

bool DaemonClient::Impl::keep_entry(const Entry& entry, Registered what) {
    if (!registered_.keep(entry, std::move(what), now())) {
        return false;
    }
    if (there_) {
        ask_for(entry);
    }
    return true;
}

void DaemonClient::Impl::drop_entry(const Entry& entry) {
    registered_.drop(entry);
    if (there_) {
        client_.exchange(MessageType::delete_uri, entry.uri, entry.content, {.server = there_},
                         [](std::error_code, const OwnedMessage&) {});
    }
}

void DaemonClient::Impl::ask_for(const Entry& entry) {
    const auto pause =
        registered_.asked(entry, now(), options_.renewal_backoff, *options_.environment.random);
    client_.exchange(
        MessageType::create_uri, entry.uri, entry.content,
        {.timeout = std::max(pause, options_.request_timeout), .server = there_},
        [weak = weak_from_this(), entry](std::error_code error, const OwnedMessage& reply) {
            if (const auto self = weak.lock()) {
                self->entry_answered(entry, error, reply);
            }
        });
    look_after_time();
}

// What is refused is asked for again after a pause.
void DaemonClient::Impl::entry_answered(const Entry& entry, std::error_code error, Reply reply) {
    const Registered* known = registered_.find(entry);
    if (!known || error == Errc::closed || error == Errc::cancelled) {
        return;
    }
    if (!error && reply.type() == MessageType::ok) {
        registered_.answered(entry, registered_.never);
        look_after_time();
        return;
    }
    const std::string why = error ? error.message() : reply.content().str();
    const auto key = known->key;
    log()(LogLevel::warning, "the daemon does not register " +
                                 (key ? std::string(options_.types.name(key->type)) + " " +
                                            core::Node::shown(key->uri.value_or(std::string()))
                                      : "the subscriber " + known->who.str()) +
                                 ": " + why);
    if (key) {
        const auto keep_alive = shared_from_this();  // the callback may destroy the client
        on_refused_.tell(log(), "the handler of refusals threw", *key, why);
    }
}

std::error_code DaemonClient::Impl::subscribe(ByteView key, const Address& who, bool prefix) {
    const Entry entry = entry_of(key, who, prefix);
    if (!fits(entry.uri, entry.content)) {
        return Errc::too_large;
    }
    if (registered_.find(entry) || keep_entry(entry, Registered{.who = who})) {
        return {};
    }
    return Errc::queue_full;
}

bool DaemonClient::Impl::unsubscribe(ByteView key, const Address& who, bool prefix) {
    const Entry entry = entry_of(key, who, prefix);
    const bool there = registered_.find(entry);
    if (there) {
        drop_entry(entry);
    }
    return there;
}

void DaemonClient::Impl::forget_subscribers(const Address& at) {
    for (const Entry& entry : registered_.due(TimePoint::max())) {
        const Registered* known = registered_.find(entry);
        if (known && !known->key && known->who == at) {
            drop_entry(entry);
        }
    }
}

}  // namespace netaio
