#pragma once

#include <functional>
#include <netaio/message.hpp>
#include <optional>

#include "client_options.hpp"

namespace netaio::app {

/// One message to a server, or a node, that has an answer.
struct Question {
    MessageType type;
    ByteView uri;
    ByteView content = {};
};

/// What a command asks, one after the other: is called with the answer to the last one, at first
/// with none, and gives the next, or nothing when it is done. May throw Failure.
using Questions = std::function<std::optional<Question>(const OwnedMessage* answer)>;

/// Runs a command that does nothing but ask, to its end or to SIGINT or SIGTERM, and gives its exit
/// code; failures are said on stderr. On an event loop only where that is needed.
int ask(const ClientOptions& options, const Protection& protection, const Questions& next);

}  // namespace netaio::app
