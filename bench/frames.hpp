#pragma once

#include <netaio/frame.hpp>
#include <string>
#include <system_error>

namespace netaio::bench {

/// A message as it travels, maybe with a request id. Throws std::system_error when it cannot.
inline std::string frame_of(const Message& message, std::optional<RequestId> id = {}) {
    std::string frame;
    if (const auto error = encode_message(message, frame, id)) {
        throw std::system_error(error);
    }
    return frame;
}

}  // namespace netaio::bench
