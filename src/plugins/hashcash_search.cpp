#include "hashcash_search.hpp"

#include <algorithm>
#include <system_error>

#include "../crypto/leading_zeros.hpp"

namespace netaio::plugins {
namespace {

// How often the progress of one search is told of.
constexpr std::chrono::milliseconds telling_pause{100};

}  // namespace

StampSearch::StampSearch(std::shared_ptr<StampThreads> threads, StampOrder order)
    : threads_(std::move(threads)), order_(std::move(order)) {}

void StampSearch::start(std::function<void()> done) {
    {
        const std::lock_guard lock(mutex_);
        done_ = std::move(done);
    }
    started_ = told_ = order_.environment.clock->steady_now();
    try {
        threads_->add(shared_from_this());
    } catch (const std::system_error& error) {
        order_.environment.log(LogLevel::error,
                               std::string("hashcash: cannot search for stamps: ") + error.what());
        end(error.code());
    }
}

void StampSearch::cancel() noexcept {
    std::function<void()> forgotten;
    {
        const std::lock_guard lock(mutex_);
        forgotten.swap(done_);
        if (result_.error() == Errc::pending) result_ = make_error_code(Errc::cancelled);
    }
    threads_->remove(*this);
}

Result<Stamp> StampSearch::result() const {
    const std::lock_guard lock(mutex_);
    return result_;
}

std::optional<Stamp> StampSearch::try_some(std::uint32_t part) const noexcept {
    Stamp stamp = order_.stamp;
    // The counter's high half tells the parts apart, its low half is counted in each.
    constexpr std::size_t low = StampLayout::size - 4;
    wire::put_u32(stamp.data() + StampLayout::counter, part);
    const auto found = crypto::find_leading_zeros({view(stamp).substr(0, low)}, order_.bits,
                                                  StampThreads::part_size);
    if (!found) return std::nullopt;
    wire::put_u32(stamp.data() + low, *found);
    return stamp;
}

void StampSearch::end(Result<Stamp> result) noexcept {
    std::function<void()> done;
    const std::lock_guard lock(mutex_);
    done.swap(done_);
    if (!done) return;
    result_ = std::move(result);
    try {
        done();
    } catch (const std::exception& error) {
        order_.environment.log(LogLevel::error, std::string("hashcash: ") + error.what());
    } catch (...) {
        order_.environment.log(LogLevel::error, "hashcash: who waits for a stamp threw");
    }
}

void StampSearch::tell(std::uint64_t attempts, std::chrono::steady_clock::time_point now) const {
    try {
        order_.on_progress(
            {.bits = order_.bits,
             .attempts = attempts,
             .elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - started_)});
    } catch (const std::exception& error) {
        order_.environment.log(LogLevel::error,
                               std::string("HashcashOptions::on_progress threw: ") + error.what());
    } catch (...) {
        order_.environment.log(LogLevel::error, "HashcashOptions::on_progress threw");
    }
}

void StampThreads::add(const std::shared_ptr<StampSearch>& search) {
    {
        const std::lock_guard lock(mutex_);
        while (!stopping_ && threads_.size() < count_) {
            try {
                threads_.emplace_back([self = shared_from_this()] { self->run(); });
            } catch (const std::system_error&) {
                if (threads_.empty()) throw;
                break;
            }
        }
        if (!stopping_) {
            searches_.push_back(search);
            changed_.notify_all();
            return;
        }
    }
    search->end(make_error_code(Errc::cancelled));
}

bool StampThreads::remove(const StampSearch& search) noexcept {
    std::shared_ptr<StampSearch> removed;  // outlives the lock
    const std::lock_guard lock(mutex_);
    const auto found =
        std::ranges::find(searches_, &search, [](const auto& each) { return each.get(); });
    if (found == searches_.end()) return false;
    removed = std::move(*found);
    searches_.erase(found);
    return true;
}

void StampThreads::stop() noexcept {
    std::deque<std::shared_ptr<StampSearch>> left;
    std::vector<std::thread> threads;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        left.swap(searches_);
        threads.swap(threads_);
    }
    changed_.notify_all();
    for (const auto& search : left) {
        search->end(make_error_code(Errc::cancelled));
    }
    for (std::thread& thread : threads) {
        // What runs on it may have been the last to need the plugin.
        if (thread.get_id() == std::this_thread::get_id()) {
            thread.detach();
        } else {
            thread.join();
        }
    }
}

std::shared_ptr<StampSearch> StampThreads::next() {
    const auto free =
        std::ranges::find(searches_, 0u, [](const auto& each) { return each->searchers_; });
    return free != searches_.end() ? *free : searches_.front();
}

void StampThreads::run() noexcept {
    for (;;) {
        std::shared_ptr<StampSearch> search;  // outlives the lock
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopping_ || !searches_.empty(); });
        if (stopping_) return;
        search = next();
        work_on(*search, lock);
    }
}

void StampThreads::work_on(StampSearch& search, std::unique_lock<std::mutex>& lock) {
    const Clock& clock = *search.order_.environment.clock;
    if (clock.steady_now() >= search.order_.deadline) {
        lock.unlock();
        if (remove(search)) search.end(make_error_code(Errc::timeout));
        return;
    }
    const std::uint32_t part = search.parts_++;
    ++search.searchers_;
    lock.unlock();
    const auto stamp = search.try_some(part);
    if (stamp && remove(search)) {
        search.end(*stamp);
        return;
    }
    lock.lock();
    --search.searchers_;
    search.attempts_ += part_size;
    const auto now = clock.steady_now();
    if (!search.order_.on_progress || search.telling_ || now - search.told_ < telling_pause) return;
    search.telling_ = true;
    search.told_ = now;
    const std::uint64_t attempts = search.attempts_;
    lock.unlock();
    search.tell(attempts, now);
    lock.lock();
    search.telling_ = false;
}

}  // namespace netaio::plugins
