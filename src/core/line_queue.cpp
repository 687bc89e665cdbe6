#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <netaio/line_queue.hpp>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

namespace netaio {
namespace {

std::uint64_t count_lines(std::string_view text) noexcept {
    return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

}  // namespace

// Shared with the thread, which may be left behind in a write.
struct LineQueue::State {
    explicit State(LineQueueOptions given) : options(std::move(given)) {}

    const LineQueueOptions options;
    std::mutex mutex;  // guards all below
    std::condition_variable work;
    std::condition_variable idle;
    std::string waiting;
    std::size_t writing = 0;     // bytes in the hands of the thread
    std::uint64_t left_out = 0;  // lines that nobody was told of yet
    bool overflowing = false;    // the place for that line is behind what waits
    int error = 0;
    bool closed = false;
};

LineQueue::LineQueue(LineQueueOptions options)
    : state_(std::make_shared<State>(std::move(options))) {
    if (!state_->options.write) {
        throw std::invalid_argument("a LineQueue needs a function that writes: set options.write");
    }
    // Now, as later there may be no memory for a thread.
    std::thread(run, state_).detach();
}

LineQueue::~LineQueue() {
    const std::lock_guard lock(state_->mutex);
    state_->closed = true;
    state_->work.notify_one();
}

void LineQueue::write(std::string_view line) {
    const std::lock_guard lock(state_->mutex);
    const std::size_t taken = state_->waiting.size() + state_->writing;
    if (state_->overflowing || taken + line.size() > state_->options.waiting_max) {
        state_->overflowing = true;
        ++state_->left_out;
        return;
    }
    try {
        state_->waiting += line;
    } catch (const std::bad_alloc&) {
        ++state_->left_out;
    }
    state_->work.notify_one();
}

int LineQueue::finish(std::chrono::milliseconds patience) {
    std::unique_lock lock(state_->mutex);
    state_->idle.wait_for(lock, patience,
                          [&] { return state_->waiting.empty() && state_->writing == 0; });
    return state_->error;
}

void LineQueue::run(const std::shared_ptr<State>& state) {
    std::string batch;
    std::unique_lock lock(state->mutex);
    for (;;) {
        state->work.wait(lock, [&] { return state->closed || !state->waiting.empty(); });
        if (state->waiting.empty()) return;
        batch.swap(state->waiting);
        state->writing = batch.size();
        lock.unlock();
        const int error = state->options.write(batch);
        lock.lock();
        state->writing = 0;
        state->overflowing = false;
        if (error != 0) {
            // The next lines may fare better, as on a disk that has room again.
            state->left_out += count_lines(batch);
            const bool first = std::exchange(state->error, error) == 0;
            if (first && !state->closed && state->options.failed) state->options.failed(error);
        } else if (state->left_out > 0 && state->options.tell_left_out) {
            try {
                state->waiting += state->options.tell_left_out(state->left_out);
                state->left_out = 0;
            } catch (const std::bad_alloc&) {
                // Told with the next lines.
            }
        }
        batch.clear();
        if (state->waiting.empty()) state->idle.notify_all();
    }
}

}  // namespace netaio
