#pragma once

#include <chrono>
#include <memory>
#include <netaio/plugins.hpp>
#include <optional>
#include <string>
#include <vector>

#include "unique_function.hpp"

namespace netaio::core {

/// Whether the answer to a request that was given up is still to come, as on a stream, or may well
/// be lost, as with datagrams.
enum class LateAnswers { expected, not_expected };

/// The requests in flight to one place (a TCP connection, an address), matched with their answers
/// in the order they were sent (protocol.md §4, §10.3). Where late answers are expected, a request
/// that was given up is remembered, so that its answer is not taken for the next one's. Bounded;
/// not thread-safe.
class RequestTable {
public:
    using Id = std::uint64_t;
    using TimePoint = std::chrono::steady_clock::time_point;
    /// Told once: an error, or the reply, which is a view for the time of the call.
    using Completion = UniqueFunction<void(std::error_code, const Message*)>;

    struct Request {
        Id id = 0;
        TimePoint deadline = {};
        MessageType asked = MessageType::request_uri;
        Plugins inner;               // the reply goes through them
        Completion completion;       // empty once given up
        std::uint32_t checksum = 0;  // of the datagram that carried it
    };

    /// At most `in_flight_max` requests wait, and as many given-up ones are remembered.
    /// Ids begin with `first_id`.
    explicit RequestTable(std::size_t in_flight_max = 65536,
                          LateAnswers late_answers = LateAnswers::expected, Id first_id = 1);
    ~RequestTable();

    /// Adds a request for `uri`; Errc::queue_full at the limit. `checksum` is what its datagram can
    /// be told from others by.
    Result<Id> add(ByteView uri, MessageType asked, Plugins inner, TimePoint deadline,
                   Completion completion, std::uint32_t checksum = 0);

    /// Takes out the oldest request that a message of this type and uri answers. An answer to a
    /// given-up request comes back with an empty completion, to be discarded.
    std::optional<Request> take(MessageType answer, ByteView uri);
    /// The uri that an answer without one is about (protocol.md §4): that of the oldest request, if
    /// exactly one waits. It may be a given-up one's, as answers come in order.
    std::optional<std::string> only_uri() const;
    /// Has a request that was taken out wait again, as what came was not its answer.
    void put_back(ByteView uri, Request request);
    /// Takes out the oldest request of all that still waits.
    std::optional<Request> take_oldest();

    /// Gives a request up: its completion is returned, its late answer will be discarded. Empty
    /// when it is not waiting any more.
    Completion give_up(Id id);
    /// Takes out a request that was never sent, so that no answer to it can come.
    Completion forget(Id id);
    /// The oldest request that waits and was added with this checksum.
    std::optional<Id> carried_by(std::uint32_t checksum) const;
    /// Gives up the requests whose deadline has passed and adds their completions to others; takes
    /// no memory where there is room for them.
    void give_up_expired(TimePoint now, std::vector<Completion>& expired);
    /// Ends all that wait and forgets the rest.
    void end_all(std::error_code why, const Log& log) noexcept;

    /// The earliest deadline of a waiting request.
    std::optional<TimePoint> next_deadline() const;
    /// Whether add() would fail.
    bool full() const noexcept { return in_flight() >= in_flight_max_; }
    std::size_t in_flight() const noexcept;

private:
    struct Entries;

    std::unique_ptr<Entries> entries_;
    std::size_t in_flight_max_;
    LateAnswers late_answers_;
    Id next_id_;
};

/// Ends a request whose completion was taken out. What that throws is logged, as there are others.
void end(RequestTable::Completion& completion, std::error_code why, const Log& log) noexcept;

}  // namespace netaio::core
