#pragma once

#include <cstdint>
#include <memory>
#include <netaio/bytes.hpp>
#include <string>
#include <unordered_map>
#include <vector>

namespace netaio::net {

class Stream;

/// An encoded message, shared by the queues of all that it goes to.
using SharedFrame = std::shared_ptr<const std::string>;

/// The connections that subscribed to one key, in no order.
class Subscribers {
public:
    bool contains(Stream& stream) const { return places_.contains(&stream); }
    void add(Stream& stream);
    /// The last one takes its place, so that who walks over them from the end misses none.
    bool remove(Stream& stream);
    std::size_t size() const noexcept { return streams_.size(); }
    Stream& operator[](std::size_t place) const noexcept { return *streams_[place]; }

private:
    std::vector<Stream*> streams_;
    std::unordered_map<Stream*, std::size_t> places_;
};

/// Encoded messages one after another, with the bounds of each.
class Frames {
public:
    void add(ByteView frame);
    void clear() noexcept;
    bool empty() const noexcept { return ends_.empty(); }
    std::size_t count() const noexcept { return ends_.size(); }
    ByteView bytes() const noexcept { return bytes_; }
    /// One of them by itself, for a queue that may drop it; made once for all queues.
    const SharedFrame& shared(std::size_t index);

private:
    std::string bytes_;
    std::vector<std::size_t> ends_;
    std::vector<SharedFrame> shared_;
};

/// Collects what is sent to all subscribers of a key during one turn of the loop, and then writes
/// it to each from the one buffer: for small messages a system call for each connection, not for
/// each message, and no copies, is what makes a fan-out cheap.
class FanOut {
public:
    /// Adds a message for these subscribers. Whoever adds for others, or changes who they are, or
    /// sends one of them anything else, is to settle() before.
    void add(Subscribers& to, ByteView frame);
    bool goes_to(const Subscribers& to) const noexcept { return to_ == &to; }
    bool pending() const noexcept { return to_ != nullptr; }
    std::size_t size() const noexcept { return frames_.bytes().size(); }
    /// Gives the subscribers what was collected.
    void settle();

private:
    Subscribers* to_ = nullptr;
    Frames frames_;
};

}  // namespace netaio::net
