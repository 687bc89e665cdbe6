#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>
#include <netaio/plugins.hpp>
#include <thread>
#include <vector>

namespace netaio::test {

/// Work that ends when it is told to, on the thread that tells. Thread-safe.
class FakeWork final : public PluginWork {
public:
    void start(std::function<void()> done) override {
        const std::lock_guard lock(mutex_);
        started_ = true;
        done_ = std::move(done);
        if (ended_) {
            tell();
        }
    }
    void cancel() noexcept override {
        const std::lock_guard lock(mutex_);
        cancelled_ = true;
        done_ = nullptr;
    }
    /// Perhaps before it is started.
    void end(std::error_code result = {}) {
        const std::lock_guard lock(mutex_);
        result_ = result;
        ended_ = true;
        tell();
    }
    bool started() const { return locked(started_); }
    bool cancelled() const { return locked(cancelled_); }
    bool ended() const { return locked(ended_); }
    std::error_code result() const { return locked(result_); }

private:
    template <class T>
    T locked(const T& value) const {
        const std::lock_guard lock(mutex_);
        return value;
    }
    void tell() {
        if (const auto done = std::exchange(done_, nullptr)) {
            done();
        }
    }

    mutable std::mutex mutex_;
    std::function<void()> done_;
    bool started_ = false;
    bool cancelled_ = false;
    bool ended_ = false;
    std::error_code result_;
};

/// Demands a field of who is not answering, which takes it work to make; says a price when it is
/// missing, or too low.
class WorkingAuth final : public AuthPlugin {
public:
    std::error_code make(AuthFields& fields, ByteView,
                         const PluginContext& context) const override {
        const std::lock_guard lock(mutex_);
        made_for_answers += context.answer ? 1 : 0;
        knew_remote += context.remote ? 1 : 0;
        if (context.answer && !pays_for_answers) {
            return {};
        }
        if (!context.work) {
            return Errc::auth_not_possible;
        }
        if (const auto done = std::static_pointer_cast<FakeWork>(*context.work)) {
            if (!done->result()) {
                fields.set_integer("paid", price);
            }
            return done->result();
        }
        const auto work = std::make_shared<FakeWork>();
        *context.work = work;
        works_.push_back(work);
        if (at_once) {
            work->end();
        }
        if (on_threads) {
            const std::chrono::microseconds time(300 * (works_.size() * 7 % 5));
            threads_.emplace_back([work, time] {
                std::this_thread::sleep_for(time);
                work->end();
            });
        }
        return Errc::pending;
    }
    bool check(const AuthFields& fields, ByteView, const PluginContext& context) const override {
        const std::lock_guard lock(mutex_);
        checked_answers += context.answer ? 1 : 0;
        return context.answer || fields.integer("paid").value_or(0) >= demands ||
               context.refuse(Errc::unpaid, "price " + std::to_string(demands));
    }
    bool retry(ByteView content, const PluginContext& context) const override {
        const std::lock_guard lock(mutex_);
        ++asked_to_retry;
        if (!retries || !content.starts_with("price ") || !context.answer) {
            return false;
        }
        price = static_cast<std::uint64_t>(std::stoi(std::string(content.substr(6))));
        return true;
    }
    bool may_retry() const noexcept override { return retries; }

    /// All that were asked for, in order.
    std::vector<std::shared_ptr<FakeWork>> works() const {
        const std::lock_guard lock(mutex_);
        return works_;
    }
    std::shared_ptr<FakeWork> work(std::size_t number) const { return works().at(number); }
    /// Those that go on.
    std::size_t going_on() const {
        const auto all = works();
        return static_cast<std::size_t>(std::ranges::count_if(all, [](const auto& work) {
            return work->started() && !work->cancelled() && !work->ended();
        }));
    }

    mutable std::uint64_t price = 1;
    std::uint64_t demands = 0;
    bool pays_for_answers = false;
    bool at_once = false;
    bool on_threads = false;  ///< each ends on a thread of its own, after times that differ
    bool retries = false;
    mutable int made_for_answers = 0;
    mutable int checked_answers = 0;
    mutable int knew_remote = 0;
    mutable int asked_to_retry = 0;

private:
    mutable std::mutex mutex_;
    mutable std::vector<std::shared_ptr<FakeWork>> works_;
    mutable std::vector<std::jthread> threads_;
};

}  // namespace netaio::test
