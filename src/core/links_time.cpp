#include <algorithm>

#include "links.hpp"

/// What sessions over datagrams do in time.
namespace netaio::core {
namespace {

// Without an answer for so long, a session is asked for anew.
constexpr std::chrono::seconds unanswered_for{1};
// How long a handshake may take that the other began.
constexpr std::chrono::seconds pending_for{5};
// After how long without use what can be computed again is given up.
constexpr std::chrono::seconds rests_after{2};

}  // namespace

// What nobody wants any more.
void Links::expire_waiting(const std::shared_ptr<Link>& link) {
    const auto time = now();
    std::vector<Link::Waiting> expired;
    std::erase_if(link->waiting, [&](Link::Waiting& waiting) {
        if (waiting.until > time) {
            return false;
        }
        link->waiting_bytes -= waiting.size;
        waiting_bytes_ -= waiting.size;
        expired.push_back(std::move(waiting));
        return true;
    });
    for (auto& waiting : expired) {
        attempt_to([&] { waiting.go_on(Errc::timeout); });
    }
}

void Links::look_after(const std::shared_ptr<Link>& link) {
    const auto time = now();
    for (auto* const session : {&link->current, &link->before}) {
        if (*session && !(*session)->is_good(time)) {
            forget(*session);
        }
    }
    expire_waiting(link);
    if (link->asking && !link->asking->question && time >= link->asking->again_at) {
        silent(link);
    }
    if (link->moves && time >= link->moves->until) {
        link->moves.reset();
        if (!link->frames.empty()) {
            seal(link);
        }
    }
    if (link->current) {
        look_after_session(link, time);
    } else if (!link->asking && !link->is_somebody() && time >= link->ask_at) {
        end(link, Errc::no_session);
        return;
    } else if (!link->asking) {
        go_on(link, {});  // what waited for its path, and asks now
    }
    // What was due before may be no more.
    if (link->due != TimePoint::min()) {
        due_.erase({std::exchange(link->due, Link::never), link.get()});
        set_due(*link);
    }
}

void Links::look_after_session(const std::shared_ptr<Link>& link, TimePoint time) {
    if (time - link->used_at >= rests_after) {
        link->rest();
    }
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
        ask(link, true, true);
    }
}

void Links::answer_all() {
    seal_all();  // which answers, too
    // Whoever cannot be sent something may be told, and begin others meanwhile.
    std::vector<std::shared_ptr<Link>> heard;
    for (const auto& [at, link] : links_) {
        if (link->answer_by != Link::never) {
            heard.push_back(link);
        }
    }
    for (const auto& link : heard) {
        if (link->current && link->answer_by != Link::never && link->frames.empty()) {
            say_sealed(*link, {}, Sent::unanswered);
        }
    }
}

// When it is to be looked after. Told too early it does nothing.
void Links::set_due(Link& link) {
    TimePoint due = Link::never;
    const auto consider = [&](TimePoint at) { due = std::min(due, at); };
    for (const auto& waiting : link.waiting) {
        consider(waiting.until);
    }
    if (link.asking && !link.asking->question) {
        consider(link.asking->again_at);
    }
    if (link.moves) {
        consider(link.moves->until);
    }
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
