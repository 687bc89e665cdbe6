#include "udp_session.hpp"

#include <boost/asio/steady_timer.hpp>

#include "awaiting.hpp"
#include "exit_code.hpp"
#include "introduction.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

UdpNodeOptions on_any_port(UdpNodeOptions options) {
    options.port = 0;
    options.renewal_backoff.delay = std::chrono::milliseconds(250);  // somebody waits
    options.fragments = true;  // what is sent without a session is so as well
    // Whom it asks is judged before; nobody asks it.
    SessionOptions& session = options.session;
    if (session.policy != SessionPolicy::off && !session.admits) {
        session.admits = [](const SessionPeer&) { return true; };
    }
    return options;
}

}  // namespace

UdpSession::UdpSession(const ClientOptions& options, const Protection& protection)
    : Session(options, protection), node_(on_any_port(requester_options<UdpNodeOptions>())) {
    require_datagrams_reach(endpoint());
}

awaitable<void> UdpSession::connect() {
    address_ = co_await resolve_soon(endpoint(), timeout());
    const auto [error, port] = co_await node_.start(as_tuple);
    if (error) throw Failure(ExitCode::other, "cannot open a UDP socket: " + error.message());
    if (protection().local_peer) co_await introduce();
}

// Waits until the other node, whose key is needed, has introduced itself.
awaitable<void> UdpSession::introduce() {
    node_.manage_peers(peer_management(protection()));
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, timeout());
    node_.set_peer_callbacks({.joined = [&](const Peer&) { timer.cancel(); }});
    if (const auto error = node_.keep_introduced(*address_)) throw_failure(error, *this);
    while (!node_.peer_at(*address_)) {
        const auto [cancelled] = co_await timer.async_wait(as_tuple);
        if (!cancelled) throw_failure(Errc::timeout, *this);
    }
    node_.set_peer_callbacks({});
}

// Best effort at the end: a node that is not told keeps sending to nobody.
void UdpSession::unsubscribe(ByteView uri) {
    (void)node_.send(*address_, OwnedMessage(MessageType::unsubscribe_uri, uri),
                     {.plugins = protection().inner});
}

// Anybody can send datagrams: those of others, and those that fail authentication, end nothing.
void UdpSession::listen(const Listener& listener) {
    node_.on(MessageType::notify_uri, protection().inner,
             [this, take = listener.take](const Message& notification, const Address& from) {
                 if (from == address_) take(notification);
             });
    node_.set_subscription_lost_handler(
        [lose = listener.lose](const Address&, ByteView uri, const Message& answer) {
            lose(uri, answer);
        });
    node_.set_auth_error_handler(
        [](const AuthPlugin&, const Message&) -> std::optional<OwnedMessage> {
            return std::nullopt;
        });
}

}  // namespace netaio::app
