#pragma once

#include <netaio/handler.hpp>

namespace netaio {

/// Runs a coroutine on an event loop of its own on the calling thread, until it and what it started
/// there have ended. Throws what the coroutine throws.
void run(awaitable<void> program);

}  // namespace netaio
