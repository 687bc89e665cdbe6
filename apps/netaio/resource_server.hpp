#pragma once

#include <functional>
#include <netaio/connection.hpp>
#include <netaio/handler.hpp>

#include "protection.hpp"
#include "write_queue.hpp"

namespace netaio::app {

/// What a ResourceServer does beside answering.
struct ResourceServerOptions {
    Protection protection;
    bool read_only = false;
    Log log = {};
};

/// The handlers that make a TcpServer or a UdpNode a server of resources. Must outlive its event
/// loops.
class ResourceServer {
public:
    template <class Server>
    ResourceServer(Server& server, WriteQueue& writes, ResourceServerOptions options);

private:
    OwnedMessage read(const Message& asked);
    awaitable<OwnedMessage> change(Change what, const Message& asked);
    OwnedMessage refuse(const Message& asked) const;
    OwnedMessage publish(const Message& asked);
    void tell_subscribers(ByteView uri, ByteView content);

    template <class Server>
    void handle_changes(Server& server);
    template <class Server>
    void handle_subscriptions(Server& server);

    std::function<std::error_code(ByteView uri, const Message&)> notify_;
    WriteQueue& writes_;
    ResourceServerOptions options_;
};

}  // namespace netaio::app
