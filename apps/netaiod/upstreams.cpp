#include "upstreams.hpp"

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

}  // namespace

Upstreams::Upstreams(boost::asio::any_io_executor executor, const RelayOptions& options,
                     Notified notified, Lost lost)
    : executor_(std::move(executor)),
      options_(options),
      named_(options.servers),
      plugins_(options.plugins),
      notified_(std::move(notified)),
      lost_(std::move(lost)) {}

Upstreams::~Upstreams() = default;

Result<std::shared_ptr<Upstreams::Server>> Upstreams::server(const FarEnd& far) {
    const bool named = far.kind == FarEnd::Kind::server;
    std::string shown = named ? "server:" + far.name : tcp_address(far.address);
    if (const auto found = servers_.find(shown); found != servers_.end()) {
        return found->second;
    }
    NamedServer which{far.address.host(), far.address.port(), plugins_};
    if (named) {
        const auto found = named_.find(far.name);
        if (found == named_.end()) {
            return Errc::not_connected;
        }
        which = found->second;
    }
    const auto made = std::make_shared<Server>(std::move(shown));
    TcpClientOptions options;
    options.auth = which.plugins.auth;
    options.cipher = which.plugins.cipher;
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
    made->host = which.host;
    made->port = which.port;
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

void Upstreams::notified(Server& at, const Message& message) {
    std::set<ProgramNumber> told;
    for (const auto& [which, programs] : at.subscriptions) {
        if (which.prefix ? message.uri().starts_with(which.uri) : message.uri() == which.uri) {
            told.insert(programs.begin(), programs.end());
        }
    }
    for (const ProgramNumber program : told) {
        notified_(program, at.shown, message);
    }
}

// What a server says by itself (protocol.md §11).
void Upstreams::ended(Server& at, const Message& message) {
    const bool prefix = message.content() == "subscription to prefix ended";
    if (message.request_id() || (!prefix && message.content() != "subscription ended")) {
        return;
    }
    const auto found = at.subscriptions.extract({message.uri().str(), prefix});
    if (found) {
        for (const ProgramNumber program : found.mapped()) {
            lost_(program, at.shown, found.key().uri);
        }
    }
}

void Upstreams::end_all(Server& at) {
    for (const auto& [which, programs] : std::exchange(at.subscriptions, {})) {
        for (const ProgramNumber program : programs) {
            lost_(program, at.shown, which.uri);
        }
    }
}

void Upstreams::ask(ProgramNumber program, const FarEnd& far, OwnedMessage message,
                    std::chrono::milliseconds timeout, Answered done) {
    const auto found = server(far);
    if (!found) {
        done(found.error(), {});
        return;
    }
    const auto at = *found;
    const MessageType type = message.type();
    const bool subscribes = type == subscribe_uri || type == unsubscribe_uri;
    const Subscription which{subscribes ? message.uri().str() : std::string(),
                             subscribes && asks_for_prefix(message)};
    if (type == unsubscribe_uri) {
        const auto entry = at->subscriptions.find(which);
        const bool others = entry != at->subscriptions.end() &&
                            (entry->second.size() > 1 || !entry->second.contains(program));
        if (others) {
            entry->second.erase(program);
            done({}, confirm_unsubscribe(message.uri()));
            return;
        }
    }
    ++at->asking;
    at->used = options_.environment.clock->steady_now();
    at->client->exchange(std::move(message), {.timeout = timeout},
                         [at, program, which, type, subscribes, done = std::move(done)](
                             boost::system::error_code error, OwnedMessage reply) mutable {
                             --at->asking;
                             if (!error && subscribes) {
                                 answered(*at, program, which, type, reply.type());
                             }
                             done(error, std::move(reply));
                         });
}

void Upstreams::answered(Server& at, ProgramNumber program, const Subscription& which,
                         MessageType asked, MessageType answer) {
    const bool ok = answer == MessageType::ok;
    if (asked == subscribe_uri && (ok || answer == MessageType::confirm_subscribe)) {
        at.subscriptions[which].insert(program);
    } else if (asked == unsubscribe_uri && (ok || answer == MessageType::confirm_unsubscribe)) {
        at.subscriptions.erase(which);
    }
}

std::error_code Upstreams::tell(const FarEnd& far, OwnedMessage message) {
    const auto found = server(far);
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
            at->client->unsubscribe(each->first.uri, {.prefix = each->first.prefix},
                                    [at](std::error_code, const OwnedMessage&) {});
            each = at->subscriptions.erase(each);
        }
    }
}

void Upstreams::set_servers(std::map<std::string, NamedServer> servers, Plugins plugins) {
    named_ = std::move(servers);
    plugins_ = std::move(plugins);
    for (auto at = servers_.begin(); at != servers_.end();) {
        const std::string_view shown = at->first;
        if (!shown.starts_with("server:")) {
            at->second->client->set_plugins(plugins_);
            ++at;
            continue;
        }
        const auto found = named_.find(std::string(shown.substr(7)));
        if (found == named_.end() || found->second.host != at->second->host ||
            found->second.port != at->second->port) {
            const auto gone = at->second;
            at = servers_.erase(at);
            end_all(*gone);
            continue;
        }
        at->second->client->set_plugins(found->second.plugins);
        ++at;
    }
}

void Upstreams::tidy(std::chrono::steady_clock::time_point now) {
    std::erase_if(servers_, [&](const auto& entry) {
        const Server& at = *entry.second;
        return !entry.first.starts_with("server:") && at.asking == 0 && at.subscriptions.empty() &&
               now - at.used > options_.server_idle;
    });
}

}  // namespace netaio::daemon
