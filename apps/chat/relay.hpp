#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <netaio/chat/mailbox.hpp>
#include <netaio/tcp_server.hpp>
#include <netaio/timer.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "allowance.hpp"
#include "lifetime.hpp"
#include "relay_protocol.hpp"

namespace netaio::chat_app {

/// How a relay listens, what it keeps, and what it lets strangers do.
struct RelayOptions {
    /// Where it listens, under which secrets, with which clock and log. Its sessions are the
    /// relay's own.
    TcpServerOptions server = {};
    /// By which people know it again: 32 random bytes.
    Secret seed = {};
    /// The database of what it keeps.
    std::string file = {};
    chat::MailboxLimits mailboxes = {.envelope_size = envelope_size_max};

    /// Bytes of envelopes and prekeys that it takes, each counted as put_overhead more than it has.
    Rate connection_bytes = {2 << 20, std::chrono::minutes(1)};
    Rate host_bytes = {8 << 20, std::chrono::minutes(1)};
    Rate host_bytes_a_day = {256 << 20, std::chrono::hours(24)};
    /// One-time prekeys that are handed out; who asks for more gets bundles without one.
    Rate connection_prekeys = {10, std::chrono::minutes(1)};
    Rate host_prekeys = {30, std::chrono::minutes(1)};
    Rate mailbox_prekeys = {60, std::chrono::hours(1)};
    /// Questions of one connection beside what it puts: each costs the disk something.
    Rate connection_questions = {600, std::chrono::minutes(1)};
    /// The same of all connections of a host: it may be home to many, or connect anew each time.
    Rate host_questions = {6'000, std::chrono::minutes(1)};
    /// How long a challenge can be answered.
    std::chrono::seconds challenge_time{60};
    /// Mailboxes that one connection may have as its own.
    std::size_t owned_max = 16;
    /// How often it lets go of what waited for too long.
    std::chrono::seconds expire_every = std::chrono::hours(1);
};

/// What a small envelope costs beside its bytes.
inline constexpr std::size_t put_overhead = 1024;

/// Keeps envelopes and prekeys for people who are away, over TCP (docs/chat-relay.md). It sees for
/// which mailbox an envelope is, when, and how large. What it said OK to is on its disk. Not
/// thread-safe: to be used on the executor, which runs on one thread or is a strand; each change
/// of the disk holds that up.
class Relay {
public:
    /// Opens the database. Throws std::runtime_error with a sentence that says what to do, and
    /// std::invalid_argument without a seed.
    Relay(const boost::asio::any_io_executor& executor, RelayOptions options);
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;

    /// Begins to listen; the error says what could not be bound.
    std::error_code start();
    /// Stops listening, lets connections drain, and tells.
    void stop(std::chrono::milliseconds deadline, std::function<void(StopReport)> stopped);
    /// By which people know it.
    const SessionKey& key() const noexcept { return key_; }
    /// As of the server.
    std::vector<Address> endpoints() const { return server_.endpoints(); }
    Counters counters() const { return server_.counters(); }

private:
    using TimePoint = std::chrono::steady_clock::time_point;

    // What is known of a connection.
    struct Guest {
        std::string challenge = {};  // empty for none
        TimePoint until = {};        // when it ends
        std::set<chat::MailboxName> owned = {};
    };

    void hear();
    std::string challenge(const Connection& from);
    void put(const Message& message, const Connection& from);
    void subscribe(const Message& message, Connection& from);
    void unsubscribe(const Message& message, Connection& from);
    std::string fetch(const Message& message, const Connection& from);
    void acknowledge(const Message& message, const Connection& from);
    std::string publish(const Message& message, const Connection& from);
    std::string hand_out(const Message& message, const Connection& from);

    chat::MailboxName owned_by(const Connection& from, const Message& message) const;
    void count_question(const Connection& from);
    void count_bytes(const Connection& from, std::size_t bytes);
    void prove(const OwnerProof& proof, const chat::MailboxName& mailbox, Guest& guest);
    void expire_in_time();
    TimePoint now() const { return environment_.clock->steady_now(); }

    RelayOptions options_;
    SessionKey key_;
    Environment environment_;
    chat::Mailboxes mailboxes_;
    Allowances connection_bytes_;
    Allowances host_bytes_;
    Allowances host_bytes_a_day_;
    Allowances connection_prekeys_;
    Allowances host_prekeys_;
    Allowances mailbox_prekeys_;
    Allowances connection_questions_;
    Allowances host_questions_;
    std::map<std::uint64_t, Guest> guests_;  // by the ids of their connections
    Timer timer_;
    Lifetime lifetime_;
    TcpServer server_;
};

}  // namespace netaio::chat_app
