#pragma once

#include <memory>
#include <optional>
#include <span>

#include "core/stream.hpp"
#include "input.hpp"
#include "sockets.hpp"

namespace netaio::net {

/// Carries a stream's bytes over a socket: brings input when there is some and the stream takes it,
/// once for each turn of the loop, so that others get theirs. It holds no buffer while it waits.
class Channel : public core::Carrier, public InputListener {
public:
    void start(const std::shared_ptr<core::Stream>& stream) override;
    void resume() override;
    void look_for_end() override;

    // Called on the socket's executor by what was waited for.

    void input_came(boost::system::error_code error) override;
    /// Bytes came, to be changed in place and gone after the call, or an error did. `more` says to
    /// read() as well. Returns whether to receive on: if not, read() begins that again, but what is
    /// on its way already still comes.
    bool received(std::span<char> bytes, bool more, boost::system::error_code error);
    /// Bytes that write() took are not sent, as the receiver is slow.
    void output_blocked();
    /// The receiver takes bytes again; with an error, never.
    void output_ready(boost::system::error_code error);

protected:
    using Buffers = std::span<const std::span<char>>;

    /// Who is told of what was waited for; it keeps the stream, too. None when that has gone.
    const std::weak_ptr<Channel>& listener() const noexcept { return listener_; }

    /// Called once, before anything else.
    virtual void started() {}
    /// Reads what has come, as much as the buffers hold; nothing while something received is on its
    /// way to received(). `more` says to read again; if not, input_came() or received() tell of
    /// what comes.
    virtual std::size_t read(Buffers buffers, bool& more, boost::system::error_code& error) = 0;
    /// For who does not read: whether there is nothing to read but the end, or an error that is the
    /// end. If nothing at all, input_came() or received() tell of what comes.
    virtual bool at_end(boost::system::error_code& error) = 0;

    /// Whether nothing that is written reaches the other end any more, whatever is left to read.
    virtual bool hung_up() noexcept = 0;

    bool waiting_ = false;  // for input_came()

private:
    void read_later();
    void read_on();
    void bring_in();
    void ended(const boost::system::error_code& error);

    std::weak_ptr<Channel> listener_;
    core::Stream* stream_ = nullptr;  // lives as long as this
    bool unread_ = true;              // the socket may hold input
    bool reading_posted_ = false;
};

/// One that waits until the socket is ready, then reads or writes.
std::unique_ptr<Channel> open_polled_channel(StreamSocket socket);

/// The channel that is the fastest for this socket, on the calling thread's loop.
Result<std::unique_ptr<core::Carrier>> open_channel(StreamSocket socket);

/// Writes as much as the system takes at once.
std::size_t write_now(StreamSocket& socket, ByteView bytes, std::error_code& error);
/// Whether nothing is left to read, ever. With would_block() when only nothing came yet.
bool ended_now(StreamSocket& socket, boost::system::error_code& error);
/// Whether the other end has closed both directions, whatever is left to read.
bool hung_up_now(StreamSocket& socket) noexcept;
/// Shuts both directions down and closes.
void shut(std::optional<StreamSocket>& socket);

}  // namespace netaio::net
