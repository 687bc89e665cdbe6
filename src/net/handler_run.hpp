#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <exception>
#include <netaio/handler.hpp>

#include "cancelling.hpp"
#include "core/suspended.hpp"
#include "core/unique_function.hpp"

namespace netaio::net {

/// A user's coroutine that handles something: the one way to run those. Belongs to the executor's
/// thread.
class HandlerRun final : public core::Running, public std::enable_shared_from_this<HandlerRun> {
public:
    using Reply = std::optional<OwnedMessage>;
    /// Told of the end, once: the reply or none, or what was thrown. Not when the executor's
    /// context ends before.
    using Ended = core::UniqueFunction<void(Reply, const std::exception_ptr&)>;

    explicit HandlerRun(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// Runs the coroutine. Its end may come within the call.
    void start(awaitable<Reply> handler, Ended ended);
    void cancel() override;

private:
    class Ending;

    boost::asio::any_io_executor executor_;
    Cancelling cancelling_;
    // Before it suspends it cannot be cancelled: one that ends without that would end by what Asio
    // then throws out of its event loop.
    bool starting_ = true;
    bool cancelled_ = false;
};

}  // namespace netaio::net
