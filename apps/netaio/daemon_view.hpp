#pragma once

#include <chrono>
#include <map>
#include <netaio/bytes.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "json.hpp"

/// What netaiod says of itself, for people.
namespace netaio::app {

/// An object that netaiod sent. Throws Failure (malformed) for what is none.
Json daemon_object(ByteView text);

/// The answer to `netaiod/status`: a summary, a table of apps, their keys, and peers. Throws
/// Failure (malformed) for what it cannot read.
std::string status_text(const Json& status);

/// One message as netaiod saw it, tab between: direction, app, type, uri, size, who, far end. Or
/// `missed` and how many. Throws Failure (malformed) for what it cannot read.
std::string seen_line(const Json& seen);

/// Who says how much about which uri.
class SeenTable {
public:
    using TimePoint = std::chrono::steady_clock::time_point;
    /// Rows at once; the one that is quiet for longest makes room.
    static constexpr std::size_t rows_max = 1000;

    /// Counts what netaiod saw, or missed. Throws Failure (malformed) for what it cannot read.
    void count(const Json& seen, TimePoint now);
    /// A table, the busiest first, with lines no longer than `width` and no more than `height` of
    /// them.
    std::string text(TimePoint now, std::size_t width, std::size_t height) const;

private:
    // Falls by half in a time, if nothing comes.
    class Rate {
    public:
        void add(double amount, TimePoint now);
        double at(TimePoint now) const;

    private:
        double value_ = 0;  // at that time
        TimePoint at_ = {};
    };
    struct Row {
        Rate messages;
        Rate bytes;
        std::uint64_t total = 0;
        TimePoint last = {};
    };

    void make_room();

    std::map<std::pair<std::string, std::string>, Row> rows_;  // by who and uri, as they are shown
    std::uint64_t seen_ = 0;
    std::uint64_t missed_ = 0;
};

}  // namespace netaio::app
