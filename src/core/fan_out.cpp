#include "fan_out.hpp"

#include <cassert>
#include <utility>

namespace netaio::core {

void FanOut::add(const Receivers& to, const SharedFrame& frame) {
    assert(!to_ || to_ == to);
    if (!to_) {
        to_ = to;
        for (const auto& receiver : *to) {
            receiver->expect_fan_out();
        }
    }
    bytes_.append(*frame);
    frames_.push_back(frame);
}

std::size_t FanOut::settle(bool at_once) {
    // What a receiver's end leads to may begin the next one.
    const Receivers to = std::exchange(to_, nullptr);
    std::string bytes = std::move(bytes_);
    std::vector<SharedFrame> frames = std::move(frames_);
    std::size_t taken = 0;
    for (const auto& receiver : *to) {
        taken += receiver->take_fan_out(bytes, frames, at_once);
    }
    if (!pending() && bytes.capacity() <= 2 * size_max) {
        bytes.clear();
        frames.clear();
        bytes_ = std::move(bytes);
        frames_ = std::move(frames);
    }
    return taken;
}

}  // namespace netaio::core
