#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution_context.hpp>
#include <memory>

/// What lives on a context and ends with it. Sockets and timers refer to their context, and whoever
/// waits for them often owns them: only from outside can such a circle be opened.
namespace netaio::net {

class Resident {
public:
    virtual ~Resident() = default;
    /// The context goes away, and nothing of it may be kept. What waits there is ended; what that
    /// posts to the context is destroyed rather than run.
    virtual void context_ends() = 0;
    /// Whether something it was given is still to be sent.
    virtual bool has_unsent() const = 0;
};

/// Has it told, once, when the executor's context goes away, the youngest first. Thread-safe.
void settle_in(const boost::asio::any_io_executor& executor, std::weak_ptr<Resident> resident);
/// Whether anything on the context has. On its thread.
bool has_unsent(boost::asio::execution_context& context);

}  // namespace netaio::net
