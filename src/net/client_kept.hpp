#pragma once

#include <map>
#include <set>

#include "client_impl.hpp"
#include "core/keeper.hpp"
#include "handler_run.hpp"

namespace netaio {

/// A connection of a client that is kept: does what a Keeper says, and has requests wait for it.
class TcpClient::Impl::Kept final : public core::Keeper::Hands,
                                    public std::enable_shared_from_this<Kept> {
public:
    struct How {
        std::vector<ServerName> servers;
        KeepOptions options;
        /// A client's connect_timeout unless given.
        std::optional<std::chrono::milliseconds> attempt_timeout = std::nullopt;
        bool at_once = false;  ///< no pause before the first attempt after an end
        bool primary = false;  ///< what names no server means it
        bool looping = false;  ///< a receive loop runs to begin with
        std::optional<Address> place = std::nullopt;  ///< where it was connected to
        /// It is kept for as long as that lives.
        std::optional<std::weak_ptr<const void>> lives_with = std::nullopt;
    };

    /// As auto_reconnect() keeps a connection.
    static How by(const std::shared_ptr<const ReconnectOptions>& options, const Address& server);

    Kept(Impl& client, How how);
    ~Kept() override;

    /// Begins to connect. The client must have an executor.
    void begin();
    /// Begins with a connection that is there.
    void begin(const std::shared_ptr<core::Stream>& stream);
    /// Ends this and whoever waits for it, but not the connection.
    void stop(std::error_code why) noexcept;
    /// Goes on in another way.
    void change(How how);

    bool is_primary() const noexcept { return how_.primary; }
    bool lives() const noexcept { return !how_.lives_with || !how_.lives_with->expired(); }
    /// Whether it is connected, as far as anybody knows.
    bool is_ready() const noexcept;
    /// Whether it is, or was last, connected to that.
    bool is_at(const Address& server) const noexcept { return how_.place == server; }
    const std::optional<Address>& place() const noexcept { return how_.place; }
    bool uses(const core::Stream& stream) const noexcept { return stream_.lock().get() == &stream; }
    bool has_requests_wait() const noexcept { return how_.options.requests == Meanwhile::wait; }
    std::chrono::milliseconds attempt_timeout(std::chrono::milliseconds of_client) const noexcept {
        return how_.attempt_timeout.value_or(of_client);
    }

    /// Has a request wait for the connection.
    void wait(OwnedMessage message, RequestTerms terms, detail::Completion<OwnedMessage> done);
    /// Somebody else connected to where it is.
    void adopted(const std::shared_ptr<core::Stream>& stream);
    /// Its connection has ended, and a receive loop ran or not.
    void lost(std::error_code why, bool looping);
    /// Ends the connection, as a request timed out, and tells when there is another, or none to be.
    void renew(detail::Completion<Address> settled);

    core::Keeper& keeper() noexcept { return keeper_; }

private:
    using TimePoint = core::Keeper::TimePoint;
    using Turn = core::Keeper::Turn;

    struct Waiting {
        OwnedMessage message;
        RequestTerms terms;
        detail::Completion<OwnedMessage> done;
        TimePoint deadline;
        std::size_t bytes;
    };

    static core::Keeper::Terms terms_of(const Impl& client, const How& how, bool greets);

    void connect(std::size_t server, Turn turn) override;
    void greet(Turn turn) override;
    void beat(Turn turn) override;
    void subscribe(const core::GrantedSubscription& subscription, Turn turn) override;
    void disconnect(std::error_code why) override;
    void tell(ConnectionState state, std::error_code why, unsigned attempt) override;

    template <class Event>
    void happens(Event&& event);
    void reached(Turn turn, std::error_code error, const Address& server);
    void take(const std::shared_ptr<core::Stream>& stream);
    void ask(OwnedMessage message, RequestTerms terms,
             void (Kept::*answered)(Turn, std::error_code, const OwnedMessage&), Turn turn);
    void beat_ended(Turn turn, std::error_code error, const OwnedMessage& reply);
    void subscription_ended(Turn turn, std::error_code error, const OwnedMessage& reply);
    bool refused(Turn turn, std::error_code error, const OwnedMessage& reply);
    void go_on();
    void greeting_ended(Turn turn, const std::exception_ptr& failure);
    void cancel_connecting() noexcept;
    void cancel_greeting() noexcept;
    void settle(std::error_code why) noexcept;
    Waiting take_waiting(std::map<std::uint64_t, Waiting>::iterator at) noexcept;
    void end_waiting(std::uint64_t id, std::error_code why);
    std::optional<TimePoint> next() const;
    void tick();
    TimePoint now() const { return node_->environment.clock->steady_now(); }

    const std::weak_ptr<Impl> client_;
    const std::shared_ptr<core::Node> node_;
    How how_;
    core::Callback<void(ConnectionState, std::error_code, unsigned)> on_state_;
    core::Callback<awaitable<void>(Address)> greet_;
    core::Keeper keeper_;
    std::shared_ptr<net::Ticker> ticker_;
    std::weak_ptr<core::Stream> stream_;
    std::shared_ptr<boost::asio::cancellation_signal> connecting_;
    std::shared_ptr<net::HandlerRun> greeting_;
    std::map<std::uint64_t, Waiting> waiting_;  // in the order they were made
    std::set<std::pair<TimePoint, std::uint64_t>> deadlines_;
    std::uint64_t next_waiting_ = 1;
    std::size_t waiting_bytes_ = 0;
    std::vector<detail::Completion<Address>> settled_;  // to be told
};

}  // namespace netaio
