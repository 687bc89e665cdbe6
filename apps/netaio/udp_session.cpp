#include "udp_session.hpp"

#include <boost/asio/steady_timer.hpp>

#include "awaiting.hpp"
#include "exit_code.hpp"
#include "introduction.hpp"

namespace netaio::app {
namespace {

UdpNodeOptions on_any_port(UdpNodeOptions options) {
    options.port = 0;
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

// Asks for the other node's key, again when datagrams are lost, until it has introduced itself.
awaitable<void> UdpSession::introduce() {
    constexpr std::chrono::milliseconds again(250);
    node_.manage_peers(peer_management(protection()));
    const auto end = std::chrono::steady_clock::now() + timeout();
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    node_.set_peer_callbacks({.joined = [&](const Peer&) { timer.cancel(); }});
    while (!node_.peer_at(*address_)) {
        const auto left = end - std::chrono::steady_clock::now();
        if (left <= left.zero()) throw_failure(Errc::timeout, *this);
        timer.expires_after(std::min<std::chrono::steady_clock::duration>(left, again));
        if (const auto error = node_.introduce(*address_)) throw_failure(error, *this);
        co_await timer.async_wait(as_tuple);
    }
    node_.set_peer_callbacks({});
}

// Best effort: one that is lost is followed by others.
void UdpSession::renew(ByteView uri) {
    node_.exchange(MessageType::subscribe_uri, uri, {}, terms(),
                   [](std::error_code, const OwnedMessage&) {});
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
    node_.set_auth_error_handler(
        [](const AuthPlugin&, const Message&) -> std::optional<OwnedMessage> {
            return std::nullopt;
        });
}

}  // namespace netaio::app
