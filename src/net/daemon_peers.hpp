#pragma once

#include <map>
#include <netaio/peer_management.hpp>
#include <optional>
#include <vector>

#include "core/callback.hpp"

namespace netaio::net {

/// The peers that the daemon tells a program of. Not thread-safe.
class DaemonPeers {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    /// `vacated` is told of every address where no peer is any more.
    DaemonPeers(const Environment& environment, core::Callback<void(const Address&)> vacated)
        : environment_(environment), vacated_(std::move(vacated)) {}

    void set_callbacks(PeerCallbacks callbacks);

    /// Takes what is said of one: `joined`, `changed` or `left`. Whether it makes sense.
    bool told(std::string_view what, ByteView content);
    /// Reads a list of those that the daemon has found; nothing where it makes no sense.
    static std::optional<std::vector<Peer>> parse(ByteView content);
    /// Takes one of them.
    void learn(Peer peer);
    /// The daemon begins to find peers anew: those known, and the addresses they had, stay until
    /// then, and go then unless it told of them again.
    void doubt(TimePoint until);
    void forget_all();
    /// Does what is due.
    void tick();
    /// When tick() is to be called next.
    std::optional<TimePoint> next() const {
        return doubt_ ? std::optional(doubt_->until) : std::nullopt;
    }

    std::vector<Peer> all() const;
    std::optional<Peer> find(ByteView id) const;
    std::optional<Peer> find_at(const Address& address) const;

private:
    using Tell = core::Callback<void(const Peer&)>;

    using Peers = std::map<std::string, Peer, std::less<>>;
    struct Doubt {
        TimePoint until;
        Peers told = {};  // since it began
    };

    void know(const Peer& peer);
    void forget(const std::string& id);
    void vacate(const std::set<Address>& addresses);
    void tell(const Tell& tell, const Peer& peer) const {
        tell.tell(environment_.log, "a peer callback threw", peer);
    }

    const Environment environment_;
    core::Callback<void(const Address&)> vacated_;
    Tell joined_;
    Tell changed_;
    Tell left_;
    Peers by_id_;
    std::optional<Doubt> doubt_;
};

}  // namespace netaio::net
