#pragma once

#include <array>
#include <list>
#include <memory>
#include <vector>

#include "datagram_handshake.hpp"
#include "datagram_session.hpp"
#include "path_size.hpp"
#include "requests.hpp"
#include "unique_function.hpp"

namespace netaio::core {

/// Another node at an address, as far as sessions with it go.
struct Link : std::enable_shared_from_this<Link> {
    using TimePoint = DatagramSession::TimePoint;
    using Order = std::list<Link*>;

    static constexpr TimePoint never = TimePoint::max();

    /// Something that is to be said.
    struct Waiting {
        /// Told when it is known how to speak to the other, without an error; or why nothing can be
        /// said.
        UniqueFunction<void(std::error_code)> go_on;
        TimePoint until;  ///< it is wanted
        std::size_t size;
    };

    /// A session that is asked for.
    struct Asking {
        std::optional<datagram_handshake::Asker> asker = std::nullopt;
        SessionSecret secret = {};
        datagram_handshake::Index index = 0;
        std::uint64_t attempt = 0;
        std::optional<RequestTable::Id> question = std::nullopt;  // that waits for its answer
        std::optional<SessionKey> pinned = std::nullopt;          // whom alone one speaks to
        std::unique_ptr<DatagramSession> session = nullptr;       // which the other is yet to prove
        TimePoint began = {};
        TimePoint again_at = never;  // where no question waits
        TimePoint said_at = {};
        unsigned silences = 0;
        bool learns = false;      // asks who is there, as that is not who was expected
        bool insists = false;     // asked again with a cookie
        bool lasting = false;     // the other's key
        bool wanted = false;      // the program said something there
        bool as_unheard = false;  // only as the other said nothing for a while
    };

    /// Another address where it seems to be.
    struct Move {
        Address to;
        TimePoint until;                ///< it may show that
        std::array<char, 8> challenge;  ///< by this

        ByteView said() const noexcept { return {challenge.data(), challenge.size()}; }
    };

    Link(const Address& address, const PathSize& unknown) : at(address), path(unknown) {}

    /// When the present session began.
    TimePoint began_at() const noexcept { return current ? current->began_at() : TimePoint::min(); }
    /// Whether somebody's key is known, so that nothing is believed without.
    bool is_somebody() const noexcept { return key.has_value(); }
    /// Who that is, as rules know it; made when it is needed.
    const Identities& somebody();
    /// Gives up what can be made again.
    void rest() noexcept;

    Address at;
    // What is made of bytes stands together, as there are many of these.
    std::optional<SessionKey> key = std::nullopt;
    std::optional<crypto::Mac> cookie = std::nullopt;
    bool lasting = false;     // the key
    bool packed = false;      // by Links
    bool tells_peer = false;  // who this node is, once there is a session
    Identities who = {};      // or nobody, if not made yet
    SessionSecret secret = {};
    Vouched vouched = {};                                // what plugins say beside the session
    std::unique_ptr<DatagramSession> current = nullptr;  // what is sent goes in it
    std::unique_ptr<DatagramSession> before = nullptr;   // what comes may have been sealed in it
    std::unique_ptr<Asking> asking = nullptr;
    std::vector<Waiting> waiting = {};
    std::size_t waiting_bytes = 0;
    PathSize path;
    std::unique_ptr<Move> moves = nullptr;

    std::string frames = {};               // to be sealed together
    std::vector<RequestId> requests = {};  // that are among them
    TimePoint unanswered_since = never;    // of what was sent
    TimePoint answer_by = never;           // as nothing was sent since the other sent something
    TimePoint used_at = {};
    TimePoint ask_at = {};        // not before
    TimePoint doubt_at = {};      // not before, either
    std::error_code failed = {};  // and is not tried again before ask_at
    TimePoint due = never;
    Order::iterator place = {};
    Order::iterator place_at_host = {};
};

}  // namespace netaio::core
