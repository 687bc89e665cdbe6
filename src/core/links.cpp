#include "links.hpp"

#include <algorithm>

#include "../wire/keyed_hash.hpp"

/// The table of sessions, and what goes through it.
namespace netaio::core {
namespace {

// How often somebody is asked whether it started anew, as it speaks without its session.
constexpr std::chrono::seconds doubted_every{10};
constexpr double doubts_per_second = 20;
// How many of the links may be with nobody known, as while they are asked.
constexpr std::size_t strangers_share = 4;
// How long whoever moved may take to show where it is; what is said to it waits meanwhile.
constexpr std::chrono::milliseconds challenged_for{500};
// What part of the bytes that may wait in all may wait for one.
constexpr std::size_t waiting_share = 4;
// Two that asked each other so close together did not know.
constexpr std::chrono::seconds crossing{5};

}  // namespace

std::size_t Links::KeyHash::operator()(const SessionKey& key) const noexcept {
    return wire::keyed_hash(ByteView(key));
}

const Identities& Link::somebody() {
    if (who.empty() && key) {
        who = Identity{"session", to_string(*key)};
        who.add(secret.who);
    }
    return who;
}

void Link::rest() noexcept {
    who = {};
    for (auto* const session : {&current, &before}) {
        if (*session) {
            (*session)->rest();
        }
    }
}

Links::Links(Node& node, Tallies& tallies, LinkOwner& owner, const LinkBounds& bounds)
    : node_(node),
      tallies_(tallies),
      owner_(owner),
      bounds_(bounds),
      declined_(bounds.links_max),
      asked_at_(bounds.links_max),
      load_(bounds.handshakes_per_second, 1),
      hosts_(bounds.handshakes_per_host, bounds.links_max),
      doubts_(doubts_per_second, 1) {}

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
    } else if (wanted) {
        link->asking->wanted = true;
        insist(link, true);
    }
    return way_now(to);
}

bool Links::has_somebody_at(const Address& at) const {
    const auto found = links_.find(at);
    return found != links_.end() && found->second->is_somebody();
}

bool Links::may_speak_for(const std::set<Address>& all, const Source& source) const {
    bool any = false;
    for (const Address& at : all) {
        const auto link = link_at(at);
        if (link && link->is_somebody()) {
            any = true;
            if (source.sealed() && source.who().contains({"session", to_string(*link->key)})) {
                return true;
            }
        }
    }
    return !any;
}

void Links::doubt(const Address& at) {
    const auto link = link_at(at);
    const auto time = now();
    if (link && link->asking) {
        insist(link, false);
    } else if (link && time >= link->doubt_at && doubts_.allow(Address(), time)) {
        link->doubt_at = time + doubted_every;
        ask(link, false);
    }
}

void Links::introduce_to(const Address& to) {
    declined_.erase(to);
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
        make_room(*host->second.front(), "others of its host");
    }
    const std::size_t strangers_max = std::max<std::size_t>(bounds_.links_max / strangers_share, 1);
    while (links_.size() >= bounds_.links_max || strangers_.size() >= strangers_max) {
        make_room(*(strangers_.empty() ? order_ : strangers_).front(), "others");
    }
    auto link = std::make_shared<Link>(at, PathSize(bounds_.path_size, bounds_.path_size_max));
    link->place = strangers_.insert(strangers_.end(), link.get());
    auto& those = at_host_[host_of(at)];
    link->place_at_host = those.insert(those.end(), link.get());
    links_.insert_or_assign(at, link);
    return link;
}

void Links::make_room(Link& oldest, std::string_view whose) {
    const auto link = oldest.shared_from_this();
    node_.log(LogLevel::debug, "its session ends to make room for " + std::string(whose), link->at);
    end(link, Errc::queue_full);
}

void Links::leave_host(const Link& link) {
    const auto host = at_host_.find(host_of(link.at));
    host->second.erase(link.place_at_host);
    if (host->second.empty()) {
        at_host_.erase(host);
    }
}

// Whether it was still there.
bool Links::drop(const std::shared_ptr<Link>& link) {
    if (link_at(link->at) != link) {
        return false;
    }
    stop_asking(*link);
    forget(link->current);
    forget(link->before);
    due_.erase({link->due, link.get()});
    link->due = TimePoint::min();  // and never again
    packed_bytes_ -= link->frames.size();
    link->frames.clear();  // it stays among those that are packed until they are sealed
    (link->is_somebody() ? order_ : strangers_).erase(link->place);
    leave_host(*link);
    links_.erase(link->at);
    return true;
}

// With all that belonged to whoever was there.
void Links::end(const std::shared_ptr<Link>& link, std::error_code why) {
    const Address at = link->at;
    if (drop(link)) {
        if (link->is_somebody()) {
            attempt_to([&] { owner_.replaced(at); });
        }
        go_on(link, why);
    }
}

void Links::forget(std::unique_ptr<DatagramSession>& session) noexcept {
    if (session) {
        by_index_.erase(session->own_index());
        session.reset();
    }
}

bool Links::wait(Link& link, Link::Waiting waiting) {
    const std::size_t size = waiting.size;
    if ((link.waiting_bytes > 0 &&
         link.waiting_bytes + size > bounds_.waiting_max / waiting_share) ||
        (waiting_bytes_ > 0 && waiting_bytes_ + size > bounds_.waiting_max)) {
        return false;
    }
    link.waiting.push_back(std::move(waiting));
    link.waiting_bytes += size;
    waiting_bytes_ += size;
    set_due(link);
    return true;
}

