#pragma once

#include <atomic>
#include <boost/smart_ptr/local_shared_ptr.hpp>
#include <boost/smart_ptr/make_local_shared.hpp>
#include <mutex>
#include <utility>

namespace netaio::core {

/// A value that any thread may replace as a whole while others read it.
template <class T>
class Replaceable {
public:
    class Reader;

    Replaceable() = default;
    Replaceable(const Replaceable&) = delete;
    Replaceable& operator=(const Replaceable& other) { return *this = other.get(); }
    Replaceable& operator=(T value) {
        {
            const std::lock_guard lock(mutex_);
            std::swap(value_, value);
        }
        version_.fetch_add(1, std::memory_order_release);
        return *this;
    }
    /// As it is now.
    T get() const {
        const std::lock_guard lock(mutex_);
        return value_;
    }
    operator T() const { return get(); }

private:
    mutable std::mutex mutex_;
    T value_;
    std::atomic<std::uint64_t> version_{1};
};

/// One thread's copy, which it reads without locks.
template <class T>
class Replaceable<T>::Reader {
public:
    explicit Reader(const Replaceable& source) noexcept : source_(source) {}

    /// The value as it is now; what is held stays as it is when that is replaced meanwhile.
    boost::local_shared_ptr<const T> get() {
        now();
        return copy_;
    }
    /// The same until the next call of either, which code of others may make.
    const T& now() {
        if (source_.version_.load(std::memory_order_acquire) != version_) [[unlikely]] {
            renew();
        }
        return *copy_;
    }
    /// Another number when it was replaced.
    std::uint64_t version() {
        now();
        return version_;
    }

private:
    [[gnu::cold, gnu::noinline]] void renew() {
        // Noted last: where there is no memory, the next one tries again.
        const auto version = source_.version_.load(std::memory_order_acquire);
        copy_ = boost::make_local_shared<const T>(source_.get());
        version_ = version;
    }

    const Replaceable& source_;
    std::uint64_t version_ = 0;
    boost::local_shared_ptr<const T> copy_;
};

}  // namespace netaio::core
