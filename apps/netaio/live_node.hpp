#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "node_options.hpp"
#include "signals.hpp"

namespace netaio::app {

/// A node with an event loop, which keeps track of peers until a signal or its time ends it.
class LiveNode {
public:
    /// Takes over the signals, as what it is. Throws Failure. The options must outlive it.
    LiveNode(const NodeOptions& options, const Protection& protection, SignalsOf whose);

    UdpNode& node() noexcept { return node_; }
    boost::asio::io_context& io() noexcept { return io_; }
    const Peer& local_peer() const noexcept { return local_peer_; }
    /// The sentence about its key in sessions (own_key_text()).
    const std::string& key_text() const noexcept { return key_text_; }

    /// Has every event of a peer (`joined`, `changed`, `left`) shown.
    void show_peers(std::function<void(std::string_view event, const Peer&)> show);
    /// Has this called on each SIGHUP.
    void on_hangup(std::function<void()> reload) { signals_.on_hangup(std::move(reload)); }
    /// Does something that may throw, such as printing; then the node ends, and run() throws that.
    void guarded(const std::function<void()>& work);
    /// Starts the node, calls `started`, and waits for the end; then peers are told. Throws
    /// Failure.
    void run(const std::function<void()>& started);

private:
    void wait_for_end();

    const NodeOptions& options_;
    PeerManagementOptions management_;
    Peer local_peer_;
    boost::asio::io_context io_{1};
    Signals signals_;
    boost::asio::steady_timer timer_{io_};
    std::string key_text_;
    UdpNode node_;
    std::exception_ptr failure_;
};

/// Why a node could not start, with what to do.
[[noreturn]] void cannot_start(const std::error_code& error, const NodeOptions& options);

}  // namespace netaio::app
