#pragma once

#include <netaio/tcp_server.hpp>

#include "protection.hpp"
#include "write_queue.hpp"

namespace netaio::app {

/// What a ResourceServer does beside answering.
struct ResourceServerOptions {
    Protection protection;
    bool read_only = false;
    Log log = {};
};

/// The handlers that make a TcpServer a server of resources. Must outlive the server's event loops.
class ResourceServer {
public:
    ResourceServer(TcpServer& server, WriteQueue& writes, ResourceServerOptions options);

private:
    OwnedMessage read(const Message& asked);
    awaitable<OwnedMessage> change(Change what, const Message& asked);
    OwnedMessage refuse(const Message& asked) const;
    OwnedMessage publish(const Message& asked);
    void tell_subscribers(ByteView uri, ByteView content);

    TcpServer& server_;
    WriteQueue& writes_;
    ResourceServerOptions options_;
};

}  // namespace netaio::app
