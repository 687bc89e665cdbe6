#include "keeper.hpp"

#include <netaio/errc.hpp>

#include "backoff.hpp"
#include "subscription_words.hpp"

namespace netaio {

std::string_view to_string(ConnectionState state) noexcept {
    switch (state) {
        case ConnectionState::connecting: return "connecting";
        case ConnectionState::connected: return "connected";
        case ConnectionState::waiting: return "waiting";
        case ConnectionState::refused: return "refused";
    }
    return "unknown";
}

}  // namespace netaio

namespace netaio::core {

void Keeper::begin(TimePoint now) {
    if (stage_ == Stage::idle) {
        attempt(now);
    }
}

void Keeper::begin_connected(TimePoint now) {
    stage_ = Stage::connected;
    since_ = heard_at_ = now;
}

void Keeper::stop() noexcept {
    ++turn_;
    stage_ = Stage::over;
}

void Keeper::attempt(TimePoint now) {
    const Turn turn = ++turn_;
    stage_ = Stage::connecting;
    since_ = now;
    hands_.tell(ConnectionState::connecting, {}, ++attempts_);
    if (is_current(turn)) {
        hands_.connect(server_, turn);
    }
}

void Keeper::reached(Turn turn, TimePoint now) {
    if (is_current(turn) && stage_ == Stage::connecting) {
        greet(now);
    }
}

void Keeper::adopted(TimePoint now) {
    if (stage_ != Stage::over) {
        ++turn_;
        greet(now);
    }
}

void Keeper::greet(TimePoint now) {
    if (!terms_.greets) {
        prove(now);
        return;
    }
    stage_ = Stage::greeting;
    since_ = heard_at_ = now;
    hands_.greet(turn_);
}

void Keeper::greeted(Turn turn, TimePoint now) {
    if (is_current(turn) && stage_ == Stage::greeting) {
        prove(now);
    }
}

// Whether it is believed, the client learns from an answer only.
void Keeper::prove(TimePoint now) {
    since_ = heard_at_ = now;
    beating_ = false;
    if (!terms_.heartbeat) {
        restore(now);
        return;
    }
    stage_ = Stage::proving;
    hands_.beat(turn_);
}

void Keeper::restore(TimePoint now) {
    stage_ = Stage::restoring;
    heard_at_ = now;
    asked_ = 0;
    asked_last_.reset();
    ask_for_more(now);
}

void Keeper::ask_for_more(TimePoint now) {
    const Turn turn = turn_;
    while (asked_ < std::max<std::size_t>(terms_.window, 1)) {
        const auto next =
            asked_last_ ? subscriptions_.upper_bound(*asked_last_) : subscriptions_.begin();
        if (next == subscriptions_.end()) {
            break;
        }
        ++asked_;
        asked_last_ = next->first;
        hands_.subscribe(GrantedSubscription(next->second), turn);
        if (!is_current(turn)) {
            return;
        }
    }
    if (asked_ == 0 && stage_ == Stage::restoring) {
        stage_ = Stage::connected;
        since_ = heard_at_ = now;
        hands_.tell(ConnectionState::connected, {}, std::exchange(attempts_, 0));
    }
}

void Keeper::granted(Turn turn, TimePoint now) {
    if (is_current(turn) && stage_ == Stage::restoring && asked_ > 0) {
        --asked_;
        heard(now);
        ask_for_more(now);
    }
}

void Keeper::heard(TimePoint at) noexcept {
    heard_at_ = std::max(heard_at_, at);
    beating_ = beating_ && heard_at_ < beat_at_;
}

void Keeper::answered(Turn turn, TimePoint now) {
    if (!is_current(turn)) {
        return;
    }
    heard_at_ = std::max(heard_at_, now);
    beating_ = false;
    if (stage_ == Stage::proving) {
        restore(now);
    }
}

void Keeper::lost(Turn turn, std::error_code why, TimePoint now) {
    if (is_current(turn) && tries()) {
        retry(why, stage_ == Stage::connected, now);
    }
}

void Keeper::failed(Turn turn, std::error_code why, TimePoint now) {
    if (is_current(turn) && tries()) {
        const bool was_connected = stage_ == Stage::connected;
        if (end(why)) {
            retry(why, was_connected, now);
        }
    }
}

// A server that has believed the client may do so again.
void Keeper::refused(Turn turn, std::error_code why, TimePoint now) {
    const bool believed =
        stage_ == Stage::connected || (stage_ == Stage::restoring && terms_.heartbeat);
    if (!terms_.end_on_refusal || believed) {
        failed(turn, why, now);
    } else if (is_current(turn) && tries() && end(why)) {
        give_up(why);
    }
}

// Ends the connection. Whether to go on.
bool Keeper::end(std::error_code why) {
    const Turn next = ++turn_;
    stage_ = Stage::idle;
    hands_.disconnect(why);
    return is_current(next);
}

void Keeper::give_up(std::error_code why) {
    stop();
    hands_.tell(ConnectionState::refused, why, attempts_);
}

// The next server is tried when one could not be had; one that could is tried first again.
void Keeper::retry(std::error_code why, bool was_connected, TimePoint now) {
    ++turn_;
    if (!was_connected) {
        server_ = (server_ + 1) % terms_.servers;
    } else if (now - since_ >= longest_pause(terms_.backoff, pauses_ + 1)) {
        pauses_ = 0;
    }
    if (terms_.attempts && attempts_ >= *terms_.attempts) {
        give_up(why);
        return;
    }
    if (terms_.at_once && was_connected && pauses_ == 0) {
        attempt(now);
        return;
    }
    stage_ = Stage::waiting;
    retry_at_ = now + pause_of(terms_.backoff, ++pauses_, *random_);
    hands_.tell(ConnectionState::waiting, why, attempts_);
}

void Keeper::subscribed(GrantedSubscription subscription) {
    const bool prefix = SubscriptionWords::parse(subscription.content).prefix;
    Key key(subscription.uri, prefix);
    subscriptions_.insert_or_assign(std::move(key), std::move(subscription));
}

void Keeper::unsubscribed(ByteView uri, bool prefix) {
    subscriptions_.erase(Key(uri.str(), prefix));
}

std::optional<Keeper::TimePoint> Keeper::next() const {
    switch (stage_) {
        case Stage::waiting: return retry_at_;
        case Stage::proving: return since_ + bounded(terms_.heartbeat_timeout);
        case Stage::greeting:
        case Stage::restoring: return heard_at_ + bounded(terms_.patience);
        case Stage::connected:
            return !terms_.heartbeat ? std::nullopt
                   : beating_        ? std::optional(beat_at_ + bounded(terms_.heartbeat_timeout))
                                     : std::optional(heard_at_ + bounded(*terms_.heartbeat));
        default: return std::nullopt;
    }
}

void Keeper::tick(TimePoint now) {
    if (const auto due = next(); !due || now < *due) {
        return;
    }
    if (stage_ == Stage::waiting) {
        attempt(now);
    } else if (stage_ == Stage::connected && !beating_) {
        beating_ = true;
        beat_at_ = now;
        hands_.beat(turn_);
    } else {
        failed(turn_, Errc::timeout, now);
    }
}

}  // namespace netaio::core
