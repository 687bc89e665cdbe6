#include "links.hpp"

#include <algorithm>

#include "../wire/keyed_hash.hpp"

/// The table of sessions, and what goes through it.
namespace netaio::core {
namespace {

// After how long without use what can be computed again is given up.
constexpr std::chrono::seconds rests_after{2};
// How often somebody is asked whether it started anew, as it speaks without its session.
constexpr std::chrono::seconds doubted_every{10};

}  // namespace

std::size_t Links::KeyHash::operator()(const SessionKey& key) const noexcept {
    return wire::keyed_hash(ByteView(key));
}

Links::Links(Node& node, Tallies& tallies, LinkOwner& owner, const LinkBounds& bounds)
    : node_(node),
      tallies_(tallies),
      owner_(owner),
      bounds_(bounds),
      declined_(bounds.links_max),
      asked_at_(bounds.links_max),
      load_(bounds.handshakes_per_second, 1),
      hosts_(bounds.handshakes_per_host, bounds.links_max) {}

Links::~Links() = default;

Links::Found Links::way_now(const Address& to) const {
    if (auto link = link_at(to)) {
        return link->current ? Found{Way::sealed, std::move(link)}
               : link->asking
                   ? Found{Way::undecided, std::move(link)}
                   : Found{Way::none, nullptr,
                           link->failed ? link->failed : make_error_code(Errc::no_session)};
    }
    return {};
}

Links::Found Links::way_to(const Address& to, bool wanted) {
    auto link = link_at(to);
    if (link && link->current) {
        return {Way::sealed, std::move(link)};
    }
    const auto time = now();
    if (!link) {
        const auto* const until = declined_.empty() ? nullptr : declined_.find(to);
        if (until && time < *until) {
            return {};
        }
        link = make(to);
    }
    if (link->failed && time < link->ask_at) {
        return {Way::none, nullptr, link->failed};
    }
    if (!link->asking) {
        ask(link, wanted);
    }
    return way_now(to);
}

bool Links::has_somebody_at(const Address& at) const {
    const auto found = links_.find(at);
    return found != links_.end() && found->second->is_somebody();
}

void Links::doubt(const Address& at) {
    const auto link = link_at(at);
    const auto time = now();
    if (link && !link->asking && time >= link->ask_at) {
        link->ask_at = time + doubted_every;
        ask(link, false);
    }
}

void Links::introduce_to(const Address& to) {
    const auto found = way_to(to, false);
    if (found.link) {
        found.link->tells_peer = true;
        if (found.way == Way::sealed) {
            owner_.began(found.link);
        }
    }
}

Links::Index Links::new_index() {
    for (;;) {
        const Index index = random().between(1, UINT32_MAX);
        if (!by_index_.contains(index) && !pending_.contains(index)) {
            return index;
        }
    }
}

std::shared_ptr<Link> Links::link_at(const Address& at) const {
    const auto found = links_.find(at);
    return found == links_.end() ? nullptr : found->second;
}

// Of many, that which got a session longest ago goes.
std::shared_ptr<Link> Links::make(const Address& at) {
    const auto host = at_host_.find(host_of(at));
    if (host != at_host_.end() && host->second.size() >= bounds_.links_per_host_max) {
        make_room(host->second.front(), "others of its host");
    } else if (links_.size() >= bounds_.links_max) {
        make_room(order_.front(), "others");
    }
    auto link = std::make_shared<Link>(at, PathSize(bounds_.path_size, bounds_.path_size_max));
    link->place = order_.insert(order_.end(), link);
    auto& those = at_host_[host_of(at)];
    link->place_at_host = those.insert(those.end(), link);
    links_.emplace(at, link);
    return link;
}

void Links::make_room(const std::shared_ptr<Link>& oldest, std::string_view whose) {
    const auto link = oldest;  // which is one of those
    node_.log(LogLevel::debug, "its session ends to make room for " + std::string(whose), link->at);
    drop(link);
    go_on(link, Errc::queue_full);
}

void Links::leave_host(const Link& link) {
    const auto host = at_host_.find(host_of(link.at));
    host->second.erase(link.place_at_host);
    if (host->second.empty()) {
        at_host_.erase(host);
    }
}

void Links::drop(const std::shared_ptr<Link>& link) {
    stop_asking(*link);
    forget(link->current);
    forget(link->before);
    due_.erase({link->due, link.get()});
    packed_bytes_ -= link->frames.size();
    link->frames.clear();  // it stays among those that are packed until they are sealed
    order_.erase(link->place);
    leave_host(*link);
    links_.erase(link->at);
}

void Links::forget(std::unique_ptr<DatagramSession>& session) noexcept {
    if (session) {
        by_index_.erase(session->own_index());
        session.reset();
    }
}

// Goes on with what waited, in its order; what it does may have more wait.
void Links::go_on(const std::shared_ptr<Link>& link, std::error_code why) {
    for (auto& waiting : std::exchange(link->waiting, {})) {
        attempt_to([&] { waiting.go_on(why); });
    }
}

void Links::establish(const std::shared_ptr<Link>& link, std::unique_ptr<DatagramSession> session,
                      const SessionKey& key, SessionSecret secret, Sent sign) {
    const auto time = now();
    const bool first = !link->current;
    if (link->key && *link->key != key) {
        node_.log(LogLevel::info, "somebody else is there: " + to_string(key), link->at);
        link->vouched = {};
        link->path.reset();
        owner_.replaced(link->at);
    }
    link->key = key;
    link->who = Identity{"session", to_string(key)};
    link->who.add(secret.who);
    link->secret = std::move(secret);
    forget(link->before);
    link->before = std::move(link->current);
    stop_asking(*link);
    link->current = std::move(session);
    by_index_[link->current->own_index()] = link.get();
    link->failed = {};
    link->unanswered_since = Link::never;
    link->used_at = time;
    order_.splice(order_.end(), order_, link->place);
    auto& those = at_host_[host_of(link->at)];
    those.splice(those.end(), those, link->place_at_host);
    declined_.erase(link->at);
    tallies_.sessions.add();
    node_.log(LogLevel::debug, "a session begins with " + link->who.str(), link->at);
    if (first && !bounds_.fragments) {
        link->path.begin(time);
    }
    go_on(link, {});
    owner_.began(link);
    if (link->current && link->frames.empty()) {
        say_sealed(*link, {}, sign);  // so that the other knows
    }
    set_due(*link);
}

void Links::move(const std::shared_ptr<Link>& link, const Address& to) {
    const Address from = link->at;
    if (const auto other = link_at(to)) {
        drop(other);
        go_on(other, Errc::closed);
    }
    auto& those = at_host_[host_of(to)];
    const auto place = those.insert(those.end(), link);
    leave_host(*link);
    link->place_at_host = place;
    auto entry = links_.extract(from);
    entry.key() = to;
    links_.insert(std::move(entry));
    link->at = to;
    declined_.erase(to);
    if (!bounds_.fragments) {
        link->path.reset();
        link->path.begin(now());
        set_due(*link);
    }
    node_.log(LogLevel::info, "it has moved here from " + from.str(), to);
    owner_.moved(from, to);
}

void Links::end_with_other_secrets() {
    const auto outer = node_.outer.get();
    std::vector<std::shared_ptr<Link>> ended;
    for (const auto& [at, link] : links_) {
        if (link->is_somebody() &&
            session_secret(outer, &link->secret.who).psk.bytes != link->secret.psk.bytes) {
            ended.push_back(link);
        }
    }
    for (const auto& link : ended) {
        node_.log(LogLevel::info, "its session ends, as its secret is not known any more",
                  link->at);
        const Address at = link->at;
        drop(link);
        go_on(link, Errc::closed);
        owner_.replaced(at);
    }
}

void Links::end_all(std::error_code why) noexcept {
    attempt_to([&] {
        seal_all();
        while (!links_.empty()) {
            const auto link = links_.begin()->second;
            drop(link);
            go_on(link, why);
        }
    });
    pending_.clear();
    pending_order_.clear();
}

void Links::look_after(const std::shared_ptr<Link>& link) {
    const auto time = now();
    for (auto* const session : {&link->current, &link->before}) {
        if (*session && !(*session)->is_good(time)) {
            forget(*session);
        }
    }
    if (link->current) {
        if (time >= link->answer_by) {
            say_sealed(*link, {}, Sent::unanswered);
        }
        if (time >= link->path.next()) {
            if (const auto size = link->path.due(time)) {
                probe_path(*link, *size);
            } else {
                go_on(link, {});  // what waits is too large
            }
        }
        if (!link->asking && link->unanswered_since != Link::never &&
            time - link->unanswered_since >= unanswered_for && time >= link->ask_at) {
            ask(link, true);
        }
        if (time - link->used_at >= rests_after) {
            link->current->rest();
            if (link->before) {
                link->before->rest();
            }
        }
    } else if (!link->asking && !link->is_somebody() && time >= link->ask_at) {
        drop(link);
        return;
    }
    set_due(*link);
}

// When it is to be looked after. Told too early it does nothing.
void Links::set_due(Link& link) {
    TimePoint due = Link::never;
    const auto consider = [&](TimePoint at) { due = std::min(due, at); };
    if (link.current) {
        consider(link.current->began_at() + DatagramSession::good_for);
        consider(link.answer_by);
        consider(link.path.next());
        if (!link.asking && link.unanswered_since != Link::never) {
            consider(std::max(link.unanswered_since + unanswered_for, link.ask_at));
        }
        if (!link.current->rests()) {
            consider(link.used_at + rests_after);
        }
        if (link.before) {
            consider(link.before->began_at() + DatagramSession::good_for);
        }
    } else if (!link.asking && !link.is_somebody()) {
        consider(link.ask_at);
    }
    if (due < link.due) {
        due_.erase({link.due, &link});
        const bool soonest = due_.empty() || due < due_.begin()->first;
        link.due = due;
        due_.insert({due, &link});
        if (soonest) {
            owner_.due_sooner();
        }
    }
}

void Links::tick() {
    const auto time = now();
    // Not what becomes due meanwhile: that would never end where time stands still.
    std::vector<std::shared_ptr<Link>> looked_after;
    while (!due_.empty() && due_.begin()->first <= time) {
        Link* const link = due_.begin()->second;
        due_.erase(due_.begin());
        link->due = Link::never;
        looked_after.push_back(link->shared_from_this());
    }
    for (const auto& link : looked_after) {
        const auto there = links_.find(link->at);
        if (there != links_.end() && there->second == link) {
            attempt_to([&] { look_after(link); });
        }
    }
    while (!pending_order_.empty()) {
        const auto oldest = pending_.find(pending_order_.front());
        if (time - oldest->second.began < pending_for) {
            break;
        }
        take_pending(oldest);
    }
}

std::optional<Links::TimePoint> Links::next() const {
    std::optional<TimePoint> soonest;
    if (!due_.empty()) {
        soonest = due_.begin()->first;
    }
    if (!pending_order_.empty()) {
        const auto at = pending_.find(pending_order_.front())->second.began + pending_for;
        soonest = soonest ? std::min(*soonest, at) : at;
    }
    return soonest;
}

}  // namespace netaio::core
