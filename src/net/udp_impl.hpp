#pragma once

#include <boost/asio/io_context.hpp>
#include <netaio/timer.hpp>
#include <netaio/udp_node.hpp>
#include <unordered_set>

#include "core/datagram_node.hpp"
#include "handler_run.hpp"
#include "one_thread.hpp"
#include "residents.hpp"
#include "ticker.hpp"
#include "udp_sockets.hpp"

namespace netaio {

/// The core of a UDP node with the sockets, the timer and the coroutines it needs.
class UdpNode::Impl final : public net::Resident, public std::enable_shared_from_this<Impl> {
public:
    Impl(boost::asio::any_io_executor executor, UdpNodeOptions options);

    /// Takes the executor, unless there is one. Throws std::logic_error when neither is there.
    void bind(const boost::asio::any_io_executor& executor);
    std::error_code start();
    StopReport run();
    void stop(std::chrono::milliseconds deadline, detail::Completion<StopReport> done);
    /// Ends everything at once.
    void end() noexcept;

    void request(Result<OwnedMessage> message, RequestTerms terms,
                 detail::Completion<OwnedMessage> done);
    /// Does something with the core, and sees to what that wants sent.
    template <class Work>
    std::error_code send(Work&& work) {
        if (!running()) {
            return Errc::not_connected;
        }
        const std::error_code error = work(*core_);
        flush_later();
        return error;
    }

    void set_plugins(Plugins plugins);

    core::DatagramNode& core() noexcept { return *core_; }
    core::Node& node() noexcept { return *node_; }
    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    void expect_own_thread() const { thread_.expect(executor_, "UdpNode"); }
    bool running() const noexcept { return sockets_ && sockets_->open_now(); }
    const net::UdpSockets* sockets() const noexcept { return sockets_.get(); }
    std::vector<Address> endpoints() const;
    std::uint16_t port() const;
    void with_peer_manager(const std::function<void(core::PeerManager&)>& work);
    Plugins outer(const SendOptions& options) const;

    void context_ends() override;
    bool has_unsent() const override;

private:
    struct Waiting;

    template <class Work>
    void serve(Work&& work) noexcept;
    void start_handler(std::shared_ptr<core::Suspended> handler);
    void flush();
    void flush_later();
    void open_mailbox();
    void close_mailbox() noexcept;
    bool has_work() const noexcept {
        return !running_.empty() || core_->waits_for_work() || core_->has_deferred();
    }
    void end_if_idle() noexcept;
    void say_goodbye() noexcept;
    void tell_stopped() noexcept;
    template <class Work>
    bool go_on(Work&& work) noexcept;

    boost::asio::any_io_executor executor_;
    UdpNodeOptions options_;
    std::shared_ptr<core::Node> node_;
    std::unique_ptr<core::DatagramNode> core_;
    std::shared_ptr<net::Ticker> ticker_;
    std::shared_ptr<net::UdpSockets> sockets_;
    std::shared_ptr<core::Mailbox> mailbox_;
    net::OneThread thread_;
    std::unordered_set<std::shared_ptr<net::HandlerRun>> running_;
    bool stopping_ = false;
    StopReport report_ = {};  // of the last stop
    std::vector<detail::Completion<StopReport>> stop_waiters_;
    std::unique_ptr<Timer> stop_timer_;
    bool flush_pending_ = false;
    bool settled_in_ = false;
};

}  // namespace netaio
