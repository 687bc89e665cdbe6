#pragma once

#include "stream.hpp"

namespace netaio::core {

// The handler that a stream waits for, and what became of it.
struct Stream::Handling : Suspended {
    using Suspended::Suspended;

    bool starting = true;
    bool ended = false;
    std::optional<OwnedMessage> reply = std::nullopt;
    std::exception_ptr failure = nullptr;
};

}  // namespace netaio::core
