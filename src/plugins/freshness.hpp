#pragma once

#include <array>
#include <atomic>
#include <netaio/plugins.hpp>
#include <netaio/seen_messages.hpp>

#include "../crypto/sha256.hpp"

namespace netaio::plugins {

/// What all plugins with a `max_age` do with messages that they found authentic: tells the new ones
/// from the stale and the replayed. Thread-safe.
class Freshness {
public:
    /// On unless `max_age` is never. Without a table it has one of its own. `kind` and `field` tell
    /// what this plugin authenticates from what others do who share the table. `options` names the
    /// options in exceptions: std::invalid_argument for a time that makes no sense.
    Freshness(std::chrono::milliseconds max_age, std::shared_ptr<SeenMessages> seen,
              std::string_view kind, std::string_view field, std::string_view options);

    bool is_on() const noexcept { return seen_ != nullptr; }
    /// Whether an authentic message may pass, for whose authors it vouches; says why not, and that
    /// others were forgotten. `what` is a digest of all that was authenticated: with another body,
    /// nonce or timestamp it is another. Not asked for unless it is on.
    bool accept(const crypto::Digest& what, std::uint32_t timestamp, const Identities& who,
                const PluginContext& context) const;

    /// Whether accept() has more to say of it than that it is stale or replayed: it is new, or
    /// perhaps a copy. Nothing is remembered: for who has still to find out whether it is
    /// authentic, where that costs more.
    bool may_accept(const crypto::Digest& what, std::uint32_t timestamp,
                    const PluginContext& context) const;

private:
    using Key = std::array<char, 2 * sizeof(std::uint64_t) + crypto::Digest::size>;

    Key key(const crypto::Digest& what, const PluginContext& context) const noexcept;
    bool refuse(const Sighting& sighting, const Identities& who,
                const PluginContext& context) const;
    static bool pass_at_any_age(const Identities& who, const PluginContext& context);
    void warn(const PluginContext& context) const;

    std::chrono::milliseconds max_age_;
    std::shared_ptr<SeenMessages> seen_;
    std::uint64_t domain_;
    mutable std::atomic<std::chrono::steady_clock::time_point> warn_at_{
        std::chrono::steady_clock::time_point::min()};
};

}  // namespace netaio::plugins
