#include "freshness.hpp"

#include <cstring>
#include <netaio/never.hpp>
#include <stdexcept>

#include "../wire/keyed_hash.hpp"

namespace netaio::plugins {
namespace {

std::string seconds(std::int64_t count) {
    return std::to_string(count) + " s";
}

std::string seconds(std::chrono::milliseconds time) {
    using std::chrono::seconds;
    return time % seconds(1) == time.zero()
               ? plugins::seconds(std::chrono::duration_cast<seconds>(time).count())
               : std::to_string(time.count()) + " ms";
}

}  // namespace

Freshness::Freshness(std::chrono::milliseconds max_age, std::shared_ptr<SeenMessages> seen,
                     std::string_view kind, std::string_view field, std::string_view options)
    : max_age_(max_age), domain_(wire::keyed_hash(std::string(kind) + '\0' + std::string(field))) {
    if (max_age.count() <= 0) {
        throw std::invalid_argument(std::string(options) +
                                    "::max_age must be more than zero: leave it at never to accept "
                                    "messages of any age, as often as they come");
    }
    if (max_age != never) {
        seen_ = seen ? std::move(seen) : std::make_shared<SeenMessages>();
    }
}

bool Freshness::accept(const crypto::Digest& what, std::uint32_t timestamp, const Identities& who,
                       const PluginContext& context) const {
    if (!is_on()) {
        context.vouch(who);
        return true;
    }
    const Key all = key(what, context);
    const Sighting sighting =
        seen_->see(std::string_view(all.data(), all.size()), timestamp, max_age_);
    if (sighting.shrunk) [[unlikely]] {
        warn(context);
    }
    if (sighting.seen != Seen::fresh) {
        return refuse(sighting, who, context) || pass_at_any_age(who, context);
    }
    context.vouch(who);
    return true;
}

[[gnu::cold]] bool Freshness::pass_at_any_age(const Identities& who, const PluginContext& context) {
    if (!context.any_age || !context.verdict) {
        return false;
    }
    context.verdict->aged = true;
    context.verdict->copy = false;
    context.vouch(who);
    return true;
}

bool Freshness::may_accept(const crypto::Digest& what, std::uint32_t timestamp,
                           const PluginContext& context) const {
    if (!is_on()) {
        return true;
    }
    const Key all = key(what, context);
    const Sighting sighting =
        seen_->look(std::string_view(all.data(), all.size()), timestamp, max_age_);
    return sighting.seen == Seen::fresh || sighting.seen == Seen::copy ||
           refuse(sighting, {}, context);
}

Freshness::Key Freshness::key(const crypto::Digest& what,
                              const PluginContext& context) const noexcept {
    // Nodes may share a plugin, and each may hear the message.
    Key all;
    std::memcpy(all.data(), &context.node, sizeof context.node);
    std::memcpy(all.data() + sizeof context.node, &domain_, sizeof domain_);
    what.view().copy(all.data() + 2 * sizeof(std::uint64_t), crypto::Digest::size);
    return all;
}

[[gnu::cold]] bool Freshness::refuse(const Sighting& sighting, const Identities& who,
                                     const PluginContext& context) const {
    // Short, as a datagram is answered by no larger one.
    switch (sighting.seen) {
        case Seen::too_old:
            return context.refuse(Errc::stale, "the message is " + seconds(sighting.seconds) +
                                                   " older than the clock here (" +
                                                   seconds(max_age_) + " at most)");
        case Seen::too_new:
            return context.refuse(Errc::stale, "the message is " + seconds(-sighting.seconds) +
                                                   " ahead of the clock here (" +
                                                   seconds(seen_->max_ahead()) + " at most)");
        case Seen::below_floor:
            return context.refuse(Errc::stale,
                                  "the message is " + seconds(sighting.seconds) +
                                      " too old to be told from a replay, as after a start");
        case Seen::copy:
            if (context.verdict) {
                context.verdict->copy = true;
            }
            context.vouch(who);
            [[fallthrough]];
        default: return context.refuse(Errc::replayed, "the message came before");
    }
}

[[gnu::cold]] void Freshness::warn(const PluginContext& context) const {
    if (context.verdict) {
        context.verdict->forgot = true;
    }
    const auto now = context.environment.clock->steady_now();
    auto next = warn_at_.load();
    if (now >= next && warn_at_.compare_exchange_strong(next, now + std::chrono::minutes(1))) {
        context.environment.log(
            LogLevel::warning,
            "messages come faster than they can be remembered, so those that are not so old are "
            "refused as stale; SeenOptions::bytes_max sets how many are");
    }
}

}  // namespace netaio::plugins
