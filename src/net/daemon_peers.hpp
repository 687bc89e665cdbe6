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
    /// `vacated` is told of every address where a peer is no more.
    DaemonPeers(const Environment& environment, core::Callback<void(const Address&)> vacated)
        : environment_(environment), vacated_(std::move(vacated)) {}

    void set_callbacks(PeerCallbacks callbacks);

    /// Takes what is said of one: `joined`, `changed` or `left`. Whether it makes sense.
    bool told(std::string_view what, ByteView content);
    /// Takes a list of all. Whether it makes sense.
    bool told_all(ByteView content);

    std::vector<Peer> all() const;
    std::optional<Peer> find(ByteView id) const;
    std::optional<Peer> find_at(const Address& address) const;

private:
    using Tell = core::Callback<void(const Peer&)>;

    void know(Peer peer);
    void forget(const std::string& id);
    void tell(const Tell& tell, const Peer& peer) const {
        tell.tell(environment_.log, "a peer callback threw", peer);
    }

    const Environment environment_;
    core::Callback<void(const Address&)> vacated_;
    Tell joined_;
    Tell changed_;
    Tell left_;
    std::map<std::string, Peer, std::less<>> by_id_;
};

}  // namespace netaio::net
