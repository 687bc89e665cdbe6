#pragma once

#include <functional>
#include <netaio/message.hpp>
#include <optional>

#include "core/handler.hpp"

namespace netaio::test {

/// Calls a function.
class CallingHandler final : public core::Handler {
public:
    using Function = std::function<std::optional<OwnedMessage>(const Message&, core::Source&)>;

    explicit CallingHandler(Function function, bool suspends = false)
        : Handler(suspends), function_(std::move(function)) {}

    std::optional<OwnedMessage> call(const Message& message, core::Source& source) const override {
        return function_(message, source);
    }

private:
    Function function_;
};

/// A route to one.
inline core::Route calling(CallingHandler::Function function, Plugins inner = {}) {
    return {std::make_shared<CallingHandler>(std::move(function)), std::move(inner)};
}

/// A route to one that suspends; whoever runs it says what it replies.
inline core::Route suspending() {
    return {std::make_shared<CallingHandler>(CallingHandler::Function(), true), {}};
}

}  // namespace netaio::test
