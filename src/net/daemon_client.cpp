#include <netaio/daemon_client.hpp>

#include "daemon_impl.hpp"
#include "running.hpp"

namespace netaio {

DaemonClient::DaemonClient(DaemonClientOptions options)
    : DaemonClient(boost::asio::any_io_executor(), std::move(options)) {}

DaemonClient::DaemonClient(boost::asio::any_io_executor executor, DaemonClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {
    impl_->settle();
}

DaemonClient::~DaemonClient() {
    impl_->end();
}

DaemonClient::Impl& DaemonClient::impl() const {
    impl_->expect_own_thread();
    return *impl_;
}

Started DaemonClient::begin() {
    const auto impl = impl_;  // a log may destroy the client
    const auto executor = this->impl().executor() ? impl->executor() : net::running_executor();
    if (!executor) {
        return Started([impl](detail::Completion<std::uint16_t> done) {
            impl->bind(done.executor({}));
            impl->start();
            done.post(impl->executor(), {}, 0);
        });
    }
    impl->bind(executor);
    impl->start();
    return {{}, 0, impl->executor()};
}

StopReport DaemonClient::run() {
    return impl().run();
}

void DaemonClient::start_stop(std::chrono::milliseconds deadline,
                              detail::Completion<StopReport> done) {
    impl().stop(deadline, std::move(done));
}

void DaemonClient::start_request(Result<OwnedMessage> message, RequestTerms terms,
                                 detail::Completion<OwnedMessage> done) {
    impl().request(std::move(message), std::move(terms), std::move(done));
}

void DaemonClient::keep_handler(Key key, HandlerOptions options, Handler handler, bool once) {
    impl().keep_handler(std::move(key), std::move(options), std::move(handler), once);
}

bool DaemonClient::drop_handler(const Key& key, bool once) {
    return impl().drop_handler(key, once);
}

bool DaemonClient::connected() const {
    return impl().connected();
}

std::error_code DaemonClient::send(const Address& to, const Message& message, SendOptions options) {
    return impl().send(impl().way_to(to), message, std::move(options));
}

std::error_code DaemonClient::multicast(const Message& message, SendOptions options) {
    return impl().send("group:", message, std::move(options));
}

std::error_code DaemonClient::broadcast(const Message& message, SendOptions options) {
    return impl().send("peers:", message, std::move(options));
}

std::error_code DaemonClient::notify(ByteView key, const Message& message, SendOptions options) {
    return impl().send("subscribers:" + key.str(), message, std::move(options));
}

void DaemonClient::share(Key key, KeySharing how) {
    impl().share(std::move(key), how);
}

std::error_code DaemonClient::subscribe(ByteView key, const Address& who) {
    return impl().subscribe(key, who, false);
}

bool DaemonClient::unsubscribe(ByteView key, const Address& who) {
    return impl().unsubscribe(key, who, false);
}

std::error_code DaemonClient::subscribe_prefix(ByteView prefix, const Address& who) {
    return impl().subscribe(prefix, who, true);
}

bool DaemonClient::unsubscribe_prefix(ByteView prefix, const Address& who) {
    return impl().unsubscribe(prefix, who, true);
}

Reply DaemonClient::grant(const Message& asked, const Address& from) {
    const auto words = core::SubscriptionWords::parse(asked.content());
    if (asked.type() == MessageType::unsubscribe_uri) {
        impl().unsubscribe(asked.uri(), from, words.prefix);
        return {};
    }
    if (const auto error = impl().subscribe(asked.uri(), from, words.prefix)) {
        throw Refusal::error(error.message());
    }
    return {core::SubscriptionGrant{.words = {.prefix = words.prefix}}.str()};
}

void DaemonClient::grant_subscriptions(HandlerOptions options) {
    for (const auto type : {MessageType::subscribe_uri, MessageType::unsubscribe_uri}) {
        on(type, options,
           [this](const Message& asked, const Address& from) { return grant(asked, from); });
    }
}

void DaemonClient::manage_peers(PeerManagementOptions options) {
    impl().manage_peers(std::move(options));
}

void DaemonClient::stop_managing_peers() {
    impl().stop_managing_peers();
}

void DaemonClient::set_peer_callbacks(PeerCallbacks callbacks) {
    impl().peers().set_callbacks(std::move(callbacks));
}

std::vector<Peer> DaemonClient::peers() const {
    return impl().peers().all();
}

std::optional<Peer> DaemonClient::peer(ByteView id) const {
    return impl().peers().find(id);
}

std::optional<Peer> DaemonClient::peer_at(const Address& address) const {
    return impl().peers().find_at(address);
}

void DaemonClient::set_subscription_lost_handler(
    std::function<void(const Address&, ByteView, const Message&)> handler) {
    impl().on_subscription_lost = std::move(handler);
}

void DaemonClient::set_default_handler(Handler handler) {
    impl().set_default_handler(std::move(handler));
}

void DaemonClient::set_rules(std::shared_ptr<const AccessRules> rules) {
    impl_->node().set_rules(std::move(rules));
}

boost::asio::any_io_executor DaemonClient::executor() const {
    return impl().executor();
}

Counters DaemonClient::counters() const {
    return impl_->counters();
}

}  // namespace netaio
