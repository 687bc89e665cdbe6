#include "fan_out.hpp"

#include "stream.hpp"

namespace netaio::net {

void Subscribers::add(Stream& stream) {
    if (places_.emplace(&stream, streams_.size()).second) {
        streams_.push_back(&stream);
    }
}

bool Subscribers::remove(Stream& stream) {
    const auto found = places_.find(&stream);
    if (found == places_.end()) {
        return false;
    }
    const std::size_t place = found->second;
    places_.erase(found);
    if (Stream* last = streams_.back(); last != &stream) {
        streams_[place] = last;
        places_[last] = place;
    }
    streams_.pop_back();
    return true;
}

void Frames::add(ByteView frame) {
    bytes_.append(frame);
    ends_.push_back(bytes_.size());
}

void Frames::clear() noexcept {
    bytes_.clear();
    ends_.clear();
    shared_.clear();
}

const SharedFrame& Frames::shared(std::size_t index) {
    shared_.resize(ends_.size());
    SharedFrame& frame = shared_[index];
    if (!frame) {
        const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
        frame = std::make_shared<const std::string>(bytes_, begin, ends_[index] - begin);
    }
    return frame;
}

void FanOut::add(Subscribers& to, ByteView frame) {
    to_ = &to;
    frames_.add(frame);
}

void FanOut::settle() {
    if (!to_) {
        return;
    }
    Subscribers& to = *std::exchange(to_, nullptr);
    Frames frames = std::move(frames_);
    frames_ = {};
    // A connection that ends over it leaves the others where they are or puts the last, which had
    // its turn, in its place; with the only one the subscribers themselves may go.
    for (std::size_t left = to.size(); left > 0;) {
        to[--left].deliver(frames);
    }
    frames.clear();
    if (!pending()) {
        frames_ = std::move(frames);
    }
}

}  // namespace netaio::net
