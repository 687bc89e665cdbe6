#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace netaio::daemon {

/// What one app, or all apps of one user together, may take of the daemon.
struct Limits {
    /// Keys registered, subscribers, and subscriptions at servers.
    std::size_t registrations = 0;
    /// Bytes of their keys and uris.
    std::size_t key_bytes = 0;
    /// Bytes that wait to be sent for it, or to it.
    std::size_t queued_bytes = 0;
    /// Messages it may send in a second, on the average; 0: as many as it likes.
    double messages_per_second = 0;
    /// Bytes it may send in a second, on the average; 0: as many as it likes.
    double bytes_per_second = 0;
    /// Messages it may send at once after a rest.
    double message_burst = 0;
    /// Bytes it may send at once after a rest.
    double byte_burst = 0;
};

/// The quotas of a daemon, with their defaults.
struct Quota {
    /// Connections of one user.
    std::size_t connections = 64;
    /// Servers that apps of one user reach by their addresses, at once.
    std::size_t servers = 64;
    Limits app = {.registrations = 1024,
                  .key_bytes = 256 << 10,
                  .queued_bytes = 8 << 20,
                  .messages_per_second = 50'000,
                  .bytes_per_second = 64 << 20,
                  .message_burst = 10'000,
                  .byte_burst = 16 << 20};
    Limits user = {.registrations = 8192,
                   .key_bytes = 2 << 20,
                   .queued_bytes = 32 << 20,
                   .messages_per_second = 100'000,
                   .bytes_per_second = 128 << 20,
                   .message_burst = 20'000,
                   .byte_burst = 32 << 20};
};

namespace detail {

// What goes out at a rate. It may be overdrawn, as what was read was read.
class TokenBucket {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    // Takes tokens, and gives the time until nothing is owed any more. A rate of 0 owes nothing.
    Duration take(double tokens, double per_second, double burst, TimePoint now);

private:
    bool begun_ = false;
    double tokens_ = 0;
    TimePoint at_ = {};
};

// What one app or user has taken.
struct Taken {
    std::size_t connections = 0;
    std::size_t registrations = 0;
    std::size_t key_bytes = 0;
    TokenBucket messages;
    TokenBucket bytes;
};

}  // namespace detail

class Allowance;

/// What the apps of a machine take of a daemon, each and by user, held against its quotas. Must
/// outlive every Allowance it gave. Not thread-safe.
class Allowances {
public:
    explicit Allowances(const Quota& quota = {}) : quota_(quota) {}
    Allowances(const Allowances&) = delete;
    Allowances& operator=(const Allowances&) = delete;

    /// What a connection of a user gets: an allowance, or a sentence that says why it is refused.
    struct Admission {
        std::unique_ptr<Allowance> allowance;
        std::string refusal;
    };
    Admission try_connect(std::uint32_t uid);

    /// Other quotas from now on. Who has more than they allow keeps it, and gets no more.
    void set_quota(const Quota& quota) { quota_ = quota; }

private:
    friend class Allowance;

    Quota quota_;
    // All that were ever connected: who comes back owes what it owed.
    std::map<std::uint32_t, detail::Taken> users_;
};

/// What one connection of an app may take. Gives back to its user all it took when it goes.
class Allowance {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    using Duration = std::chrono::steady_clock::duration;

    ~Allowance();
    Allowance(const Allowance&) = delete;
    Allowance& operator=(const Allowance&) = delete;

    /// Counts what the app has sent, and gives the time for which nothing more is to be read from
    /// it: zero while it, and its user, are within their rates.
    Duration take(TimePoint now, std::size_t messages, std::size_t bytes);

    /// Counts a key of so many bytes, or gives a sentence that refuses it.
    std::optional<std::string> try_register(std::size_t key_bytes);
    /// A key of so many bytes that was counted is gone.
    void unregister(std::size_t key_bytes) noexcept;

private:
    friend class Allowances;
    Allowance(Allowances& all, std::uint32_t uid);

    Allowances& all_;
    detail::Taken app_;
    detail::Taken& user_;
};

}  // namespace netaio::daemon
