#pragma once

#include <atomic>
#include <deque>
#include <netaio/blocking_client.hpp>

#include "core/peer_manager.hpp"
#include "core/stream.hpp"
#include "transport.hpp"

namespace netaio {

/// The connection of a blocking client, and what a call waits for.
class BlockingClient::Impl final : public core::StreamOwner,
                                   public std::enable_shared_from_this<Impl> {
public:
    explicit Impl(TcpClientOptions options);

    Result<Address> connect(std::string host, std::uint16_t port);
    Result<Address> reconnect();
    Result<OwnedMessage> request(Result<OwnedMessage>&& message, const detail::RequestTerms& terms);
    Result<OwnedMessage> receive(const ReceiveOptions& options);
    std::error_code send(const Message& message, const SendOptions& options);
    void cancel() noexcept { cancelled_ = true; }
    void close();
    void shut_down() noexcept;
    void with_peer_manager(const std::function<void(core::PeerManager&)>& work);

    bool connected() const noexcept { return stream_ != nullptr; }
    const std::optional<Address>& server() const noexcept { return server_; }
    Counters counters() const;
    core::Node& node() noexcept { return *node_; }

    void returned(core::Stream& stream, core::Outcome outcome) override;
    void closed(core::Stream& stream, std::error_code why) override;

private:
    using TimePoint = core::Hub::TimePoint;
    class Call;
    class Hub;
    struct Answer {
        bool there = false;
        std::error_code error = {};
        std::optional<OwnedMessage> message = std::nullopt;
    };

    std::error_code adopt(net::Dialled dialled);
    std::error_code agree(core::Stream& stream);
    bool reaches(const std::optional<Address>& server) const;
    TimePoint begin();
    void tick(TimePoint now);
    template <class Done>
    void wait(core::Stream& stream, TimePoint now, TimePoint deadline, Done done);
    void wait_a_while(core::Stream& stream, std::chrono::nanoseconds at_most);
    void flush(core::Stream& stream, TimePoint now);
    bool take_cancellation() noexcept;
    std::error_code why_over();
    void introduce(MessageType type) noexcept;
    void take(Answer& answer, const std::optional<core::SubscriptionWords>& asked,
              const Plugins& inner, std::error_code error, const Message* reply);
    std::error_code granted(const core::SubscriptionWords& asked, const Plugins& inner,
                            const Message& reply);
    void ask_for_nothing(OwnedMessage message, const Plugins& inner);
    Result<core::RequestTable::Id> ask(core::Stream& stream, OwnedMessage&& message,
                                       const detail::RequestTerms& terms, TimePoint deadline,
                                       core::RequestTable::Completion completion);

    TcpClientOptions options_;
    std::shared_ptr<core::Node> node_;
    std::shared_ptr<Hub> hub_;
    const std::chrono::milliseconds nap_;  // after which time limits are looked after
    TimePoint look_at_ = {};
    core::PeerManager peer_manager_;
    std::string host_;
    std::uint16_t port_ = 0;
    std::optional<Address> server_;
    std::shared_ptr<core::Stream> stream_;     // while it is open
    net::BlockingCarrier* carrier_ = nullptr;  // its own
    std::error_code ended_ = {};               // why the last one was closed
    std::deque<OwnedMessage> inbox_;
    std::optional<OwnedMessage>* receiver_ = nullptr;  // what a call waits for
    std::atomic<bool> in_use_ = false;
    std::atomic<bool> cancelled_ = false;
    static_assert(std::atomic<bool>::is_always_lock_free, "for handlers of signals");
};

}  // namespace netaio
