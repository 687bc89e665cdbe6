#include "carrier.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace netaio::chat_app {
namespace {

// Forgets what was done about things that are no more, unless they are on their way.
template <class Key, class Attempts>
void keep_only(std::map<Key, Attempts>& all, const std::set<Key>& there) {
    std::erase_if(all, [&](const auto& each) {
        return !each.second.on_the_way && !there.contains(each.first);
    });
}

}  // namespace

Carrier::Carrier(const boost::asio::any_io_executor& executor, ChatCalls chat, Link* near,
                 Link* far, CarrierOptions options)
    : chat_(std::move(chat)),
      near_(near),
      far_(far),
      options_(std::move(options)),
      timer_(executor) {}

void Carrier::wake() {
    if (std::exchange(is_woken_, true)) return;
    look_in(looked_at_ == TimePoint() ? TimePoint::duration() : looked_at_ + options_.rest - now());
}

// The timer is set anew, so what was planned before does not happen.
void Carrier::look_in(std::chrono::steady_clock::duration time) {
    timer_.expires_after(std::max(time, TimePoint::duration()));
    timer_.async_wait(lifetime_.guard([this](const boost::system::error_code& error) {
        if (!error) look();
    }));
}

void Carrier::look() {
    is_woken_ = false;
    looked_at_ = now();
    look_at_ = looked_at_ + options_.look_every;
    (void)noted(options_.environment.log, [this] { ask_bundles(); });
    (void)noted(options_.environment.log, [this] { carry_parcels(); });
    if (!is_woken_) look_in(look_at_ - now());
}

void Carrier::carry_parcels() {
    const std::vector<chat::Parcel> parcels = chat_.parcels();
    std::set<std::uint64_t> there;
    for (const chat::Parcel& parcel : parcels) there.insert(parcel.number);
    keep_only(parcels_, there);
    std::set<chat::PublicKey> held;
    for (const chat::Parcel& parcel : parcels) {
        if (near_ && !near_->reaches(parcel.to)) in_vain_.erase(parcel.to);
        if (held.contains(parcel.to)) continue;
        Attempts& attempts = parcels_[parcel.number];
        // What was said later does not overtake it.
        if (!attempts.was_brought) held.insert(parcel.to);
        const auto [near, far] = due(parcel.to, attempts);
        const bool is_kept = now() < attempts.kept_until;
        const bool tries_near = near && (is_kept || !far || hopes_for_near(parcel.to, attempts));
        Link* const link = tries_near ? near : is_kept ? nullptr : far;
        if (link && on_the_way_in_all_ < options_.at_once &&
            on_the_way_[parcel.to] < options_.at_once_to_one) {
            carry(parcel, attempts, *link);
        }
    }
    std::erase_if(on_the_way_, [](const auto& each) { return each.second == 0; });
}

// Whether what is brought to them comes, as far as is known.
bool Carrier::hopes_for_near(const chat::PublicKey& whom, const Attempts& attempts) const {
    const auto in_vain = in_vain_.find(whom);
    return attempts.near < options_.near_attempts &&
           (in_vain == in_vain_.end() || in_vain->second < options_.near_attempts);
}

void Carrier::ask_bundles() {
    const std::vector<chat::PublicKey> wanted = chat_.wants_bundle();
    keep_only(bundles_, std::set<chat::PublicKey>(wanted.begin(), wanted.end()));
    for (const chat::PublicKey& whom : wanted) {
        Attempts& attempts = bundles_[whom];
        const auto [near, far] = due(whom, attempts);
        // By turns, where there are both.
        Link* const link = near && (!far || attempts.pauses % 2 == 0) ? near : far;
        if (link) ask_bundle(whom, attempts, *link);
    }
}

Carrier::Choice Carrier::due(const chat::PublicKey& whom, Attempts& attempts) {
    const bool is_near = near_ && near_->reaches(whom);
    const bool is_far = far_ && far_->reaches(whom);
    const bool came = std::exchange(attempts.was_near, is_near) < is_near;
    const bool relay_came = std::exchange(attempts.was_far, is_far) < is_far;
    if (came) attempts.near = 0;
    if (came || relay_came) {
        attempts.next = {};
        attempts.pauses = 0;
    }
    if (attempts.on_the_way) return {nullptr, nullptr};
    if (now() < attempts.next) {
        look_at_ = std::min(look_at_, attempts.next);
        return {nullptr, nullptr};
    }
    return {is_near ? near_ : nullptr, is_far ? far_ : nullptr};
}

void Carrier::carry(const chat::Parcel& parcel, Attempts& attempts, Link& link) {
    attempts.on_the_way = true;
    ++on_the_way_[parcel.to];
    ++on_the_way_in_all_;
    link.carry(parcel,
               lifetime_.guard([this, number = parcel.number, to = parcel.to, &link](bool done) {
                   --on_the_way_[to];
                   --on_the_way_in_all_;
                   Attempts& mine = parcels_.at(number);
                   mine.was_brought |= done;
                   if (&link == near_ && !done) ++in_vain_[to];
                   if (&link == near_ && done) {
                       in_vain_.erase(to);
                       noted(options_.environment.log, [&] { chat_.was_taken(number); });
                   }
                   ended(mine, link, done);
               }));
}

void Carrier::ask_bundle(const chat::PublicKey& whom, Attempts& attempts, Link& link) {
    attempts.on_the_way = true;
    link.ask_bundle(whom, lifetime_.guard([this, whom, &link](bool done) {
        ended(bundles_.at(whom), link, done);
    }));
}

void Carrier::ended(Attempts& attempts, const Link& link, bool done) {
    attempts.on_the_way = false;
    if (&link == near_) {
        ++attempts.near;
    } else if (done) {
        attempts.kept_until = now() + options_.kept_for;
    }
    const auto pause = options_.pause * (1 << std::min(attempts.pauses++, 20u));
    attempts.next = now() + std::min(pause, options_.pause_max);
    wake();
}

}  // namespace netaio::chat_app
