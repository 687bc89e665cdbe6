#pragma once

#include <netaio/udp_node.hpp>

#include "session.hpp"

namespace netaio::app {

/// Datagrams to a node.
class UdpSession final : public Session {
public:
    UdpSession(const ClientOptions& options, const Protection& protection);

    void listen(const Listener& listener) override;
    awaitable<void> connect() override;
    void close() override { node_.stop(); }
    void unsubscribe(ByteView uri) override;

private:
    Requester& requester() override { return node_; }
    awaitable<void> introduce();

    UdpNode node_;
};

}  // namespace netaio::app
