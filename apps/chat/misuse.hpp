#pragma once

#include <stdexcept>

namespace netaio::chat_app {

/// Why what somebody typed cannot be done: a sentence that says what to do instead.
class Misuse : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace netaio::chat_app
