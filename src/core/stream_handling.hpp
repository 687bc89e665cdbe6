#pragma once

#include "stream.hpp"

namespace netaio::core {

// A message whose handler suspends, or waits until those before it with the same uri have ended;
// and what became of it.
struct Stream::Handling : Suspended {
    using Suspended::Suspended;

    enum class Phase { waiting, starting, running, ended };

    Phase phase = Phase::waiting;
    std::optional<OwnedMessage> reply = std::nullopt;
    std::exception_ptr failure = nullptr;
};

}  // namespace netaio::core
