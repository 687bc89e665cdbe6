#pragma once

#include <boost/asio/cancellation_signal.hpp>

#include "core/stream.hpp"

namespace netaio::net {

/// A request on a connection, and how it is cancelled.
struct StreamRequest {
    OwnedMessage message;
    MessageType answer;  // the type of the one that is awaited
    Plugins inner;
    std::chrono::milliseconds timeout;  // bounded
    boost::asio::cancellation_slot cancel = {};
};

/// Makes it. The completion is told once, perhaps within the call. On the stream's thread.
void request_on(const std::shared_ptr<core::Stream>& stream, StreamRequest request,
                core::RequestTable::Completion complete);

}  // namespace netaio::net
