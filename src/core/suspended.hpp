#pragma once

#include <netaio/address.hpp>
#include <netaio/message.hpp>

#include "handler.hpp"

namespace netaio::core {

/// A handler that runs, as whoever has it run sees it.
class Running {
public:
    virtual ~Running() = default;
    /// Has it end soon, though not within its first step. One that ends by that did not fail.
    virtual void cancel() = 0;
};

/// A handler in the middle of its work, and the message it works on.
struct Suspended {
    Suspended(const Address& sender, Route taken, OwnedMessage owned)
        : from(sender), route(std::move(taken)), message(std::move(owned)) {}

    const Address from;
    Route route;  // without handler where that has returned
    OwnedMessage message;
    /// Set by whoever runs it, before its first step.
    std::shared_ptr<Running> running = nullptr;
};

}  // namespace netaio::core
