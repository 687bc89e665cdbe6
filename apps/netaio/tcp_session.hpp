#pragma once

#include <netaio/tcp_client.hpp>

#include "introduction.hpp"
#include "session.hpp"

namespace netaio::app {

/// A connection to a server.
class TcpSession final : public Session {
public:
    TcpSession(const ClientOptions& options, const Protection& protection);

    void listen(const Listener& listener) override;
    awaitable<void> connect() override;
    void close() override { client_.close_all(); }

private:
    Requester& requester() override { return client_; }

    TcpClient client_;
    std::optional<Introduction> introduction_;
    bool listening_ = false;
};

}  // namespace netaio::app
