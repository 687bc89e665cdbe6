#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <netaio/connection.hpp>
#include <netaio/handler.hpp>
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

/// The handlers that make a TcpServer or a UdpNode a server of resources. Must outlive its event
/// loops. What a resource contains is the present value of its uri, which a TcpServer gives to
/// those who subscribe with it.
class ResourceServer {
public:
    template <class Server>
    ResourceServer(Server& server, WriteQueue& writes, ResourceServerOptions options);

    /// Has the present values begin with what is stored; to be called before the server starts.
    /// Where they are too many for present_max, none are given.
    void begin_with(Store& store);

    /// Replaces the inner layer of all that it answers and tells. Thread-safe.
    void use(const Plugins& inner);

private:
    Plugins inner() const { return *inner_.load(); }
    OwnedMessage read(const Message& asked);
    awaitable<OwnedMessage> change(Change what, const Message& asked);
    OwnedMessage refuse(const Message& asked) const;
    OwnedMessage publish(const Message& asked);
    void committed(Change what, ByteView uri, ByteView content);
    void tell_subscribers(ByteView uri, ByteView content);
    std::error_code keep(ByteView uri, ByteView content);
    Reply grant(const Message& asked, Connection& from);

    template <class Server>
    void handle_all(Server& server, const HandlerOptions& inner);
    template <class Server>
    void handle_changes(Server& server, const HandlerOptions& inner);
    template <class Server>
    void handle_subscriptions(Server& server, const HandlerOptions& inner);

    std::function<std::error_code(ByteView uri, const Message&)> notify_;
    std::function<void(const Plugins& inner)> handle_;
    std::atomic<std::shared_ptr<const Plugins>> inner_;
    TcpServer* server_ = nullptr;              // where present values are kept
    std::atomic<bool> keeps_present_ = false;  // all of them
    WriteQueue& writes_;
    ResourceServerOptions options_;
};

}  // namespace netaio::app
