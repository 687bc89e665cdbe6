#include "log_brake.hpp"

#include <utility>

namespace netaio::app {

LogBrake::Verdict LogBrake::next(std::chrono::steady_clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (now - second_began_ >= std::chrono::seconds(1)) {
        second_began_ = now;
        lines_ = 0;
    }
    if (lines_ >= lines_per_second_) {
        ++left_out_;
        return {false, 0};
    }
    ++lines_;
    return {true, std::exchange(left_out_, 0)};
}

}  // namespace netaio::app
