#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "core/hub.hpp"
#include "residents.hpp"
#include "ticker.hpp"

namespace netaio::net {

/// An event loop's connections: a hub with an executor, a timer, coroutines, and a buffer to read
/// into.
class Loop final : public core::Hub, public Resident {
public:
    static constexpr std::size_t read_buffer_size = 128 * 1024;

    /// `context` is kept alive with the loop, for connections that users keep longer than a server.
    static std::shared_ptr<Loop> make(boost::asio::any_io_executor executor,
                                      std::shared_ptr<core::Node> node,
                                      const core::StreamLimits& limits,
                                      std::shared_ptr<void> context = nullptr);

    ~Loop() override;

    /// The loop that serves a connection.
    static Loop& of(core::Stream& stream);

    /// None any more when the context has gone.
    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    std::span<char> read_buffer() noexcept { return {read_buffer_.get(), read_buffer_size}; }

    void start(std::shared_ptr<core::Stream> stream,
               std::shared_ptr<core::Suspended> handler) override;
    std::shared_ptr<void> keep_running() override;
    void context_ends() override;
    bool has_unsent() const override { return Hub::has_unsent(); }

private:
    Loop(boost::asio::any_io_executor executor, std::shared_ptr<core::Node> node,
         const core::StreamLimits& limits, std::shared_ptr<void> context);

    void turn_later() override;
    void wake() override;
    std::shared_ptr<Loop> self() { return std::static_pointer_cast<Loop>(shared_from_this()); }

    std::shared_ptr<void> context_;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<Ticker> ticker_;
    std::unique_ptr<char[]> read_buffer_;
};

}  // namespace netaio::net
