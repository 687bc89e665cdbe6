#include <algorithm>

#include "callback.hpp"
#include "hub.hpp"
#include "meaning.hpp"
#include "outgoing.hpp"
#include "stream.hpp"

/// Who of a hub's connections is notified of what.
namespace netaio::core {

std::error_code Hub::add(Table& table, std::string_view what, ByteView key, Stream& stream,
                         const Asker& as) {
    if (!stream.open()) {
        return Errc::closed;
    }
    if (&table == &prefixes_ && key.size() > prefix_size_max) {
        tallies_.subscriptions_refused.add();
        node_->log(LogLevel::warning, "refused a subscription to a prefix of more than 1024 bytes",
                   stream.remote());
        return Errc::too_large;
    }
    std::error_code error;
    {
        const std::lock_guard lock(subscriptions_mutex_);
        const auto self = stream.self();
        // Each table knows of its own alone.
        const std::size_t bytes =
            exact_.bytes_of(self) + prefixes_.bytes_of(self) + Table::cost_of(key);
        error = !table.has(key, self) && bytes > limits_.subscriptions_max
                    ? make_error_code(Errc::queue_full)
                    : table.add(key, self, as);
        permitted_.clear();
    }
    if (error) {
        tallies_.subscriptions_refused.add();
        node_->log(LogLevel::warning,
                   "refused a subscription beyond subscriptions_max or subscriptions_total_max",
                   stream.remote());
    } else {
        node_->trace(what, key, stream.remote());
    }
    return error;
}

void Hub::remove(Table& table, std::string_view what, ByteView key, Stream& stream) {
    if (stream.expects_fan_out()) {
        settle();
    }
    std::unique_lock lock(subscriptions_mutex_);
    if (table.remove(key, stream.self())) {
        permitted_.clear();
        lock.unlock();
        if (&table == &prefixes_) {
            stream.end_feeds(key);
        }
        node_->trace(what, key, stream.remote());
    }
}

void Hub::set_fed(const Stream& stream, bool fed) {
    if (fed) {
        fed_.insert(stream.id());
    } else {
        fed_.erase(stream.id());
    }
}

[[gnu::cold, gnu::noinline]] void Hub::tell_fed(ByteView uri) {
    for (const std::uint64_t id : std::set(fed_)) {  // one may end over it
        if (const auto found = streams_.find(id); found != streams_.end()) {
            const auto stream = found->second;
            stream->serve([&] { stream->value_replaced(uri); });
        }
    }
}

// Each at its turn, as telling may run users' code, which may tell of more.
void Hub::tell() {
    auto lock = node_->present.lock();
    while (!untold_.empty()) {
        const auto next = std::move(untold_.front());
        untold_.pop_front();
        lock.unlock();
        next(*this);
        lock.lock();
    }
}

// What changed before is told to those who were subscribed then, and what changes from now on to
// this one, too: nothing is told here in between.
Result<SubscriptionGrant> Hub::grant(ByteView uri, const SubscriptionWords& asked, Stream& stream,
                                     const SendOptions& options, const Asker& as) {
    SubscriptionGrant granted{asked};
    PresentValues::Snapshot values;
    while (asked.present) {
        tell();
        const auto lock = node_->present.lock();
        if (!untold_.empty()) {
            continue;
        }
        if (asked.prefix) {
            values = node_->present.below(uri);
        } else if (const auto value = node_->present.at(uri)) {
            granted.value = value->content;
        }
        break;
    }
    if (dispatcher_.rules().any()) {
        std::erase_if(values, [&](const auto& value) {
            return !may_know(dispatcher_.rules(), as.who, value->uri);
        });
    }
    granted.count = values.size();
    if (granted.value && uri.size() + granted.str().size() > Body::payload_max) {
        granted = {{.prefix = asked.prefix}};  // too long to stand in the confirmation
    }
    const auto error =
        asked.prefix ? subscribe_prefix(uri, stream, as) : subscribe(uri, stream, as);
    if (error) {
        return error;
    }
    if (!values.empty() && !stream.present(uri, as, std::move(values), options)) {
        unsubscribe_prefix(uri, stream);
        return make_error_code(Errc::queue_full);
    }
    return granted;
}

bool Hub::has_subscriptions(Stream& stream) const {
    return exact_.bytes_of(stream.self()) + prefixes_.bytes_of(stream.self()) > 0;
}

void Hub::end_subscriptions(const std::set<Address>& remotes) {
    const std::lock_guard lock(subscriptions_mutex_);
    if (exact_.subscribers() + prefixes_.subscribers() == 0) {
        return;
    }
    permitted_.clear();
    for (const auto& [id, stream] : streams_) {
        if (remotes.contains(stream->remote())) {
            exact_.remove_all(stream);
            prefixes_.remove_all(stream);
            stream->end_feeds();
        }
    }
}

Receivers Hub::subscribers(ByteView key) {
    const bool asks = node_->may_refuse.load(std::memory_order_relaxed);
    const std::lock_guard lock(subscriptions_mutex_);
    if (!asks || !dispatcher_.rules().any()) [[likely]] {
        return subscribers_of(key, exact_, prefixes_);
    }
    RuleReader& rules = dispatcher_.rules();
    return permitted_.get(key, rules.version(), [&] {
        return permitted_of(key, exact_, prefixes_,
                            [&](const Identities& who) { return may_know(rules, who, key); });
    });
}

std::optional<Vouched> Hub::subscribed_as(ByteView key,
                                          const std::shared_ptr<Receiver>& subscriber) {
    const std::lock_guard lock(subscriptions_mutex_);
    RuleReader& rules = dispatcher_.rules();
    const bool asks = rules.any();
    const Asker* const as =
        notified_as(key, subscriber, exact_, prefixes_,
                    [&](const Identities& who) { return !asks || may_know(rules, who, key); });
    const Vouched* const told = as ? as->told() : nullptr;
    return told ? std::optional(*told) : std::nullopt;
}

void Hub::ask_rules() {
    struct Ended {
        std::shared_ptr<Receiver> who;
        std::string key;
        Asker as;
        bool prefix;
    };
    std::vector<Ended> ended;
    {
        const std::lock_guard lock(subscriptions_mutex_);
        for (Table* const table : {&exact_, &prefixes_}) {
            table->each([&](const auto& receiver, const std::string& key, const Asker& as) {
                if (!may_know(dispatcher_.rules(), as.who, key)) {
                    ended.push_back({receiver, key, as, table == &prefixes_});
                }
            });
        }
    }
    for (const Ended& each : ended) {
        attempt(node_->environment.log, "a subscriber is not told that the rules changed", [&] {
            auto& stream = static_cast<Stream&>(*each.who);
            node_->log(LogLevel::info, "the rules end its subscription to '" + each.key + "'",
                       stream.remote());
            each.prefix ? unsubscribe_prefix(each.key, stream) : unsubscribe(each.key, stream);
            each.who->give(about(each.key, OwnedMessage(node_->refusal, "ERROR",
                                                        each.prefix ? prefix_subscription_ended
                                                                    : subscription_ended)),
                           {}, each.as.told());
        });
    }
}

void Hub::close_unknown(const AuthPlugin& before, const AuthPlugin& now) {
    std::multimap<std::uint64_t, Identities> said;  // by the ids of connections
    for (const auto& [id, stream] : streams_) {
        said.emplace(id, stream->vouched()->outer);
    }
    {
        const std::lock_guard lock(subscriptions_mutex_);
        for (const Table* const table : {&exact_, &prefixes_}) {
            table->each([&](const auto& receiver, const std::string&, const Asker& as) {
                said.emplace(receiver->id(), as.vouched.outer);
            });
        }
    }
    const auto all = streams();  // plugins are users' code
    for (const auto& stream : all) {
        const auto [first, last] = said.equal_range(stream->id());
        const auto unknown = std::find_if(
            first, last, [&](const auto& one) { return forgets(before, now, one.second); });
        if (unknown != last) {
            node_->log(LogLevel::info,
                       "closed, as " + unknown->second.str() + " is not known any more",
                       stream->remote());
            stream->close();
        }
    }
}

std::size_t Hub::subscriber_count(ByteView key) const {
    const std::lock_guard lock(subscriptions_mutex_);
    return exact_.count(key);
}

}  // namespace netaio::core
