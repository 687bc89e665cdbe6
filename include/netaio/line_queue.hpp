#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace netaio {

/// How a LineQueue writes.
struct LineQueueOptions {
    /// Writes lines, one or several at once. May block. Gives 0, or an errno when it cannot. Called
    /// on the writing thread, perhaps after the queue is gone; must not throw.
    std::function<int(std::string_view lines)> write;
    /// How many bytes may wait to be written; lines beyond that are left out.
    std::size_t waiting_max = 1 << 20;
    /// Gives the line that tells in their place how many lines were left out, or nothing. Called on
    /// the writing thread; must not write here.
    std::function<std::string(std::uint64_t left_out)> tell_left_out = {};
    /// Told the errno of the first write that failed, on the writing thread, while there is a
    /// queue.
    std::function<void(int error)> failed = {};
};

/// Writes lines on a thread of its own, so that nobody waits for whoever reads them: what a log's
/// sink that may block, as on a pipe or a slow disk, is to stand behind. Thread-safe.
class LineQueue {
public:
    /// Throws std::invalid_argument without a function that writes.
    explicit LineQueue(LineQueueOptions options);
    /// Waits for nothing: the thread goes on alone until all it has is written.
    ~LineQueue();
    LineQueue(const LineQueue&) = delete;
    LineQueue& operator=(const LineQueue&) = delete;

    /// Takes a line, with its end, or leaves it out and counts it.
    void write(std::string_view line);
    /// Waits until all is written, but no longer than this. The errno of the first write that
    /// failed, else 0.
    int finish(std::chrono::milliseconds patience);

private:
    struct State;
    static void run(const std::shared_ptr<State>& state);

    std::shared_ptr<State> state_;
};

}  // namespace netaio
