#pragma once

#include "handler.hpp"

namespace netaio::core {

struct Node;

/// Has a node answer handshakes, unless the application does.
void serve_sessions(Node& node);

}  // namespace netaio::core
