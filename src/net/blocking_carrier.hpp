#pragma once

#include <chrono>
#include <span>

#include "core/stream.hpp"
#include "descriptor.hpp"

namespace netaio::net {

/// Carries a stream's bytes over a socket that the calling thread waits for: brings input only
/// within wait(). Writing does not wait.
class BlockingCarrier final : public core::Carrier {
public:
    /// Of a socket that blocks.
    explicit BlockingCarrier(Descriptor socket);

    /// Waits for input, or until what is left to be sent is taken, not much longer than that, and
    /// tells the stream, which must be kept meanwhile. May come back before, with nothing.
    void wait(std::chrono::nanoseconds at_most);
    /// The same without waiting.
    void look();
    /// Sends as much as is taken now of what was left.
    void write_on();

    void start(const std::shared_ptr<core::Stream>& stream) override { stream_ = stream.get(); }
    std::size_t write(ByteView bytes, std::error_code& error) override;
    void wait_writable() override { blocked_ = true; }
    void resume() override {}
    void look_for_end() override;
    void close() noexcept override;

private:
    void poll(std::chrono::milliseconds at_most);
    void wait_at_most(std::chrono::milliseconds time);
    void receive(int flags);
    void writable();

    static constexpr std::size_t buffer_size = 64 * 1024;

    Descriptor socket_;
    core::Stream* stream_ = nullptr;  // lives as long as this
    bool blocked_ = false;            // the stream waits until it may write again
    // How long the system lets a receive call wait.
    std::chrono::milliseconds patience_ = std::chrono::milliseconds::max();
    bool ran_out_ = false;
    std::unique_ptr<char[]> buffer_;
};

}  // namespace netaio::net
