#include <netaio/make.hpp>

#include "dispatcher.hpp"
#include "meaning.hpp"
#include "outgoing.hpp"
#include "session.hpp"

/// What a dispatcher does otherwise with messages of a session, and without one where there has to
/// be one.
namespace netaio::core {

[[gnu::cold]] void Dispatcher::renew_within() {
    const auto version = outer_.version();
    within_ = boost::make_local_shared<const Plugins>(core::within_session(outer_.now()));
    within_version_ = version;
}

// What it came in proves what the rest of the node's layer would.
void Dispatcher::take_sealed(Message& message, const Source& source) noexcept {
    accepted_ = true;
    if (const auto* const by = source.sealed_by(); by && !by->empty()) {
        message.vouched().outer = *by;
    }
}

Outcome Dispatcher::unsealed(const Message& message, Source& source, std::string& out) {
    tallies_.rejected_auth.add();
    node_.log(LogLevel::warning,
              "refused a message without a session, of type " + node_.described(message),
              source.remote());
    source.spoke_unsealed();
    if (node_.requires_session() && node_.role != Role::client &&
        !is_error(message.type(), node_.types)) {
        automatic(message,
                  about(message.uri(),
                        OwnedMessage(MessageType::auth_error, "ERROR", "a session is required")),
                  false, source, out);
    }
    return drop();
}

std::size_t Dispatcher::reply_max(const Source& source) const noexcept {
    return source.sealed() ? std::min(reply_max_, source.sealed_frame_max()) : reply_max_;
}

}  // namespace netaio::core
