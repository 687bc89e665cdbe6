#pragma once

#include <netaio/plugins.hpp>

namespace netaio {

/// The peer plugin everybody uses unless told otherwise: a peer is the packify tuple (id, data),
/// its data a packify dict, and every peer with an id is believed (protocol.md §9).
class DefaultPeer final : public PeerPlugin {
public:
    bool validate(const Peer& peer) const override;
    Result<Value> parse_data(const Peer& peer) const override;
    Result<std::string> encode_data(const Value& data) const override;
    Result<std::string> pack(const Peer& peer) const override;
    Result<Peer> unpack(ByteView packed) const override;
};

/// Peer::data as DefaultPeer writes it: `peer_data({{"name", "kitchen"}})`. Throws
/// std::invalid_argument when packify has no form for a value.
std::string peer_data(const Dict& data);

}  // namespace netaio
