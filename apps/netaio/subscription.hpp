#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "session.hpp"

namespace netaio::app {

/// What a command subscribes to, and when it ends.
struct SubscribeOptions {
    ClientOptions client;
    std::vector<std::string> uris;
    bool prefix = false;
    bool present = false;
    bool list = false;          ///< ends with the present values
    std::uint64_t count = 0;    ///< ends after so many notifications; 0: without end
    bool quiet = false;         ///< does not say on stderr what it is subscribed to
    bool bounded_wait = false;  ///< whether --timeout bounds the time without a notification
};

/// Takes notifications as they come, until something ends that.
class Subscription {
public:
    /// The options must outlive it.
    Subscription(const SubscribeOptions& options, const Protection& protection,
                 const boost::asio::any_io_executor& executor);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    /// Has each shown. Throws Failure, and what `show` throws.
    awaitable<void> run(std::function<void(const Message&)> show);

private:
    void take(const Message& notification);
    void lose(ByteView uri, const Message& answer);
    awaitable<void> subscribe(ByteView uri);
    awaitable<void> wait_for_end();
    void end(std::exception_ptr failure = nullptr);

    const SubscribeOptions& options_;
    std::unique_ptr<Session> session_;
    std::function<void(const Message&)> show_;
    std::vector<std::string> subscribed_;
    bool all_asked_for_ = false;
    std::exception_ptr lost_;  // why the last one ended that did
    boost::asio::steady_timer wake_;
    std::uint64_t taken_ = 0;
    std::optional<std::uint64_t> left_;  // to be listed
    std::chrono::steady_clock::time_point taken_at_ = {};
    bool ended_ = false;
    std::exception_ptr failure_;
};

}  // namespace netaio::app
