#pragma once

#include <memory>
#include <netaio/connection.hpp>
#include <span>
#include <string>
#include <vector>

namespace netaio::core {

/// An encoded message, shared by the queues of all that it goes to.
using SharedFrame = std::shared_ptr<const std::string>;

/// The same for all that it goes to.
struct SharedFrames {
    SharedFrame clear;
    /// For those in sessions; null where there are none.
    SharedFrame within = nullptr;
};

/// One of those that a message goes to.
class Receiver {
public:
    virtual ~Receiver() = default;
    /// A number no other has, higher for younger ones.
    virtual std::uint64_t id() const noexcept = 0;
    /// Whether what goes there is sealed, and so passes less of the node's own layer.
    virtual bool sealed() const noexcept { return false; }
    /// Part of a FanOut from now on: what is collected there goes before anything else.
    virtual void expect_fan_out() noexcept = 0;
    /// Writes encoded messages, of which `bytes` holds all, or adds them to what waits. Returns how
    /// many it took.
    virtual std::size_t take_fan_out(ByteView bytes, std::span<const SharedFrame> frames,
                                     bool at_once) noexcept = 0;
    /// A message that has to be protected for each one. That it is not sent is logged.
    virtual void give(const Message& message, const SendOptions& options,
                      const Vouched* as = nullptr) = 0;
};

/// Receivers as they were at one moment.
using Receivers = std::shared_ptr<const std::vector<std::shared_ptr<Receiver>>>;

/// Collects what goes to the same receivers during one turn of the loop, to be written to each of
/// them from here: a hundred copies of it would not fit into the processor's cache (bench:
/// fan_out).
class FanOut {
public:
    /// How much is collected at most, in bytes, before it is to be settled.
    static constexpr std::size_t size_max = 64 * 1024;

    bool pending() const noexcept { return to_ != nullptr; }
    bool is_for(const Receivers& to) const noexcept { return to_ == to; }
    std::size_t size() const noexcept { return clear_.bytes.size(); }
    /// Adds a message; those for other receivers are to be settled before.
    void add(const Receivers& to, const SharedFrames& frames);
    /// Gives the receivers what was collected; `at_once` has it written from here, else it waits
    /// with each for the end of the turn. Returns how many messages they took in all.
    std::size_t settle(bool at_once);

private:
    struct Collected {
        std::string bytes = {};  // of all frames
        std::vector<SharedFrame> frames = {};

        void add(const SharedFrame& frame);
        void reuse(Collected&& other) noexcept;
    };

    Receivers to_;
    Collected clear_;
    Collected within_;
};

}  // namespace netaio::core
