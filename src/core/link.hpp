#pragma once

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
    /// Something that is to be said.
    struct Waiting {
        /// Told when it is known how to speak to the other, without an error; or why nothing can be
        /// said.
        UniqueFunction<void(std::error_code)> go_on;
        TimePoint until;  ///< it is wanted
    };
    using Order = std::list<std::shared_ptr<Link>>;

    /// A session that is asked for.
    struct Asking {
        std::optional<datagram_handshake::Asker> asker = std::nullopt;
        SessionSecret secret = {};
        datagram_handshake::Index index = 0;
        std::uint64_t attempt = 0;
        std::optional<RequestTable::Id> question = std::nullopt;  // that waits for its answer
        std::optional<SessionKey> expected = std::nullopt;        // the other's key
        bool pinned = false;                                      // nobody else is spoken to
        bool learns = false;   // asks who is there, as that is not who was expected
        bool insists = false;  // asked again with a cookie
        std::unique_ptr<DatagramSession> session = nullptr;  // which the other is yet to prove
        bool lasting = false;                                // the other's key
        TimePoint began = {};
        TimePoint said_at = {};
        unsigned silences = 0;
    };

    Link(const Address& address, const PathSize& unknown) : at(address), path(unknown) {}

    /// Whether somebody's key is known, so that nothing is believed without.
    bool is_somebody() const noexcept { return key.has_value(); }

    Address at;
    std::optional<SessionKey> key = std::nullopt;
    Identities who = {};
    SessionSecret secret = {};
    Vouched vouched = {};                                // what plugins say beside the session
    std::unique_ptr<DatagramSession> current = nullptr;  // what is sent goes in it
    std::unique_ptr<DatagramSession> before = nullptr;   // what comes may have been sealed in it
    std::unique_ptr<Asking> asking = nullptr;
    std::optional<crypto::Mac> cookie = std::nullopt;
    std::vector<Waiting> waiting = {};
    PathSize path;

    std::string frames = {};               // to be sealed together
    std::vector<RequestId> requests = {};  // that are among them
    TimePoint unanswered_since = never;    // of what was sent
    TimePoint answer_by = never;           // as nothing was sent since the other sent something
    TimePoint used_at = {};
    TimePoint ask_at = {};        // not before
    std::error_code failed = {};  // and is not tried again before ask_at
    bool packed = false;          // by Links
    bool tells_peer = false;      // who this node is, once there is a session
    TimePoint due = never;
    Order::iterator place = {};

    static constexpr TimePoint never = TimePoint::max();
};

}  // namespace netaio::core
