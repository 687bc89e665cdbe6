#pragma once

#include <boost/asio/cancellation_signal.hpp>

#include "stream.hpp"

namespace netaio::net {

// A handler in the middle of its work, and the message it works on.
struct Stream::Suspended {
    Suspended(core::Route taken, OwnedMessage owned)
        : route(std::move(taken)), message(std::move(owned)) {}

    core::Route route;
    OwnedMessage message;
    std::optional<OwnedMessage> reply = std::nullopt;
    std::exception_ptr failure = nullptr;
    bool starting = true;
    bool ended = false;
    boost::asio::cancellation_signal cancel = {};
};

}  // namespace netaio::net
