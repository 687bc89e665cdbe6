#include "line.hpp"

#include <algorithm>

namespace netaio::sim {

void Line::attach(std::size_t end, const std::shared_ptr<core::Stream>& stream) {
    auto carrier = std::make_unique<LineEnd>(shared_from_this(), end, *stream);
    ends_[end] = carrier.get();
    streams_[end] = stream;
    stream->start(std::move(carrier));
}

void Line::stall(bool stalled) {
    stalled_ = stalled;
    for (const std::size_t end : {0u, 1u}) {
        carry(end);
    }
}

void Line::reset() {
    reset_ = true;
    for (const std::size_t end : {0u, 1u}) {
        ways_[end].flying.clear();
        tell(end, &LineEnd::came);
        tell(end, &LineEnd::has_room);
    }
}

void Line::write(std::size_t end, ByteView bytes) {
    ways_[end].flying += bytes.str();
    carry(end);
}

void Line::finish(std::size_t end) {
    ways_[end].finished = true;
    carry(end);
}

std::size_t Line::room(std::size_t end) const noexcept {
    const std::size_t used = ways_[end].flying.size() + ways_[end].arrived.size();
    return manner_.window > used ? manner_.window - used : 0;
}

std::size_t Line::take(std::size_t end, ByteView bytes) {
    const std::size_t count = std::min(bytes.size(), room(end));
    Way& way = ways_[end];
    way.flying.append(bytes.data(), count);
    if (count > 0 && std::exchange(damage_, false)) {
        way.flying.erase(way.flying.size() / 2, 1);
    }
    carry(end);
    return count;
}

void Line::carry(std::size_t end) {
    Way& way = ways_[end];
    if (stalled_ || broken() || way.carrying || (way.flying.empty() && !way.finished) ||
        way.ended) {
        return;
    }
    way.carrying = true;
    world_.after(world_.dice().between(Duration(0), manner_.delay_max),
                 [line = shared_from_this(), end] {
                     line->ways_[end].carrying = false;
                     line->arrive(end);
                 });
}

void Line::arrive(std::size_t end) {
    if (stalled_ || broken()) {
        return;
    }
    Way& way = ways_[end];
    if (way.closed && !way.flying.empty()) {
        reset();  // nobody is there to read it
        return;
    }
    const auto all = static_cast<std::uint32_t>(way.flying.size());
    const std::size_t count = all > 0 && manner_.pieces ? world_.dice().between(1u, all) : all;
    way.arrived.append(way.flying, 0, count);
    way.flying.erase(0, count);
    way.ended = way.finished && way.flying.empty();
    carry(end);
    tell(1 - end, &LineEnd::came);
}

void Line::tell(std::size_t end, void (LineEnd::*what)()) {
    if (const auto stream = streams_[end].lock(); stream && ends_[end]) {
        (ends_[end]->*what)();
    }
}

std::size_t LineEnd::write(ByteView bytes, std::error_code& error) {
    if (line_->reset_) {
        error = std::make_error_code(std::errc::connection_reset);
        return 0;
    }
    if (unsent() > 0) {
        return 0;
    }
    const std::size_t count = line_->take(end_, bytes);
    if (count == bytes.size() || !line_->manner_.keeps || bytes.size() > kept_max) {
        return count;
    }
    unsent_ = bytes.substr(count);
    later(&LineEnd::say_blocked);
    return bytes.size();
}

// Whoever handed them over finds others.
std::size_t LineEnd::hand_over(std::string& bytes, std::error_code& error) {
    const std::size_t size = bytes.size();
    const std::size_t count = write(bytes, error);
    if (count == size) {
        bytes.assign("other bytes");
    }
    return count;
}

void LineEnd::wait_writable() {
    waiting_ = true;
    if (writable()) {
        say_writable();
    }
}

void LineEnd::settle(std::error_code& error) {
    if (line_->reset_) {
        unsent_.clear();
        error = std::make_error_code(std::errc::connection_reset);
    } else if (unsent() > 0) {
        unsent_.erase(0, line_->take(end_, unsent_));
    }
}

void LineEnd::look_for_end() {
    const Line::Way& way = incoming();
    if (stream_.listens_for_end() && way.arrived.empty() && (way.ended || line_->reset_)) {
        end(line_->reset_ ? std::make_error_code(std::errc::connection_reset) : std::error_code());
    }
}

void LineEnd::close() noexcept {
    closed_ = true;
    line_->ends_[end_] = nullptr;
    incoming().closed = true;
    if (!incoming().arrived.empty()) {
        line_->reset();  // as TCP does where something was never read
    }
    line_->finish(end_);
}

void LineEnd::has_room() {
    if (waiting_ && writable()) {
        say_writable();
    }
}

void LineEnd::came() {
    if (line_->manner_.pushes && !line_->reset_ && !incoming().arrived.empty()) {
        later(&LineEnd::bring);
    } else {
        read_later();
    }
}

// What happens comes from the loop, never from within a call of the stream.
void LineEnd::later(void (LineEnd::*what)()) {
    line_->world_.after(Duration(0), [this, what, weak = stream_.weak_from_this()] {
        if (const auto stream = weak.lock(); stream && !closed_) {
            (this->*what)();
        }
    });
}

void LineEnd::read_later() {
    if (!std::exchange(reading_, true)) {
        later(&LineEnd::read);
    }
}

void LineEnd::read() {
    reading_ = false;
    stream_.proceed();
    if (closed_) {
        return;
    }
    if (!stream_.takes_input()) {
        look_for_end();
        return;
    }
    Line::Way& way = incoming();
    if (way.arrived.empty()) {
        if (way.ended || line_->reset_) {
            end(line_->reset_ ? std::make_error_code(std::errc::connection_reset)
                              : std::error_code());
        }
        return;
    }
    std::array<char, 4096> shared;
    const auto room = stream_.room(shared);
    std::size_t count = 0;
    for (const auto& part : room.parts) {
        const std::size_t fits = std::min(part.size(), way.arrived.size() - count);
        std::copy_n(way.arrived.data() + count, fits, part.data());
        count += fits;
    }
    way.arrived.erase(0, count);
    stream_.took(room, count);
    line_->tell(1 - end_, &LineEnd::has_room);
    if (!closed_) {
        read_later();
    }
}

// What is on its way comes even to who just stopped to take input, within bounds.
void LineEnd::bring() {
    Line::Way& way = incoming();
    if (way.arrived.empty() || (!stream_.takes_input() && !line_->world_.dice().chance(0.2))) {
        return;  // until it resumes
    }
    std::string bytes = std::exchange(way.arrived, {});
    stream_.received(bytes);
    line_->tell(1 - end_, &LineEnd::has_room);
    if (!closed_ && way.ended) {
        read_later();
    }
}

void LineEnd::end(std::error_code why) {
    if (!std::exchange(said_end_, true)) {
        stream_.ended(why);
    }
}

void LineEnd::say_blocked() {
    if (unsent() > 0) {
        stream_.blocked();
    }
}

void LineEnd::say_writable() {
    if (std::exchange(telling_, true)) {
        return;
    }
    line_->world_.after(Duration(0), [this, weak = stream_.weak_from_this()] {
        const auto stream = weak.lock();
        if (!stream || closed_) {
            return;
        }
        telling_ = false;
        waiting_ = false;
        stream->writable({});
    });
}

}  // namespace netaio::sim
