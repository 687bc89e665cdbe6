#pragma once

#include <memory>
#include <netaio/bytes.hpp>
#include <string>
#include <system_error>

namespace netaio::core {

class Stream;

/// What carries a stream's bytes, as the stream sees it: a socket, a simulated wire. It brings
/// input by Stream::room() and took(), or received(), and its end by ended().
class Carrier {
public:
    virtual ~Carrier() = default;

    /// Begins to bring input to the stream, which owns it: later, not within the call. Called once,
    /// before anything else.
    virtual void start(const std::shared_ptr<Stream>& stream) = 0;
    /// Takes as many bytes as it can. That it takes no more is no error.
    virtual std::size_t write(ByteView bytes, std::error_code& error) = 0;
    /// The same with bytes that nobody needs afterwards: it may keep their memory and put other in
    /// its place, if it takes all of them.
    virtual std::size_t hand_over(std::string& bytes, std::error_code& error) {
        return write(bytes, error);
    }
    /// Has Stream::writable() called, once, when write() takes bytes again.
    virtual void wait_writable() = 0;
    /// Passes on what write() kept, and brings unsent() up to date.
    virtual void settle(std::error_code&) {}
    /// How many bytes write() took that are not on their way yet.
    std::size_t unsent() const noexcept { return unsent_.size(); }
    /// The stream takes input again. To be brought later, not within the call.
    virtual void resume() = 0;
    /// Called now and then: looks whether the other end has gone, where Stream::listens_for_end()
    /// or waits_for_answers().
    virtual void look_for_end() = 0;
    /// Ends the connection; the stream is called no more. Only unsent() may be called from then on.
    virtual void close() noexcept = 0;

protected:
    std::string unsent_;
};

}  // namespace netaio::core
