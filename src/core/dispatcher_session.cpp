#include <netaio/make.hpp>

#include "dispatcher.hpp"
#include "meaning.hpp"
#include "outgoing.hpp"
#include "session.hpp"

/// What a dispatcher does otherwise with messages of a session, and without one where there has to
/// be one.
namespace netaio::core {

boost::local_shared_ptr<const Plugins> Dispatcher::within_session() {
    const auto outer = outer_.get();
    if (outer != outer_of_within_) {
        within_ = boost::make_local_shared<const Plugins>(core::within_session(*outer));
        outer_of_within_ = outer;
    }
    return within_;
}

// Takes off what is left of the node's layer.
std::optional<Outcome> Dispatcher::open_within(const Peer* peer, Message& message, Source& source,
                                               std::string& out) {
    accepted_ = true;
    if (source.sealed_by() && !source.sealed_by()->empty()) {
        message.vouched().outer = *source.sealed_by();
    }
    const auto within = within_session();
    return is_bare(*within) ? std::nullopt
                            : open(*within, Layer::outer, peer, message, source, out);
}

Outcome Dispatcher::unsealed(const Message& message, Source& source, std::string& out) {
    tallies_.rejected_auth.add();
    node_.log(LogLevel::warning,
              "refused a message without a session, of type " + node_.described(message),
              source.remote());
    source.spoke_unsealed();
    if (node_.requires_session() && node_.role != Role::client && !is_error(message.type(), node_.types)) {
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
