#pragma once

#include <chrono>
#include <netaio/awaitable.hpp>
#include <netaio/never.hpp>

namespace netaio {

/// Waits for so long, or until cancelled; by a netaio::Timer, so within a TestNetwork in its time.
awaitable<void> sleep(std::chrono::milliseconds time);

/// Waits for SIGINT or SIGTERM, or until cancelled, and gives the signal's number. While anything
/// on an event loop waits so, signals are for those alone: the run() of that loop, be it a
/// program's, a server's or a node's, is not ended by them. What a signal does while nothing waits
/// for it, and no run() of netaio's handles it, is up to the program: it ends it, unless told
/// otherwise.
awaitable<int> until_signal();

}  // namespace netaio
