#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <netaio/plugins.hpp>
#include <optional>
#include <string>
#include <vector>

#include "meaning.hpp"
#include "unique_function.hpp"

namespace netaio::core {

/// Whether the answer to a request that was given up is still to come, as on a stream, or may well
/// be lost, as with datagrams.
enum class LateAnswers { expected, not_expected };

/// The requests in flight to one place (a TCP connection, an address). An answer matches by the id
/// that the request was sent with if it gives that back, else in the order of the requests
/// (protocol.md §4, §10.3). Where late answers are expected, a request that was given up is
/// remembered, so that an answer without an id is not taken for the next one's. Bounded; not
/// thread-safe.
class RequestTable {
public:
    /// Counts up and never comes again; on the wire it wraps.
    using Id = std::uint64_t;
    using TimePoint = std::chrono::steady_clock::time_point;
    /// Told once: an error, or the reply, which is a view for the time of the call.
    using Completion = UniqueFunction<void(std::error_code, const Message*)>;

    /// What a request is made of anew when a plugin says so (AuthPlugin::retry).
    struct Retry {
        OwnedMessage message;
        unsigned left = retries_max;
        Id first = 0;  // under which it was added
    };
    /// How often a request is made anew at most.
    static constexpr unsigned retries_max = 3;

    struct Request {
        Id id = 0;
        TimePoint deadline = {};
        Question asked = {};
        Plugins inner;               // the reply goes through them
        Completion completion;       // empty once given up
        std::uint32_t checksum = 0;  // of the datagram that carried it
        bool unsent = false;         // its message waits for a plugin
        bool by_id = false;          // only an answer with its id counts, or NOT_FOUND
        bool strictly_by_id = false;
        std::error_code expires_as = Errc::timeout;
        std::unique_ptr<Retry> retry = nullptr;
    };
    /// One that was given up.
    struct Expired {
        Completion completion;
        std::error_code why;
    };
    /// Told that a request has ended whose message was not sent yet.
    using UnsentEnds = std::function<void(RequestId)>;

    /// At most `in_flight_max` requests wait, and as many given-up ones are remembered.
    /// Ids begin with `first_id`.
    explicit RequestTable(std::size_t in_flight_max = 65536,
                          LateAnswers late_answers = LateAnswers::expected, Id first_id = 1);
    ~RequestTable();

    /// What a request is sent with.
    static constexpr RequestId on_wire(Id id) noexcept { return static_cast<RequestId>(id); }
    /// The first id from this one on that can be told, on the wire, from all that are in flight or
    /// remembered.
    Id free_from(Id id) const;

    /// Adds a request for `uri` under the next id; Errc::queue_full at the limit.
    Result<Id> add(ByteView uri, const Question& asked, Plugins inner, TimePoint deadline,
                   Completion completion);
    /// Has a request wait under the id it has: one that was taken out, as what came was not its
    /// answer, or a new one whose id came from free_from().
    void insert(ByteView uri, Request request);

    /// Takes out the request that a message of this type and uri answers: the one with its id if it
    /// has one, else the oldest. An answer to a given-up request comes back with an empty
    /// completion, to be discarded.
    std::optional<Request> take(MessageType answer, ByteView uri, std::optional<RequestId> id = {});
    /// The uri that an answer without one is about (protocol.md §4): that of the request with its
    /// id if it has one, else of the oldest, if exactly one waits. That may be a given-up one's, as
    /// answers without ids come in order.
    std::optional<std::string> meant_uri(std::optional<RequestId> id = {}) const;
    /// Whether take() would find one, perhaps a given-up one. What has an id is known by that and
    /// its type alone; a uri that is unknown counts as any.
    bool is_answer(MessageType answer, std::optional<ByteView> uri,
                   std::optional<RequestId> id) const;

    /// Keeps the message of a request, unless it is kept already, for when it is to be made anew.
    void keep(RequestId id, OwnedMessage message);
    /// The request with that id if it was sent, waits, and may be made anew; null otherwise.
    const Request* that_may_be_retried(RequestId id) const;
    /// Has it wait under another id, the next or this one; what give_up() and forget() call it by
    /// stays as it was. Null where that_may_be_retried() is.
    const Request* retry(RequestId id, std::optional<Id> next = {});
    /// Says whether the message of a request is still to be sent, and of which datagram it is part.
    void set_unsent(RequestId id, bool unsent, std::uint32_t checksum = 0);
    void when_unsent_ends(UnsentEnds told);

    /// Takes out the oldest request of all that still waits.
    std::optional<Request> take_oldest();

    /// Gives a request up: its completion is returned, its late answer will be discarded. Empty
    /// when it is not waiting any more.
    Completion give_up(Id id);
    /// Takes out a request that was never sent, so that no answer to it can come.
    Completion forget(Id id);
    Completion forget_unsent(RequestId id);
    /// Whether one waits with this id, or is remembered.
    bool has(RequestId id) const;
    /// Takes one out that is to wait in another table.
    std::optional<Request> take_out(Id id);
    /// The oldest request that waits and was added with this checksum.
    std::optional<Id> carried_by(std::uint32_t checksum) const;
    /// Told of an answer that cannot be believed, for which a request is given up when its deadline
    /// passes: the one with its id; without one that which waits alone. Whether there is such a
    /// one, as a handshake is, too, which knows no other cause than time.
    bool not_believed(std::optional<RequestId> id, std::error_code why);
    /// The same of all that wait.
    void none_believed(std::error_code why);
    /// Gives up the requests whose deadline has passed and adds them to others; takes no memory
    /// where there is room for them.
    void give_up_expired(TimePoint now, std::vector<Expired>& expired);
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
