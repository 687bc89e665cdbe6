#pragma once

#include <boost/asio/steady_timer.hpp>
#include <netaio/tcp_client.hpp>

#include "protection.hpp"

namespace netaio::app {

/// How the tool manages peers: whoever authenticates resources authenticates them as well.
PeerManagementOptions peer_management(const Protection& protection);

/// Makes a client and its server known to each other, as keys for peers need it. While it waits it
/// takes the client's handlers of failures for itself.
class Introduction {
public:
    /// To be made before the client connects, for a protection with a local peer. The client must
    /// outlive it.
    Introduction(TcpClient& client, const Protection& protection);

    /// Waits until the server at that address, which is connected, has introduced itself. Gives
    /// Errc::timeout, Errc::auth_failed_unverified, or why the connection ended.
    awaitable<std::error_code> wait(const Address& server, std::chrono::milliseconds timeout);

private:
    void end(std::error_code error);

    TcpClient& client_;
    std::error_code error_;
    boost::asio::steady_timer* waiting_ = nullptr;
};

}  // namespace netaio::app
