#pragma once

#include <deque>
#include <list>
#include <map>
#include <netaio/reconnect.hpp>
#include <netaio/tcp_client.hpp>
#include <stdexcept>

#include "cancelling.hpp"
#include "core/peer_manager.hpp"
#include "core/stream.hpp"
#include "handler_run.hpp"
#include "loop.hpp"
#include "one_thread.hpp"
#include "ticker.hpp"
#include "transport.hpp"

namespace netaio {

/// The connections of a client, and who waits for what on them.
class TcpClient::Impl final : public core::StreamOwner,
                              public net::Resident,
                              public std::enable_shared_from_this<Impl> {
public:
    class Kept;

    Impl(boost::asio::any_io_executor executor, TcpClientOptions options);

    /// Works on that executor from now on, unless it has one.
    void bind(const boost::asio::any_io_executor& executor);
    /// `for_whom` keeps the connection that is made.
    void connect(std::string host, std::uint16_t port, detail::Completion<Address> done,
                 const Kept* for_whom = nullptr);
    void keep_connected(std::vector<ServerName> servers, KeepOptions options);
    /// Whether any was.
    bool end_keeping(const std::function<bool(const Kept&)>& is_meant,
                     std::error_code why = make_error_code(Errc::closed)) noexcept;
    bool stop_keeping();
    /// Keeps all that is connected to, and what will be, for as long as the options live.
    void reconnect_by(const std::shared_ptr<const ReconnectOptions>& options);
    /// Connects anew to where a request timed out.
    static awaitable<void> reconnect(std::weak_ptr<Impl> client,
                                     std::shared_ptr<const ReconnectOptions> options,
                                     Address server);
    void request(Result<OwnedMessage> message, RequestTerms options,
                 detail::Completion<OwnedMessage> done);
    void receive(ReceiveOptions options, detail::Completion<OwnedMessage> done);

    bool start_receive_loop(const std::optional<Address>& server);
    bool stop_receive_loop(const std::optional<Address>& server);
    std::size_t stop_all_receive_loops();
    std::vector<Address> receive_loops() const;

    void close(const std::optional<Address>& server);
    void close_all();
    void shut_down() noexcept;
    void set_default_server(const Address& server);
    const std::optional<Address>& default_server() const noexcept { return default_server_; }
    std::vector<Address> servers() const;
    std::shared_ptr<core::Stream> stream(const std::optional<Address>& server) const;
    Counters counters() const;
    core::Node& node() noexcept { return *node_; }
    void expect_own_thread() const { thread_.expect(executor_, "TcpClient"); }
    void with_peer_manager(const std::function<void(core::PeerManager&)>& work);

    void returned(core::Stream& stream, core::Outcome outcome) override;
    void subscription_ended(core::Stream& stream, const Message& message) override;
    void closed(core::Stream& stream, std::error_code why) override;
    void context_ends() override;
    bool has_unsent() const override { return false; }

    core::Callback<void(const TimeoutContext&)> on_timeout = {};
    core::Callback<awaitable<void>(TimeoutContext)> on_timeout_async = {};
    core::Callback<void(const Address&, std::error_code)> on_disconnect = {};
    /// Told of the end of connections that close() let finish what was begun.
    core::Callback<void(const core::Stream&)> on_finished = {};

private:
    struct Connecting {
        explicit Connecting(detail::Completion<Address> waiting) : done(std::move(waiting)) {}
        detail::Completion<Address> done;
        net::Cancelling cancel = {};
        bool is_for_kept = false;
        bool given_up = false;
        std::string server = {};                    // as its key is known by
        std::weak_ptr<core::Stream> agreeing = {};  // on a session, when it is reached

        void end_agreeing();
    };
    class Reaching;
    struct Receiver {
        std::uint64_t id;
        detail::Completion<OwnedMessage> done;
        std::unique_ptr<Timer> timer;
    };
    // What is done once it is confirmed.
    struct Subscribing {
        MessageType type;
        std::string content;
        bool must_be_granted;
    };
    struct Link {
        std::shared_ptr<core::Stream> stream;
        std::deque<OwnedMessage> inbox = {};
        std::deque<Receiver> receivers = {};
        bool looping = false;
    };

    void end_all() noexcept;
    Result<std::shared_ptr<core::Stream>> begin(net::Connected connection);
    std::error_code adopt(net::Connected connection, bool is_for_kept);
    void agree(net::Connected connection, const std::shared_ptr<Connecting>& waiting);
    std::error_code use(const std::shared_ptr<core::Stream>& stream, bool is_for_kept);
    void keep(const std::shared_ptr<core::Stream>& stream);
    void move_link(const std::optional<Address>& from, const Address& to);
    std::shared_ptr<Kept> find_kept(const std::function<bool(const Kept&)>& is_meant) const;
    std::shared_ptr<Kept> awaited(const std::optional<Address>& server) const;
    std::chrono::milliseconds timeout_of(const RequestTerms& terms) const;
    void ask(Result<OwnedMessage> message, RequestTerms terms,
             detail::Completion<OwnedMessage> done, bool tell_of_timeout);
    template <class T>
    boost::asio::any_io_executor executor_for(const detail::Completion<T>& done) const;
    Link* find(const std::optional<Address>& server);
    Link* find_inbox(const std::optional<Address>& server);
    const Link* find(const std::optional<Address>& server) const;
    Link* link_of(const core::Stream& stream);
    void update_reading(Link& link) noexcept;
    void introduce(core::Stream& stream, MessageType type) noexcept;
    void end_receiver(const Address& server, std::uint64_t id, std::error_code why);
    static std::optional<Subscribing> subscribing(const Message& message, bool must_be_granted);
    std::error_code granted(const Subscribing& asked, const Plugins& inner, const Message& reply,
                            const std::shared_ptr<core::Stream>& stream);
    void ended(core::Stream* stream, const std::optional<TimeoutContext>& context,
               std::error_code error) noexcept;
    void timed_out(const TimeoutContext& context);

    TcpClientOptions options_;
    boost::asio::any_io_executor executor_;
    net::OneThread thread_;
    std::shared_ptr<core::Node> node_;
    std::shared_ptr<net::Loop> loop_;
    Counters counted_before_ = {};  // on contexts that have gone
    core::PeerManager peer_manager_;
    std::shared_ptr<net::Ticker> ticker_;
    std::map<Address, Link> links_;
    std::optional<Address> default_server_;
    std::uint64_t next_receiver_ = 1;
    std::list<std::shared_ptr<Connecting>> connecting_;
    std::list<std::shared_ptr<net::HandlerRun>> running_;  // timeout handlers
    std::list<std::shared_ptr<Kept>> kept_;
    std::weak_ptr<const ReconnectOptions> reconnect_by_;
};

template <class T>
boost::asio::any_io_executor TcpClient::Impl::executor_for(
    const detail::Completion<T>& done) const {
    auto executor = done.executor(executor_);
    if (!executor) {
        throw std::logic_error("this TcpClient has no executor yet: connect it first");
    }
    return executor;
}

}  // namespace netaio
