#include "session_handler.hpp"

#include "node.hpp"
#include "session.hpp"

namespace netaio::core {
namespace {

class SessionHandler final : public Handler {
public:
    SessionHandler() : Handler(false) {}

    std::optional<OwnedMessage> call(const Message& message, Source& source) const override {
        return source.shake_hands(message);
    }
};

}  // namespace

void serve_sessions(Node& node) {
    Route route;
    route.handler = std::make_shared<SessionHandler>();
    route.ruled = false;  // rules are about who is there, which it finds out
    node.router.keep(Key(MessageType::request_uri, session_uri), std::move(route), false);
}

}  // namespace netaio::core
