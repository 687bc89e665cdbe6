#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <netaio/address.hpp>
#include <netaio/message.hpp>
#include <netaio/plugins.hpp>
#include <optional>

namespace netaio {

/// What becomes of a pushed message (send, notify, broadcast) when a receiver is too slow and its
/// send queue is full. Replies are never dropped: while the queue is full, nothing more is read
/// from that connection.
enum class SlowReceiver {
    drop_oldest,  ///< make room by dropping the oldest pushed messages that wait
    drop_newest,  ///< drop the new message
    disconnect,   ///< close the connection
};

/// How a message is protected when it is sent outside of a reply.
struct SendOptions {
    /// The inner layer, e.g. the plugins the receiver's handler is registered with.
    Plugins plugins = {};
    /// Whether the node's own auth plugin is used.
    bool use_auth = true;
    /// Whether the node's own cipher plugin is used.
    bool use_cipher = true;
};

/// Whose process is at the other end of a Unix-domain socket, as the system knows it.
struct Credentials {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int32_t pid = 0;  ///< 0 where the system does not tell

    friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// One connection, at either end, as handlers see it. It belongs to one thread: that of its
/// event loop, on which its handlers run; all calls are to be made there, but for those said to be
/// thread-safe. A reference is valid while the handler runs (for a coroutine: until it ends); keep
/// shared() to hold it longer, and ask open() then.
class Connection {
public:
    virtual ~Connection() = default;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// The other end. Thread-safe.
    virtual const Address& remote() const noexcept = 0;
    /// This end. Thread-safe.
    virtual const Address& local() const noexcept = 0;
    /// Whose process the other end is, as of when it connected or began to listen; none but with
    /// Unix-domain sockets, nor where the system does not tell. Thread-safe.
    virtual const std::optional<Credentials>& credentials() const noexcept = 0;
    /// A number no other connection of this process has. Thread-safe.
    virtual std::uint64_t id() const noexcept = 0;
    /// Whether it can still send.
    virtual bool open() const noexcept = 0;

    /// Queues a message. Errors: Errc::closed, Errc::queue_full (dropped by the SlowReceiver
    /// policy), Errc::too_large, or what a plugin says.
    virtual std::error_code send(const Message& message, const SendOptions& options = {}) = 0;
    /// Bytes that wait to be taken by the system.
    virtual std::size_t queued_bytes() const noexcept = 0;
    /// Sends what is queued, then closes. Requests that wait end with Errc::closed.
    virtual void close() = 0;

    /// Handles nothing more that comes, and so has the other end wait, until read_on(). For who
    /// takes part in a budget of messages; a queue that is full does so by itself.
    virtual void pause() = 0;
    virtual void read_on() = 0;

    /// Keeps the object (not the connection) alive. Thread-safe, and so is letting go of it, on
    /// whichever thread that is the last.
    virtual std::shared_ptr<Connection> shared() = 0;

protected:
    Connection() = default;
};

}  // namespace netaio