// Goes on with what waited, in its order; what it does may have more wait.
void Links::go_on(const std::shared_ptr<Link>& link, std::error_code why) {
    waiting_bytes_ -= std::exchange(link->waiting_bytes, 0);
    for (auto& waiting : std::exchange(link->waiting, {})) {
        attempt_to([&] { waiting.go_on(why); });
    }
}

// Somebody else is there: nothing that is meant for whoever was goes to them.
std::shared_ptr<Link> Links::succeed(const std::shared_ptr<Link>& link) {
    drop(link);
    auto next = make(link->at);
    next->tells_peer = link->tells_peer;
    next->waiting_bytes = std::exchange(link->waiting_bytes, 0);
    next->waiting = std::move(link->waiting);
    owner_.replaced(link->at);
    return next;
}

std::shared_ptr<Link> Links::establish(std::shared_ptr<Link> link,
                                       std::unique_ptr<DatagramSession> session,
                                       const Proved& proved, Sent sign) {
    const auto time = now();
    if (link->key && *link->key != proved.key) {
        node_.log(LogLevel::info, "somebody else is there: " + to_string(proved.key), link->at);
        link = succeed(link);
    }
    const bool first = !link->current;
    order_.splice(order_.end(), link->is_somebody() ? order_ : strangers_, link->place);
    link->key = proved.key;
    link->lasting = proved.lasting;
    link->who = {};
    link->secret = proved.secret;
    forget(link->before);
    link->before = std::move(link->current);
    auto& asking = link->asking;
    if (asking && asking->session && asking->asker->other() == proved.key && !link->before) {
        link->before = std::move(asking->session);  // which the other goes on with, perhaps
        asking->index = 0;                          // which is that one's now
    }
    link->current = std::move(session);
    by_index_[link->current->own_index()] = link.get();
    stop_asking(*link);
    settle_crossing(*link);
    link->failed = {};
    link->unanswered_since = Link::never;
    link->used_at = time;
    auto& those = at_host_[host_of(link->at)];
    those.splice(those.end(), those, link->place_at_host);
    declined_.erase(link->at);
    tallies_.sessions.add();
    node_.log(LogLevel::debug, "a session begins with " + link->somebody().str(), link->at);
    if (!bounds_.fragments) {
        if (first) {
            link->path.begin(time);
        } else {
            link->path.begin_anew(time);  // it may carry less by now
        }
    }
    go_on(link, {});
    owner_.began(link);
    if (link->current && link->frames.empty()) {
        say_sealed(*link, {}, sign);  // so that the other knows
    }
    set_due(*link);
    return link;
}

// Of two sessions that both asked for at the same time, both keep that of whose key is lower.
void Links::settle_crossing(Link& link) {
    const auto& before = link.before;
    if (!before || before->initiated() == link.current->initiated() ||
        std::chrono::abs(link.current->began_at() - before->began_at()) >= crossing) {
        return;
    }
    const bool own_is_lower = terms().own.public_key < *link.key;
    if (before->initiated() == own_is_lower) {
        std::swap(link.current, link.before);
    }
}

// Where the other says something from another address, it is asked to show that it is there.
void Links::challenge(const std::shared_ptr<Link>& link, const Address& from) {
    const auto time = now();
    if ((link->moves && time < link->moves->until) || !may_be_at(*link, from)) {
        return;
    }
    Link::Move move{from, time + challenged_for, {}};
    random().fill(move.challenge);
    link->moves = std::make_unique<Link::Move>(move);
    set_due(*link);
    say_challenge(*link);
}

bool Links::may_be_at(const Link& link, const Address& at) const {
    const auto other = link_at(at);
    if (other && other->is_somebody() && *other->key != *link.key) {
        return false;
    }
    return !why_not({at, *link.key, link.lasting});
}

void Links::move(const std::shared_ptr<Link>& link, const Address& to) {
    const Address from = link->at;
    const auto other = link_at(to);
    if (other) {
        drop(other);
    }
    auto& those = at_host_[host_of(to)];
    const auto place = those.insert(those.end(), link.get());
    leave_host(*link);
    link->place_at_host = place;
    auto entry = links_.extract(from);
    entry.key() = to;
    links_.insert(std::move(entry));
    link->at = to;
    link->moves.reset();
    declined_.erase(to);
    if (!bounds_.fragments) {
        link->path.begin_anew(now());
    }
    set_due(*link);
    node_.log(LogLevel::info, "it has moved here from " + from.str(), to);
    owner_.moved(from, to);
    if (!link->frames.empty()) {
        seal(link);
    }
    if (other) {
        go_on(other, {});  // in this session
    }
}

void Links::end_with_other_secrets() {
    const auto outer = node_.outer.get();
    const auto is_gone = [&](const SessionSecret& secret) {
        return session_secret(outer, &secret.who).psk.bytes != secret.psk.bytes;
    };
    for (auto at = pending_.begin(); at != pending_.end();) {
        const auto pending = at++;
        if (is_gone(pending->second.who.secret)) {
            take_pending(pending);
        }
    }
    std::vector<std::shared_ptr<Link>> ended;
    for (const auto& [at, link] : links_) {
        if (link->is_somebody() && is_gone(link->secret)) {
            ended.push_back(link);
        } else if (link->asking && is_gone(link->asking->secret)) {
            link->asking->session = nullptr;  // asked anew in time, with what there is then
        }
    }
    for (const auto& link : ended) {
        node_.log(LogLevel::info, "its session ends, as its secret is not known any more",
                  link->at);
        end(link, Errc::closed);
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

}  // namespace netaio::core
