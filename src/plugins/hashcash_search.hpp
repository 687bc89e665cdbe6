#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <netaio/hashcash_auth.hpp>
#include <thread>
#include <vector>

#include "hashcash_stamp.hpp"

/// The search for stamps, on threads of its own.
namespace netaio::plugins {

class StampThreads;

/// What a search needs to know.
struct StampOrder {
    Stamp stamp;  // but for its counter
    unsigned bits = 0;
    std::chrono::steady_clock::time_point deadline = {};
    Environment environment = {};
    std::function<void(const HashcashProgress&)> on_progress = nullptr;
};

/// A message's wait for its stamp.
class StampSearch final : public PluginWork, public std::enable_shared_from_this<StampSearch> {
public:
    StampSearch(std::shared_ptr<StampThreads> threads, StampOrder order);

    void start(std::function<void()> done) override;
    void cancel() noexcept override;

    /// What came of it: a stamp, or Errc::pending as long as nothing did.
    Result<Stamp> result() const;
    /// Whether it is that of the owner of these threads.
    bool is_of(const StampThreads& threads) const noexcept { return threads_.get() == &threads; }

private:
    friend class StampThreads;

    // Some of the work.
    std::optional<Stamp> try_some(std::uint32_t part) const noexcept;
    void end(Result<Stamp> result) noexcept;
    void tell(std::uint64_t attempts, std::chrono::steady_clock::time_point now) const;

    const std::shared_ptr<StampThreads> threads_;
    const StampOrder order_;

    // Held while `done` runs, as it must not once cancel() has returned; it may call that itself.
    mutable std::recursive_mutex mutex_;
    std::function<void()> done_;
    Result<Stamp> result_ = make_error_code(Errc::pending);

    // Those of the threads, under their mutex.
    std::chrono::steady_clock::time_point started_{};
    std::chrono::steady_clock::time_point told_{};
    std::uint64_t attempts_ = 0;
    std::uint32_t parts_ = 0;  // that were begun
    unsigned searchers_ = 0;   // threads that search
    bool telling_ = false;
};

/// Some threads and the searches that wait for them, first come, first served. Threads without
/// another one to begin help with the first.
class StampThreads : public std::enable_shared_from_this<StampThreads> {
public:
    explicit StampThreads(unsigned count) : count_(count) {}

    /// How many hashes are tried between two looks at what else there is to do.
    static constexpr std::uint32_t part_size = 1 << 14;

    /// Throws std::system_error when there can be no thread.
    void add(const std::shared_ptr<StampSearch>& search);
    /// Whether it was there.
    bool remove(const StampSearch& search) noexcept;
    /// Ends all searches as cancelled, and the threads.
    void stop() noexcept;

private:
    void run() noexcept;
    std::shared_ptr<StampSearch> next();
    // Begins locked, and may end so.
    void work_on(StampSearch& search, std::unique_lock<std::mutex>& lock);

    const unsigned count_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<StampSearch>> searches_;
    std::vector<std::thread> threads_;
    bool stopping_ = false;
};

}  // namespace netaio::plugins
