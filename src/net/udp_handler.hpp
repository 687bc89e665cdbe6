#pragma once

#include <netaio/udp_node.hpp>

#include "core/deferred.hpp"

namespace netaio::net {

/// A user's handler of a UDP node as the core keeps it.
class KeptUdpHandler final : public core::Handler {
public:
    explicit KeptUdpHandler(UdpHandler handler)
        : Handler(static_cast<bool>(handler.suspending), static_cast<bool>(handler.deferring)),
          handler_(std::move(handler)) {}

    std::optional<OwnedMessage> call(const Message& message, core::Source& source) const override {
        if (defers()) {
            core::call_deferring(source.defer(), [&](Answer answer) {
                handler_.deferring(message, source.remote(), std::move(answer));
            });
            return std::nullopt;
        }
        return handler_.plain(message, source.remote());
    }
    awaitable<std::optional<OwnedMessage>> start(const Message& message,
                                                 const Address& from) const {
        return handler_.suspending(message, from);
    }

private:
    UdpHandler handler_;
};

}  // namespace netaio::net
