#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace netaio::core {

/// How other threads bring something to the one that a node, or a part of it, is used on: for as
/// long as that takes it. Thread-safe.
class Mailbox {
public:
    using What = std::function<void()>;
    /// Has it called there, later, not within the call.
    using Post = std::function<void(What)>;

    explicit Mailbox(Post post) : post_(std::move(post)) {}
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    /// Whether it was taken: not where there is no memory, or when it is closed.
    bool post(What what) noexcept {
        const std::lock_guard lock(mutex_);
        try {
            if (post_) {
                post_(std::move(what));
                return true;
            }
        } catch (...) {
            // A request that waits for it ends by its timeout; anything else, with its connection.
        }
        return false;
    }
    /// Nothing is posted any more once this has returned.
    void close() noexcept {
        const std::lock_guard lock(mutex_);
        post_ = nullptr;
    }

private:
    std::mutex mutex_;
    Post post_;
};

}  // namespace netaio::core
