#pragma once

#include <array>
#include <memory>
#include <string>

#include "core/stream.hpp"
#include "world.hpp"

namespace netaio::sim {

class LineEnd;

/// How a line carries bytes.
struct Manner {
    std::size_t window = 65536;  ///< bytes on the way and not yet read, each way
    Duration delay_max{5};       ///< of each piece
    bool pieces = false;         ///< cut anywhere, rather than all that is there at a time
    bool pushes = false;  ///< brings input as it comes, as a ring does, rather than has it read
    bool keeps = false;   ///< takes what it cannot pass on yet, as a ring does
};

/// A connection's bytes between two ends, as TCP carries them: in order, as much at a time as the
/// reader leaves room for.
class Line : public std::enable_shared_from_this<Line> {
public:
    Line(World& world, const Manner& manner) : manner_(manner), world_(world) {}

    /// Has one end carry a stream; 0 or 1.
    void attach(std::size_t end, const std::shared_ptr<core::Stream>& stream);

    /// Nothing arrives until it is called again.
    void stall(bool stalled);
    /// As when a machine in between forgets the connection: both ends hear of it, what is on the
    /// way is lost.
    void reset();
    /// One end's machine is gone without a word.
    void vanish() noexcept { gone_ = true; }
    /// Writes on behalf of an end that nobody attached.
    void write(std::size_t end, ByteView bytes);
    /// That end says that it sends no more, though it still reads.
    void finish(std::size_t end);
    /// Does to one byte what no wire may: for tests of tests.
    void damage() noexcept { damage_ = true; }

    bool broken() const noexcept { return gone_ || reset_; }
    const std::string& arrived(std::size_t end) const noexcept { return ways_[1 - end].arrived; }

private:
    friend class LineEnd;

    // What one end sends, and the other reads.
    struct Way {
        std::string flying;
        std::string arrived;
        bool finished = false;  // nothing follows what flies
        bool ended = false;     // and the reader knows
        bool carrying = false;  // the next piece has its time
        bool closed = false;    // the reader has gone
    };

    std::size_t room(std::size_t end) const noexcept;
    std::size_t take(std::size_t end, ByteView bytes);
    void carry(std::size_t end);
    void arrive(std::size_t end);
    void tell(std::size_t end, void (LineEnd::*what)());

    const Manner manner_;
    World& world_;
    std::array<Way, 2> ways_;  // by who writes
    std::array<LineEnd*, 2> ends_{};
    std::array<std::weak_ptr<core::Stream>, 2> streams_;
    bool stalled_ = false;
    bool reset_ = false;
    bool gone_ = false;
    bool damage_ = false;
};

/// A line as the stream at one of its ends sees it.
class LineEnd final : public core::Carrier {
public:
    LineEnd(std::shared_ptr<Line> line, std::size_t end, core::Stream& stream)
        : line_(std::move(line)), end_(end), stream_(stream) {}

    void start(const std::shared_ptr<core::Stream>&) override { came(); }
    std::size_t write(ByteView bytes, std::error_code& error) override;
    std::size_t hand_over(std::string& bytes, std::error_code& error) override;
    void wait_writable() override;
    void settle(std::error_code& error) override;
    void resume() override { read_later(); }
    void look_for_end() override;
    void close() noexcept override;

    /// Bytes arrived, or the end.
    void came();
    /// The other end made room.
    void has_room();

private:
    static constexpr std::size_t kept_max = 16 * 1024;

    void later(void (LineEnd::*what)());
    void read_later();
    void read();
    void bring();
    void end(std::error_code why);
    void say_blocked();
    void say_writable();
    bool writable() const noexcept { return line_->reset_ || line_->room(end_) > 0; }
    Line::Way& incoming() noexcept { return line_->ways_[1 - end_]; }

    std::shared_ptr<Line> line_;
    const std::size_t end_;
    core::Stream& stream_;  // owns this
    bool closed_ = false;
    bool reading_ = false;
    bool waiting_ = false;
    bool telling_ = false;
    bool said_end_ = false;
};

}  // namespace netaio::sim
