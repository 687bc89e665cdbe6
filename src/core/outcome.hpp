#pragma once

#include <netaio/message.hpp>
#include <optional>
#include <system_error>

#include "router.hpp"

namespace netaio::core {

/// What became of a received frame.
struct Outcome {
    enum class Kind {
        done,       ///< nothing is left to do; a reply, if any, was appended
        suspended,  ///< `route`'s handler is to be given `message`, perhaps only when it may,
                    ///< and ended() to be called then
        returned,   ///< a client's receive call gets `message`
        discarded,  ///< a client's receive call gets nothing
        fatal,      ///< `error` says why the stream can't go on
    };

    Outcome(Kind what = Kind::done) noexcept : kind(what) {}
    static Outcome suspended(Message&& message, const Route& route) {
        Outcome outcome(Kind::suspended);
        outcome.message = std::move(message);
        outcome.route = route;
        return outcome;
    }
    static Outcome returned(Message&& message, bool handled) {
        Outcome outcome(Kind::returned);
        outcome.message = std::move(message);
        outcome.handled = handled;
        return outcome;
    }
    static Outcome fatal(std::error_code why) {
        Outcome outcome(Kind::fatal);
        outcome.error = why;
        return outcome;
    }

    Kind kind;
    bool handled = false;  ///< a handler saw the message: nobody misses it
    std::optional<Message> message = std::nullopt;
    std::optional<Route> route = std::nullopt;
    // Optional, as making an error_code calls the library, for each message.
    std::optional<std::error_code> error = std::nullopt;
};

}  // namespace netaio::core
