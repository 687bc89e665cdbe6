#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <netaio/chat/keys.hpp>
#include <netaio/tcp_client.hpp>
#include <netaio/timer.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lifetime.hpp"
#include "link.hpp"
#include "relay_protocol.hpp"

namespace netaio::chat_app {

/// How a person reaches their relay.
struct RelayLinkOptions {
    ServerName relay = {};
    /// The relay's key, where it is known beforehand; else that is what is kept of it from the
    /// first time on. One of both is needed.
    std::optional<SessionKey> key = {};
    std::shared_ptr<KnownPeers> known = {};
    /// The relay's secrets, the clock and the log. The sessions are the link's own.
    TcpClientOptions client = {};
    /// How the connection is kept; `greet` is the link's own.
    KeepOptions keep = {};
    /// Told when something came, or the relay came or went.
    std::function<void()> on_change = {};
    /// How long the relay may take for an answer.
    std::chrono::milliseconds timeout = std::chrono::seconds(20);
    /// How often it is asked what there is, should a notification be lost, and given prekeys.
    std::chrono::seconds ask_every = std::chrono::minutes(5);
    /// The pause after something failed.
    std::chrono::seconds retry_after = std::chrono::seconds(5);
};

/// A person's relay: stays connected to it, fetches what waits there, and leaves prekeys. Parcels
/// that it carries are then kept there. What is for others, as parcels, goes by a second connection
/// that does not say whose it is. Both are in sessions with the relay of one key; another is
/// refused. To be used on the executor alone.
class RelayLink final : public Link {
public:
    RelayLink(const boost::asio::any_io_executor& executor, const chat::Identity& identity,
              ChatCalls chat, RelayLinkOptions options);

    /// Begins to connect.
    void start();
    /// Whether the relay is there and knows whose mailbox is asked for.
    bool connected() const noexcept { return connected_; }

    bool reaches(const chat::PublicKey&) const override { return reaches_others_; }
    void carry(const chat::Parcel& parcel, Ended ended) override;
    void ask_bundle(const chat::PublicKey& whom, Ended ended) override;
    /// Leaves prekeys now, as after new ones were made.
    void publish();

private:
    awaitable<void> greet(Address relay);
    void state_changed(ConnectionState state);
    void keep_for_others();
    void begin_fetching();
    void fetch();
    void take(const std::vector<chat::WaitingEnvelope>& envelopes);
    void acknowledge(const std::vector<std::uint64_t>& taken);
    void end_fetching(bool done);
    void replenish(std::size_t left);
    template <class Counted>
    void publish(const std::vector<chat::OneTimePrekey>& one_time, Counted counted);
    void ask_again_after(std::chrono::seconds pause);
    RequestOptions within_time() const { return {.timeout = options_.timeout}; }
    void changed() const;
    bool noted(const std::function<void()>& work) const {
        return chat_app::noted(options_.client.environment.log, work);
    }

    chat::Identity identity_;
    ChatCalls chat_;
    RelayLinkOptions options_;
    const chat::MailboxName mailbox_;
    bool connected_ = false;
    bool reaches_others_ = false;
    bool fetching_ = false;
    bool more_came_ = false;   // while it fetched
    std::uint64_t after_ = 0;  // what was fetched
    Lifetime lifetime_;
    Timer timer_;
    TcpClient client_;
    TcpClient for_others_;
};

}  // namespace netaio::chat_app
