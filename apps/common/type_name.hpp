#pragma once

#include <netaio/message_type.hpp>
#include <string>

namespace netaio::app {

/// A message type as it is shown: its name, or the number of one that is not built in.
std::string type_name(MessageType type);

/// A message type as given on the command line: a name such as NOTIFY_URI, in small letters and
/// without _URI as well, or a number. Throws Failure (usage) for anything else.
MessageType parse_type(const std::string& text);

}  // namespace netaio::app
