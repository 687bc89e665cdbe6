#pragma once

#include <netaio/handler.hpp>

#include "core/handler.hpp"

namespace netaio::net {

/// A user's handler as the core keeps it.
class KeptTcpHandler final : public core::Handler {
public:
    explicit KeptTcpHandler(TcpHandler handler)
        : Handler(static_cast<bool>(handler.suspending), static_cast<bool>(handler.deferring)),
          handler_(std::move(handler)) {}

    std::optional<OwnedMessage> call(const Message& message, core::Source& source) const override;
    awaitable<std::optional<OwnedMessage>> start(const Message& message,
                                                 Connection& connection) const {
        return handler_.suspending(message, connection);
    }

private:
    TcpHandler handler_;
};

/// A route to a user's handler.
inline core::Route tcp_route(TcpHandler handler, HandlerOptions options) {
    return core::route_to(std::make_shared<const KeptTcpHandler>(std::move(handler)),
                          std::move(options));
}

}  // namespace netaio::net
