#pragma once

#include <memory>
#include <netaio/bytes.hpp>
#include <string>
#include <vector>

namespace netaio::net {

class Stream;

/// An encoded message, shared by the queues of all that it goes to.
using SharedFrame = std::shared_ptr<const std::string>;

/// Connections as they were at one moment.
using Streams = std::shared_ptr<const std::vector<std::shared_ptr<Stream>>>;

/// Collects what goes to the same connections during one turn of the loop, to be written to each of
/// them from here: a hundred copies of it would not fit into the processor's cache (bench:
/// fan_out).
class FanOut {
public:
    /// How much is collected at most, in bytes, before it is to be settled.
    static constexpr std::size_t size_max = 64 * 1024;

    bool pending() const noexcept { return to_ != nullptr; }
    bool is_for(const Streams& to) const noexcept { return to_ == to; }
    std::size_t size() const noexcept { return bytes_.size(); }
    /// Adds a message; those for other connections are to be settled before.
    void add(const Streams& to, const SharedFrame& frame);
    /// Gives the connections what was collected; `at_once` has it written from here, else it waits
    /// with each for the end of the turn. Returns how many messages they took in all.
    std::size_t settle(bool at_once);

private:
    Streams to_;
    std::string bytes_;  // of all frames
    std::vector<SharedFrame> frames_;
};

}  // namespace netaio::net
