#include "fan_out.hpp"

#include <cassert>
#include <utility>

namespace netaio::core {

void FanOut::Collected::add(const SharedFrame& frame) {
    bytes.append(*frame);
    frames.push_back(frame);
}

// Takes over the memory.
void FanOut::Collected::reuse(Collected&& other) noexcept {
    if (other.bytes.capacity() <= 2 * size_max) {
        other.bytes.clear();
        other.frames.clear();
        *this = std::move(other);
    }
}

void FanOut::add(const Receivers& to, const SharedFrames& frames) {
    assert(!to_ || to_ == to);
    if (!to_) {
        to_ = to;
        for (const auto& receiver : *to) {
            receiver->expect_fan_out();
        }
    }
    clear_.add(frames.clear);
    if (frames.within) {
        within_.add(frames.within);
    }
}

std::size_t FanOut::settle(bool at_once) {
    // What a receiver's end leads to may begin the next one.
    const Receivers to = std::exchange(to_, nullptr);
    Collected clear = std::move(clear_);
    Collected within = std::move(within_);
    std::size_t taken = 0;
    for (const auto& receiver : *to) {
        const Collected& all = receiver->sealed() ? within : clear;
        taken += receiver->take_fan_out(all.bytes, all.frames, at_once);
    }
    if (!pending()) {
        clear_.reuse(std::move(clear));
        within_.reuse(std::move(within));
    }
    return taken;
}

}  // namespace netaio::core
