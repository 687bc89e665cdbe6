#pragma once

#include <compare>
#include <map>
#include <netaio/daemon_client.hpp>
#include <netaio/timer.hpp>

#include "client_impl.hpp"
#include "core/renewals.hpp"
#include "core/subscription_words.hpp"
#include "daemon_link.hpp"
#include "daemon_peers.hpp"

namespace netaio {

/// A client of the daemon's socket, what is registered there, and what was subscribed to beyond.
class DaemonClient::Impl final : public net::Resident, public std::enable_shared_from_this<Impl> {
public:
    Impl(boost::asio::any_io_executor executor, DaemonClientOptions options);
    /// What has to wait until somebody shares this.
    void settle();

    /// Takes the executor, unless there is one. Throws std::logic_error when neither is there.
    void bind(const boost::asio::any_io_executor& executor);
    void start();
    StopReport run();
    void stop(std::chrono::milliseconds deadline, detail::Completion<StopReport> done);
    /// Ends everything at once.
    void end() noexcept;

    /// What a message is directed by that goes there; nothing where that is the daemon itself.
    std::string way_to(const Address& server) const;
    std::error_code send(std::string_view to, const Message& message, SendOptions options);
    void request(Result<OwnedMessage> message, RequestTerms terms,
                 detail::Completion<OwnedMessage> done);

    void keep_handler(Key key, HandlerOptions options, Handler handler, bool once);
    bool drop_handler(const Key& key, bool once);
    void set_default_handler(Handler handler);
    void share(Key key, KeySharing how);

    std::error_code subscribe(ByteView key, const Address& who, bool prefix);
    bool unsubscribe(ByteView key, const Address& who, bool prefix);

    void manage_peers(PeerManagementOptions options);
    void stop_managing_peers();
    net::DaemonPeers& peers() noexcept { return peers_; }

    core::Node& node() noexcept { return client_.impl_->node(); }
    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
    void expect_own_thread() const { client_.impl_->expect_own_thread(); }
    bool connected() const noexcept { return connected_; }
    Counters counters() const { return client_.counters(); }

    void context_ends() override;
    bool has_unsent() const override { return false; }

    core::Callback<void(const Address&, ByteView, const Message&)> on_subscription_lost = {};

private:
    using TimePoint = std::chrono::steady_clock::time_point;

    // What the daemon is to know, by what CREATE_URI and DELETE_URI say of it.
    struct Entry {
        std::string uri;
        std::string content;
        auto operator<=>(const Entry&) const = default;
    };
    struct Registered {
        std::optional<Key> key = std::nullopt;  // what handlers serve, or else
        Address who = {};                       // a subscriber
        bool lasting = false;
        std::size_t once = 0;
    };
    // A subscription of this program.
    struct Where {
        std::string to;
        std::string uri;
        bool prefix;
        auto operator<=>(const Where&) const = default;
    };
    struct Subscribed {
        std::string content;
        Plugins inner;
        bool must_be_granted;
    };
    using Reply = const OwnedMessage&;

    TimePoint now() const { return options_.environment.clock->steady_now(); }
    const Log& log() const noexcept { return options_.environment.log; }
    template <class Work>
    void attempt(Work&& work) noexcept {
        core::attempt(log(), "the daemon's client goes on all the same", work);
    }
    void look_after_time();
    std::optional<TimePoint> next() const;
    void tick();
    void told(ConnectionState state, std::error_code why, unsigned attempts);
    void leave() noexcept;
    void finished(const core::Stream& stream);
    awaitable<StopReport> stopped();
    void tell_stopped() noexcept;

    // Registration.
    static awaitable<void> greet(std::weak_ptr<Impl> self, Address daemon);
    OwnedMessage introduction() const;
    Entry entry_of(const Key& key) const;
    static Entry entry_of(ByteView key, const Address& who, bool prefix);
    bool keep_entry(const Entry& entry, Registered what);
    void drop_entry(const Entry& entry);
    void served_once(const Entry& entry);
    void ask_for(const Entry& entry);
    void entry_answered(const Entry& entry, std::error_code error, Reply reply);
    void introduce();
    void doubt_peers();
    void forget_peers();
    void ask_for_peers();
    void peers_answered(std::error_code error, Reply reply);
    void forget_subscribers(const Address& at);
    void serve_daemon();
    TcpHandler wrapped(Handler handler, std::function<void()> begins) const;

    // Subscriptions of this program.
    detail::Completion<OwnedMessage> note_subscription(std::string to, const Message& message,
                                                       const RequestTerms& terms,
                                                       detail::Completion<OwnedMessage> done);
    std::error_code answered(const Where& where, const Subscribed& asked, MessageType type,
                             Reply reply);
    void renew(const Where& where);
    void renewed(const Where& where, std::error_code error, Reply reply);
    bool told_of_lost(ByteView content);
    void ask(OwnedMessage message, std::string_view to, RequestTerms terms,
             void (Impl::*ended)(const Where&, std::error_code, Reply), const Where& where);

    DaemonClientOptions options_;
    boost::asio::any_io_executor executor_;
    const Address daemon_;
    const std::shared_ptr<net::DaemonLink> link_;
    core::Callback<void(ConnectionState, std::error_code, unsigned)> on_state_;
    core::Callback<awaitable<void>(Address)> greet_;
    core::Callback<void(const Key&, std::string_view)> on_refused_;
    net::DaemonPeers peers_;
    std::optional<PeerManagementOptions> managed_;
    std::map<Entry, KeySharing> sharing_;
    core::Renewals<Entry, Registered> registered_;
    core::Renewals<Where, Subscribed> subscribed_;
    std::shared_ptr<net::Ticker> ticker_;
    bool settled_in_ = false;
    bool running_ = false;
    bool connected_ = false;
    bool greets_ = false;  // in the program's own way, as all is registered
    std::weak_ptr<core::Stream> stream_;
    std::optional<Address> there_;             // where the daemon has welcomed this program
    std::shared_ptr<core::Stream> finishing_;  // while it is stopped
    StopReport report_ = {};
    std::unique_ptr<Timer> stop_timer_;
    std::vector<detail::Completion<StopReport>> stop_waiters_;
    TcpClient client_;
};

}  // namespace netaio
