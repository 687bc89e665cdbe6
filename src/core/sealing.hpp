#pragma once

#include <boost/smart_ptr/local_shared_ptr.hpp>
#include <memory>

#include "session_handshake.hpp"

namespace netaio::core {

/// What a stream keeps of the handshakes that it is asked for.
struct Handshaking {
    std::optional<SessionAnswerer> answerer = std::nullopt;  // while one goes on
    SessionSecret secret = {};                               // that it began with
    std::optional<Agreed> agreed = std::nullopt;             // what begins after the answer
    unsigned questions = 0;
    bool continues = false;  // nothing else was said since the first
};

/// What a stream keeps of its session.
struct Sealing {
    Session session;
    SessionSecret secret;
    Identities who;         // who is there as far as what is sealed goes
    std::string rest = {};  // what is sealed, or goes before that, and was not taken yet
    bool proved = false;    // that the other end has its key
    bool heard = false;     // nothing else is taken any more
    bool opened = false;    // the next frame is, as it had to wait
    Session::TimePoint used_at;
    boost::local_shared_ptr<const Plugins> outer = {};  // whose secrets it was made from
};

}  // namespace netaio::core
