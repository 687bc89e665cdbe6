#include "quota.hpp"

#include <algorithm>

namespace netaio::daemon {

namespace detail {

TokenBucket::Duration TokenBucket::take(double tokens, double per_second, double burst,
                                        TimePoint now) {
    using Seconds = std::chrono::duration<double>;
    if (per_second <= 0) {
        begun_ = false;
        return {};
    }
    if (!begun_) {
        begun_ = true;
        tokens_ = burst;
        at_ = now;
    }
    if (now > at_) {
        tokens_ = std::min(burst, tokens_ + Seconds(now - at_).count() * per_second);
        at_ = now;
    }
    tokens_ -= tokens;
    if (tokens_ >= 0) return {};
    // A day is long enough, and fits whatever was taken.
    const double owed = std::min(-tokens_ / per_second, 86400.0);
    return std::max(std::chrono::ceil<Duration>(Seconds(owed)), Duration(1));
}

}  // namespace detail

namespace {

using detail::Taken;

constexpr const char* each_app = "an app";
constexpr const char* all_apps = "all apps of a user together";

[[gnu::cold, gnu::noinline]] std::string more_than(const char* whose, std::size_t limit,
                                                   const char* what) {
    return std::string(whose) + " may have " + std::to_string(limit) + " " + what +
           ", which this would exceed; see the quotas in the configuration of netaiod";
}

// Whether `more` beside what there is would be beyond a limit.
bool exceeds(std::size_t there, std::size_t more, std::size_t limit) noexcept {
    return there > limit || more > limit - there;
}

std::optional<std::string> refuse_key(const Taken& taken, std::size_t bytes, const Limits& limits,
                                      const char* whose) {
    if (exceeds(taken.registrations, 1, limits.registrations)) {
        return more_than(whose, limits.registrations, "keys and subscriptions");
    }
    if (exceeds(taken.key_bytes, bytes, limits.key_bytes)) {
        return more_than(whose, limits.key_bytes, "bytes of keys");
    }
    return std::nullopt;
}

Allowance::Duration pause_of(Taken& taken, const Limits& limits, Allowance::TimePoint now,
                             double messages, double bytes) {
    return std::max(
        taken.messages.take(messages, limits.messages_per_second, limits.message_burst, now),
        taken.bytes.take(bytes, limits.bytes_per_second, limits.byte_burst, now));
}

}  // namespace

Allowances::Admission Allowances::try_connect(std::uint32_t uid) {
    const auto user = users_.find(uid);
    const std::size_t there = user == users_.end() ? 0 : user->second.connections;
    if (exceeds(there, 1, quota_.connections)) {
        return {nullptr, more_than(all_apps, quota_.connections, "connections")};
    }
    return {std::unique_ptr<Allowance>(new Allowance(*this, uid)), {}};
}

Allowance::Allowance(Allowances& all, std::uint32_t uid) : all_(all), user_(all.users_[uid]) {
    ++user_.connections;
}

Allowance::~Allowance() {
    user_.registrations -= app_.registrations;
    user_.key_bytes -= app_.key_bytes;
    --user_.connections;
}

Allowance::Duration Allowance::take(TimePoint now, std::size_t messages, std::size_t bytes) {
    const auto count = static_cast<double>(messages);
    const auto size = static_cast<double>(bytes);
    return std::max(pause_of(app_, all_.quota_.app, now, count, size),
                    pause_of(user_, all_.quota_.user, now, count, size));
}

std::optional<std::string> Allowance::try_register(std::size_t key_bytes) {
    const Quota& quota = all_.quota_;
    if (auto refusal = refuse_key(app_, key_bytes, quota.app, each_app)) return refusal;
    if (auto refusal = refuse_key(user_, key_bytes, quota.user, all_apps)) return refusal;
    for (Taken* taken : {&app_, &user_}) {
        ++taken->registrations;
        taken->key_bytes += key_bytes;
    }
    return std::nullopt;
}

void Allowance::unregister(std::size_t key_bytes) noexcept {
    for (Taken* taken : {&app_, &user_}) {
        --taken->registrations;
        taken->key_bytes -= key_bytes;
    }
}

}  // namespace netaio::daemon
