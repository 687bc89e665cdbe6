#pragma once

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <netaio/tcp_server.hpp>
#include <thread>

#include "core/peer_manager.hpp"
#include "core/stream.hpp"
#include "loop.hpp"
#include "operation_memory.hpp"
#include "ring.hpp"
#include "strangers.hpp"
#include "ticker.hpp"
#include "transport.hpp"

namespace netaio {

/// The listening sockets, loops and threads of a server.
class TcpServer::Impl final : public core::StreamOwner,
                              public net::Resident,
                              public std::enable_shared_from_this<Impl> {
public:
    Impl(TcpServerOptions options, boost::asio::any_io_executor executor);
    ~Impl() override;

    /// On the user's context.
    void settle_in() { net::settle_in(loops_.front()->executor(), weak_from_this()); }
    std::error_code start();
    StopReport run();
    void stop(std::chrono::milliseconds deadline, detail::Completion<StopReport> done);
    /// Closes everything at once and ends the threads.
    void shut_down() noexcept;

    /// Gives a message to the subscribers of a key, or to all connections.
    std::error_code deliver(const Message& message, const SendOptions& options,
                            std::optional<std::string> key = {});
    void set_plugins(Plugins plugins);
    void set_rules(core::Rules rules);
    std::error_code publish(ByteView uri, ByteView content, const SendOptions& options);
    bool withdraw(ByteView uri, const SendOptions& options);

    std::vector<Address> endpoints() const;
    std::uint16_t port() const;
    Counters counters() const;
    std::size_t connection_count() const noexcept { return connection_count_.load(); }
    std::size_t subscriber_count(ByteView key) const;
    core::Node& node() noexcept { return *node_; }
    /// On the first loop's thread.
    void with_peer_manager(std::function<void(core::PeerManager&)> work);
    void exchange(core::Stream& with, OwnedMessage message, detail::RequestTerms terms,
                  detail::Completion<OwnedMessage> done);
    void require_not_started(std::string_view what) const;
    /// For callbacks without an executor of their own: that of the user, or another than that of
    /// the server's threads, which end.
    boost::asio::any_io_executor lasting_executor() const;

    void returned(core::Stream&, core::Outcome) override {}
    void became_known(core::Stream& stream) override { strangers_.remove(stream); }
    void closed(core::Stream& stream, std::error_code why) override;
    void context_ends() override;
    bool has_unsent() const override { return false; }

    core::Callback<bool(Connection&)> on_connect = {};
    core::Callback<void(Connection&, std::error_code)> on_disconnect = {};

private:
    // Of what the server asks its clients.
    static constexpr std::size_t requests_max = 65536;
    static constexpr std::chrono::seconds request_timeout{10};

    // A loop on a thread of its own.
    struct OwnThread {
        OwnThread() { net::use_ring(context); }

        boost::asio::io_context context{1};
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
            context.get_executor()};
        std::thread thread;
    };
    struct Listening {
        Listening(std::shared_ptr<net::Listener> made, const boost::asio::any_io_executor& executor)
            : listener(std::move(made)), pause(executor) {}

        std::shared_ptr<net::Listener> listener;
        Timer pause;
        net::OperationMemory<> memory = {};  // for that
    };
    class Place;

    void make_loops(boost::asio::any_io_executor executor);
    std::vector<Address> wanted_endpoints() const;
    std::error_code listen(const Address& address);
    std::uint16_t picked_port() const;
    void bound_connections();
    void do_not_listen();
    void set_started(bool started);
    void accept(const std::shared_ptr<Listening>& listening);
    void accept_later(const std::shared_ptr<Listening>& listening, std::chrono::milliseconds pause);
    std::chrono::milliseconds accept_waiting(net::Listener& listener);
    std::chrono::milliseconds cannot_accept(const std::error_code& error);
    void adopt(net::Connected connection, const std::shared_ptr<net::Loop>& loop);
    void serve(net::Connected connection, const std::shared_ptr<net::Loop>& loop, Place place);
    void run_loop(boost::asio::io_context& context);
    // On each loop's own thread.
    template <class Work>
    void with_each_hub(Work work) {
        for (const auto& loop : loops_) {
            const bool last = &loop == &loops_.back();
            boost::asio::dispatch(loop->executor(),
                                  [loop, work = last ? std::move(work) : work] { work(*loop); });
        }
    }
    // A message for the subscribers of a key, or for all connections.
    struct Each {
        OwnedMessage message;
        SendOptions options;
    };
    struct Giving {
        std::optional<std::string> key;
        core::SharedFrames frames;  // none where it is to be protected for each
        std::shared_ptr<const Each> each = nullptr;
        bool replaces_value = false;

        void operator()(core::Hub& hub) const;
    };
    Result<Giving> giving(const Message& message, const SendOptions& options,
                          std::optional<std::string> key);
    Result<Giving> notifying(ByteView uri, ByteView content, const SendOptions& options);
    void tell_later(const Giving& giving);
    void tell_all();
    void announce(const OwnedMessage& message, const Plugins& inner);
    void end_subscriptions(const Peer& peer);
    void drain_all(std::chrono::milliseconds deadline);
    void stop_accepting();
    void cut_off();
    bool cut_off_in(std::chrono::milliseconds time) noexcept;
    bool stopped() const;
    void finish_stop() noexcept;
    void end_waiting(const boost::asio::any_io_executor& executor) noexcept;
    void close_all() noexcept;
    template <class Work>
    bool go_on(Work&& work) noexcept;
    bool owns_threads() const noexcept { return !own_threads_.empty(); }
    /// Not when the user's context has gone.
    bool has_context() const noexcept {
        return !loops_.empty() && static_cast<bool>(loops_.front()->executor());
    }

    TcpServerOptions options_;
    core::StreamLimits limits_;
    net::Strangers strangers_;
    std::shared_ptr<core::Node> node_;
    std::vector<std::shared_ptr<OwnThread>> own_threads_;
    std::vector<std::shared_ptr<net::Loop>> loops_;
    std::vector<std::shared_ptr<Listening>> listening_;
    core::PeerManager peer_manager_;  // belongs, like the ticker, to the first loop
    std::shared_ptr<net::Ticker> ticker_;
    std::atomic<std::size_t> connection_count_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::size_t next_loop_ = 0;
    std::optional<std::chrono::steady_clock::time_point> could_not_accept_at_;

    mutable std::mutex mutex_;  // guards what follows
    bool started_ = false;
    bool stopping_ = false;
    bool stopped_ = false;
    std::vector<Address> endpoints_;
    std::size_t bytes_discarded_ = 0;
    std::size_t drained_ = 0;
    std::size_t cut_off_ = 0;
    std::vector<detail::Completion<StopReport>> stop_waiters_;
    std::unique_ptr<Timer> stop_timer_;
    std::condition_variable ended_;
};

}  // namespace netaio
