#pragma once

#include <netaio/bytes.hpp>
#include <netaio/environment.hpp>

namespace netaio {

/// What SeenMessages knows of a message.
enum class Seen : std::uint8_t {
    fresh,        ///< it is new, and known from now on
    copy,         ///< it was new less than SeenMessages::copies_within ago
    replayed,     ///< it was new longer ago than that
    too_old,      ///< its timestamp is older than it may be
    too_new,      ///< its timestamp is further ahead of the clock than it may be
    below_floor,  ///< its timestamp is not younger than the floor: nobody can tell whether it is
                  ///< new
};

/// The answer of SeenMessages.
struct Sighting {
    Seen seen = Seen::fresh;
    /// By how many seconds the timestamp is older than the clock, negative where it is younger; of
    /// a message below the floor, than the oldest that would be above it.
    std::int64_t seconds = 0;
    /// Whether messages that were not too old yet had to be forgotten for this one, so that the
    /// floor has risen.
    bool shrunk = false;
};

/// What SeenMessages needs to know.
struct SeenOptions {
    /// What it takes at most, all its memory counted; at least 4096. A message takes 11 to 21
    /// bytes where many have the same timestamp, and 280 where each has one of its own.
    std::size_t bytes_max = 16 << 20;
    /// How far a timestamp may be ahead of the clock.
    std::chrono::milliseconds max_ahead = std::chrono::seconds(10);
    /// A file of its own that keeps the floor from a clean stop, when this object goes, to the next
    /// start, which removes it; empty for none. Without a mark, everything that was sent before
    /// the start, or is dated less than `max_ahead` after it, is refused: a program that ran before
    /// may have accepted it.
    std::string mark_file = {};
    /// Whether a program that ran before could have accepted anything. Otherwise there is no floor
    /// at the start: for clients, which believe what answers them whatever others may have heard.
    bool ran_before = true;
    /// The clock that timestamps are compared with, and a log.
    Environment environment = {};
};

/// Remembers which messages came, so that none is accepted twice, for as long as their timestamps
/// are not too old. Bounded: where it is full, all messages with the oldest timestamp are forgotten
/// together, and that is the floor then: what is not younger is refused, as is everything older
/// than was ever forgotten. So no replay ever passes, also where the clock steps back. Timestamps
/// are seconds since 1970 in 32 bits (protocol.md §5), which end in 2106. Thread-safe; shared by
/// plugins (HmacOptions::seen). Nodes that share one may each accept a message: a program that
/// makes several anew while it runs gives each a table of its own.
class SeenMessages {
public:
    /// How soon after the first a second copy is one that took another way. To a quarter of a
    /// second.
    static constexpr std::chrono::seconds copies_within{5};

    /// Throws std::invalid_argument when an option makes no sense, and netaio::Error when the file
    /// of the mark cannot be read and replaced, or holds none.
    explicit SeenMessages(SeenOptions options = {});
    /// Writes the mark; what keeps it from that is logged.
    ~SeenMessages();
    SeenMessages(const SeenMessages&) = delete;
    SeenMessages& operator=(const SeenMessages&) = delete;

    /// Whether a message is new that was authenticated before: who can make many can have others'
    /// forgotten. `what` is all that tells it from others, a digest or the bytes themselves; a
    /// keyed hash of it is kept. What is older than `max_age` is refused; what is older than the
    /// longest that was ever asked for is forgotten.
    Sighting see(ByteView what, std::uint32_t timestamp, std::chrono::milliseconds max_age);

    /// What see() would say of it, which is not remembered: for who has still to find out whether
    /// it is authentic, where that costs more.
    Sighting look(ByteView what, std::uint32_t timestamp, std::chrono::milliseconds max_age);

    std::chrono::milliseconds max_ahead() const noexcept { return max_ahead_; }
    /// The memory it takes now, and how many messages it remembers.
    std::size_t bytes() const;
    std::size_t size() const;

private:
    struct Table;

    std::chrono::milliseconds max_ahead_;
    std::unique_ptr<Table> table_;
};

}  // namespace netaio
