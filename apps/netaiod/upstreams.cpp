#include "upstreams.hpp"

#include <filesystem>
#include <sstream>

namespace netaio::daemon {
namespace {

// Whether a SUBSCRIBE_URI or UNSUBSCRIBE_URI is about a prefix (protocol.md §11).
bool asks_for_prefix(const Message& message) {
    std::istringstream words(message.content().str());
    for (std::string word; words >> word;) {
        if (word == "prefix") {
            return true;
        }
    }
    return false;
}

// Whether a server is the socket of programs, by whatever path: there the daemon would be one.
bool is_own_socket(const NamedServer& server, const Address& socket) {
    constexpr std::string_view scheme = "unix:";
    const std::string own = socket.str();
    std::error_code missing;
    return server.host.starts_with(scheme) && own.starts_with(scheme) &&
           std::filesystem::equivalent(server.host.substr(scheme.size()), own.substr(scheme.size()),
                                       missing);
}

}  // namespace

Upstreams::Upstreams(boost::asio::any_io_executor executor, const RelayOptions& options,
                     Programs programs)
    : executor_(std::move(executor)),
      options_(options),
      named_(options.servers),
      plugins_(options.plugins),
      programs_(std::move(programs)) {}

// What was asked keeps its server until it ends; the client is not to be there any more.
Upstreams::~Upstreams() {
    for (const auto& [name, at] : servers_) {
        at->client.reset();
    }
}

Result<std::shared_ptr<Upstreams::Server>> Upstreams::server(const Asker& asker,
                                                             const FarEnd& far) {
    const bool named = far.kind == FarEnd::Kind::server;
    std::string shown = named ? "server:" + far.name : tcp_address(far.address);
    if (const auto found = servers_.find(shown); found != servers_.end()) {
        return found->second;
    }
    NamedServer which{far.address.host(), far.address.port(), plugins_, options_.session};
    if (named) {
        const auto found = named_.find(far.name);
        if (found == named_.end()) {
            return Errc::not_connected;
        }
        which = found->second;
        if (is_own_socket(which, options_.socket)) {
            return Errc::unsupported;
        }
    } else if (!make_room(asker.uid)) {
        return Errc::queue_full;
    }
    const auto made = std::make_shared<Server>(std::move(shown));
    made->uid = asker.uid;
    made->used = options_.environment.clock->steady_now();
    TcpClientOptions options;
    options.auth = which.plugins.auth;
    options.cipher = which.plugins.cipher;
    options.session = which.session;
    options.types = options_.types;
    options.environment = options_.environment;
    options.request_timeout = options_.answer_timeout;
    made->client = std::make_unique<TcpClient>(executor_, std::move(options));
    made->client->on(notify_uri, [this, server = made.get()](const Message& message) {
        notified(*server, message);
    });
    for (const auto type : {MessageType::not_permitted, MessageType::error}) {
        made->client->on(
            type, [this, server = made.get()](const Message& message) { ended(*server, message); });
    }
    made->which = which;
    // One that refuses today may have the secret tomorrow. Its first failure is told, as whoever
    // asks may long have given up when it is there.
    const auto tell = [log = options_.environment.log, shown = made->shown](
                          ConnectionState state, std::error_code why, unsigned attempt) {
        if (state == ConnectionState::waiting && attempt == 1) {
            log(LogLevel::warning, shown + " cannot be reached: " + why.message() +
                                       "; it is tried again until it can");
        } else if (state == ConnectionState::connected && attempt > 1) {
            log(LogLevel::info, shown + " is reached now");
        }
    };
    made->client->keep_connected(which.host, which.port,
                                 {.on_state = tell, .end_on_refusal = false});
    servers_.emplace(made->shown, made);
    return made;
}

// For one more server by address: where a user has all he may, the one goes that was idle longest.
bool Upstreams::make_room(std::uint32_t uid) {
    std::size_t count = 0;
    auto oldest = servers_.end();
    for (auto each = servers_.begin(); each != servers_.end(); ++each) {
        const Server& at = *each->second;
        if (!at.is_by_address() || at.uid != uid) {
            continue;
        }
        ++count;
        if (at.is_idle() && (oldest == servers_.end() || at.used < oldest->second->used)) {
            oldest = each;
        }
    }
    if (count < options_.quota.servers) {
        return true;
    }
    if (oldest == servers_.end()) {
        return false;
    }
    servers_.erase(oldest);
    return true;
}

void Upstreams::notified(Server& at, const Message& message) {
    std::set<ProgramNumber> told;
    for (const auto& [which, programs] : at.subscriptions) {
        if (which.prefix ? message.uri().starts_with(which.uri) : message.uri() == which.uri) {
            told.insert(programs.begin(), programs.end());
        }
    }
    const std::string from = at.shown;
    for (const ProgramNumber program : told) {
        programs_.notified(program, from, message);
    }
}

// What a server says by itself (protocol.md §11).
void Upstreams::ended(Server& at, const Message& message) {
    const bool prefix = message.content() == "subscription to prefix ended";
    if (message.request_id() || (!prefix && message.content() != "subscription ended")) {
        return;
    }
    const Subscription which{message.uri().str(), prefix};
    at.granted.erase(which);
    if (const auto found = at.subscriptions.extract(which)) {
        tell_lost(at.shown, found.key(), found.mapped());
    }
}

void Upstreams::end_all(Server& at) {
    for (const auto& [which, programs] : std::exchange(at.subscriptions, {})) {
        tell_lost(at.shown, which, programs);
    }
}

void Upstreams::tell_lost(const std::string& from, const Subscription& which,
                          const std::set<ProgramNumber>& programs) {
    for (const ProgramNumber program : programs) {
        programs_.unsubscribed(program, which.uri.size());
        programs_.lost(program, from, which.uri);
    }
}

std::optional<std::string> Upstreams::ask(const Asker& asker, const FarEnd& far,
                                          OwnedMessage message, std::chrono::milliseconds timeout,
                                          Answered done) {
    const auto found = server(asker, far);
    if (!found) {
        if (found.error() == Errc::queue_full) {
            return "all apps of a user together may reach " +
                   std::to_string(options_.quota.servers) +
                   " servers by their addresses at once; see the quotas in the configuration of "
                   "netaiod";
        }
        if (found.error() == Errc::unsupported) {
            return "[servers." + far.name + "] is where programs connect to netaiod itself";
        }
        done(found.error(), {});
        return std::nullopt;
    }
    const auto at = *found;
    const ProgramNumber program = asker.program;
    const bool subscribes = message.type() == subscribe_uri;
    const bool about_it = subscribes || message.type() == unsubscribe_uri;
    const Subscription which{about_it ? message.uri().str() : std::string(),
                             about_it && asks_for_prefix(message)};
    bool is_new = false;
    if (subscribes) {
        const auto entry = at->subscriptions.find(which);
        is_new = entry == at->subscriptions.end() || !entry->second.contains(program);
        if (is_new) {
            if (auto refusal = programs_.subscribes(program, which.uri.size())) {
                return refusal;
            }
            at->subscriptions[which].insert(program);
        }
    } else if (about_it && unsubscribe(*at, program, which)) {
        done({}, confirm_unsubscribe(message.uri()));
        return std::nullopt;
    }
    ++at->asking;
    at->used = options_.environment.clock->steady_now();
    at->client->exchange(
        std::move(message), {.timeout = timeout},
        [this, at, program, which, subscribes, about_it, is_new, done = std::move(done)](
            boost::system::error_code error, OwnedMessage reply) mutable {
            --at->asking;
            const bool granted = !error && (reply.type() == MessageType::ok ||
                                            reply.type() == MessageType::confirm_subscribe);
            if (granted && subscribes) {
                at->granted.insert(which);
            } else if (!error && about_it && !subscribes) {
                at->granted.erase(which);
            }
            // Without a client all of this has ended.
            if (is_new && !granted && at->client) {
                not_subscribed(at, program, which);
            }
            done(error, std::move(reply));
        });
    return std::nullopt;
}

// Whether others stay subscribed.
bool Upstreams::unsubscribe(Server& at, ProgramNumber program, const Subscription& which) {
    const auto entry = at.subscriptions.find(which);
    if (entry == at.subscriptions.end()) {
        return false;
    }
    if (entry->second.erase(program) > 0) {
        programs_.unsubscribed(program, which.uri.size());
    }
    if (entry->second.empty()) {
        at.subscriptions.erase(entry);
        return false;
    }
    return true;
}

// The server may have done what it gave no answer to.
void Upstreams::not_subscribed(const std::shared_ptr<Server>& at, ProgramNumber program,
                               const Subscription& which) {
    const bool there = at->subscriptions.contains(which);
    if (!unsubscribe(*at, program, which) && there) {
        end_at_server(at, which);
    }
}

void Upstreams::end_at_server(const std::shared_ptr<Server>& at, const Subscription& which) {
    ++at->asking;
    at->client->unsubscribe(which.uri, {.prefix = which.prefix},
                            [at, which](std::error_code error, const OwnedMessage&) {
                                --at->asking;
                                if (!error) {
                                    at->granted.erase(which);
                                }
                            });
}

std::error_code Upstreams::tell(const Asker& asker, const FarEnd& far, OwnedMessage message) {
    const auto found = server(asker, far);
    if (!found) {
        return found.error();
    }
    (*found)->used = options_.environment.clock->steady_now();
    return (*found)->client->send(message);
}

void Upstreams::gone(ProgramNumber program) {
    for (const auto& [name, at] : servers_) {
        for (auto each = at->subscriptions.begin(); each != at->subscriptions.end();) {
            each->second.erase(program);
            if (!each->second.empty()) {
                ++each;
                continue;
            }
            end_at_server(at, each->first);
            each = at->subscriptions.erase(each);
        }
    }
}

std::size_t Upstreams::subscription_count() const noexcept {
    std::size_t count = 0;
    for (const auto& [name, at] : servers_) {
        for (const auto& [which, programs] : at->subscriptions) {
            count += programs.size();
        }
    }
    return count;
}

void Upstreams::set_servers(std::map<std::string, NamedServer> servers, Plugins plugins) {
    named_ = std::move(servers);
    plugins_ = std::move(plugins);
    // What they were asked ends with them, when all is as it is to be.
    std::vector<std::unique_ptr<TcpClient>> gone;
    for (auto at = servers_.begin(); at != servers_.end();) {
        const std::string_view shown = at->first;
        if (at->second->is_by_address()) {
            at->second->client->set_plugins(plugins_);
            ++at;
            continue;
        }
        const auto found = named_.find(std::string(shown.substr(7)));
        if (found == named_.end() || !found->second.is_where(at->second->which)) {
            const auto ends = at->second;
            at = servers_.erase(at);
            end_all(*ends);
            gone.push_back(std::move(ends->client));
            continue;
        }
        at->second->client->set_plugins(found->second.plugins);
        ++at;
    }
}

void Upstreams::tidy(std::chrono::steady_clock::time_point now) {
    std::erase_if(servers_, [&](const auto& entry) {
        const Server& at = *entry.second;
        return at.is_by_address() && at.is_idle() && now - at.used >= options_.server_idle;
    });
    for (const auto& [name, at] : servers_) {
        for (const Subscription& which : std::set(at->granted)) {
            if (!at->subscriptions.contains(which)) {
                end_at_server(at, which);
            }
        }
    }
}

}  // namespace netaio::daemon
