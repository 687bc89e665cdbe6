#pragma once

#include "cancelling.hpp"
#include "stream.hpp"

namespace netaio::net {

// A handler in the middle of its work, and the message it works on.
struct Stream::Suspended : Cancellable {
    Suspended(core::Route taken, OwnedMessage owned)
        : route(std::move(taken)), message(std::move(owned)) {}

    core::Route route;
    OwnedMessage message;
    std::optional<OwnedMessage> reply = std::nullopt;
    std::exception_ptr failure = nullptr;
    bool ended = false;
};

}  // namespace netaio::net
