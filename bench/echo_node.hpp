#pragma once

#include <netaio/handler.hpp>
#include <netaio/make.hpp>

#include "core/handler.hpp"

/// What a core::Dispatcher needs to work without sockets.
namespace netaio::bench {

/// Where messages come from.
class Somewhere final : public core::Source {
public:
    const Address& remote() const noexcept override { return remote_; }
    void push(OwnedMessage, const Plugins&) override {}

private:
    Address remote_{std::array<std::uint8_t, 4>{127, 0, 0, 1}, 40000};
};

/// Answers with what was asked; kept as the net floor keeps a user's handler.
class Echo final : public core::Handler {
public:
    Echo() : core::Handler(false) {}
    std::optional<OwnedMessage> call(const Message& message, core::Source& source) const override {
        return handler_.plain(message, source);
    }

private:
    BasicHandler<core::Source> handler_ = [](const Message& message) {
        return respond(message.uri(), message.content());
    };
};

}  // namespace netaio::bench
