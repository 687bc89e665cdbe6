#include <algorithm>

#include "relay.hpp"

/// Who gets what programs send to `subscribers:` (protocol.md §14).
namespace netaio::daemon {

// Who asked to be is no address that the program came by.
std::optional<Refusal> Relay::refuse_subscriber(const Program& program,
                                                const std::string& who) const {
    const auto& asked = program.subscribing;
    return std::ranges::find(asked, who) != asked.end()
               ? std::nullopt
               : refuse_far_end(program, FarEnd::parse(who).value());
}

// Nodes ask again in time: those suffice that asked lately.
void Relay::note_subscribing(Program& program, std::string_view who) {
    constexpr std::size_t kept_max = 1024;
    program.subscribing.emplace_back(who);
    if (program.subscribing.size() > kept_max) {
        program.subscribing.pop_front();
    }
}

// Those that may not be reached any more.
void Relay::end_refused_subscribers(Program& program) {
    std::vector<Subscriber> refused;
    for (const auto& [which, order] : program.subscribers) {
        if (refuse_subscriber(program, which.who)) {
            refused.push_back(which);
        }
    }
    for (const Subscriber& which : refused) {
        end_subscriber(program, which);
    }
}

// At whatever the subscriber is connected to. What cannot be is said by an error, but for ending.
std::error_code Relay::change_service(Program& program, const Subscriber& which, bool add) {
    using enum FarEnd::Kind;
    const auto change = [&](auto& service, auto& to, const std::string& key) -> std::error_code {
        if (add) {
            return which.prefix ? service.subscribe_prefix(key, to) : service.subscribe(key, to);
        }
        which.prefix ? (void)service.unsubscribe_prefix(key, to)
                     : (void)service.unsubscribe(key, to);
        return {};
    };
    const auto far = FarEnd::parse(which.who);
    const std::string shared = program.shared_key(which.key);
    if (far && far->kind == tcp) {
        const auto client = client_at(far->address);
        return client ? change(*tcp_, *client, shared) : Errc::closed;
    }
    if (far && far->kind == app) {
        const auto id = registry_.app_named(far->name);
        const auto to = id ? program_of(*id) : nullptr;
        return to ? change(*local_, *to->connection, shared) : Errc::closed;
    }
    if (far && far->kind == udp && program.node) {
        return change(*program.node, far->address, which.key);
    }
    if (far && (far->kind == udp || far->kind == udp_machine) && machine_) {
        return change(*machine_, far->address, shared);
    }
    return Errc::unsupported;
}

void Relay::add_subscriber(Program& program, Subscriber which) {
    const auto found = program.subscribers.find(which);
    if (found == program.subscribers.end()) {
        auto refusal = program.allowance->try_register(which.size());
        if (refusal && end_oldest_node(program)) {
            refusal = program.allowance->try_register(which.size());
        }
        if (refusal) {
            throw Refusal::not_permitted(*refusal);
        }
    }
    if (const auto error = change_service(program, which, true)) {
        if (found == program.subscribers.end()) {
            program.allowance->unregister(which.size());
        }
        throw Refusal::error(error == Errc::unsupported
                                 ? "nobody can be subscribed there"
                                 : "it cannot be subscribed: " + error.message());
    }
    program.subscribers[std::move(which)] = ++subscribed_;
}

void Relay::end_subscriber(Program& program, const Subscriber& which) {
    change_service(program, which, false);
    if (const auto found = program.subscribers.extract(which)) {
        program.allowance->unregister(found.key().size());
    }
}

// Of nodes nobody learns that they are gone: the one lapses that subscribed longest ago.
bool Relay::end_oldest_node(Program& program) {
    const std::pair<const Subscriber, std::uint64_t>* oldest = nullptr;
    for (const auto& each : program.subscribers) {
        if (each.first.is_node() && (!oldest || each.second < oldest->second)) {
            oldest = &each;
        }
    }
    if (oldest) {
        end_subscriber(program, Subscriber(oldest->first));
    }
    return oldest;
}

// Whoever it was has ended, and its subscriptions with it.
void Relay::forget_subscriber(const std::string& who) {
    for (const auto& [number, program] : programs_) {
        auto each = program->subscribers.lower_bound({who, {}, false});
        while (each != program->subscribers.end() && each->first.who == who) {
            program->allowance->unregister(each->first.size());
            each = program->subscribers.erase(each);
        }
    }
}

// Another of that name is subscribed in its place.
void Relay::app_gone(const std::string& name) {
    const std::string who = app_address(name);
    if (!registry_.app_named(name)) {
        forget_subscriber(who);
        return;
    }
    for (const auto& [number, program] : programs_) {
        auto each = program->subscribers.lower_bound({who, {}, false});
        for (; each != program->subscribers.end() && each->first.who == who; ++each) {
            change_service(*program, each->first, true);
        }
    }
}

Reply Relay::change_subscriber(const ProgramPtr& program, std::optional<std::string> key,
                               const std::optional<std::string>& who, bool prefix,
                               MessageType how) {
    const auto far = who ? FarEnd::parse(*who) : Result<FarEnd>(Errc::malformed);
    if (!key || !far) {
        throw Refusal::error("a subscriber has a key, and says who it is");
    }
    Subscriber which{far->str(), std::move(*key), prefix};
    if (how == delete_uri) {
        end_subscriber(*program, which);
        return {};
    }
    if (const auto refusal = refuse_subscriber(*program, which.who)) {
        throw *refusal;
    }
    add_subscriber(*program, std::move(which));
    return {};
}

}  // namespace netaio::daemon
