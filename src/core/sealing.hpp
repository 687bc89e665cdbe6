#pragma once

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

/// What a stream keeps of its session: as little as it can, as there may be many.
struct Sealing {
    [[no_unique_address]] Session session;  // what follows may lie in what that leaves free
    bool proved = false;                    // that the other end has its key
    bool heard = false;                     // nothing else is taken any more
    bool opened = false;                    // the next frame is, as it had to wait
    crypto::SecretKey psk;
    Identities secrets_of;                        // as whose secrets that was made
    Identities who;                               // is there as far as what is sealed goes
    std::unique_ptr<std::string> rest = nullptr;  // sealed, or before that, and not taken yet
    Session::TimePoint used_at;
    std::uint64_t outer_version = 0;  // of what the secrets were last looked for in
};

}  // namespace netaio::core
