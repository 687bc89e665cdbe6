#include <netaio/udp_node.hpp>

#include "udp_handler.hpp"
#include "udp_impl.hpp"

namespace netaio {

UdpNode::UdpNode(UdpNodeOptions options)
    : impl_(std::make_shared<Impl>(boost::asio::any_io_executor(), std::move(options))) {}

UdpNode::UdpNode(boost::asio::any_io_executor executor, UdpNodeOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

UdpNode::~UdpNode() {
    impl_->end();
}

UdpNode::Impl& UdpNode::impl() const {
    impl_->expect_own_thread();
    return *impl_;
}

Started UdpNode::begin() {
    if (!impl().executor()) {
        return Started([impl = impl_](detail::Completion<std::uint16_t> done) {
            impl->bind(done.executor({}));
            const auto error = impl->start();
            done.post(impl->executor(), error, error ? std::uint16_t{0} : impl->port());
        });
    }
    const auto impl = impl_;  // a log may destroy the node
    impl->bind({});
    const auto error = impl->start();
    return {error, error ? std::uint16_t{0} : impl->port(), impl->executor()};
}

StopReport UdpNode::run() {
    return impl().run();
}

void UdpNode::start_stop(std::chrono::milliseconds deadline, detail::Completion<StopReport> done) {
    impl().stop(deadline, std::move(done));
}

void UdpNode::start_request(Result<OwnedMessage> message, RequestTerms terms,
                            detail::Completion<OwnedMessage> done) {
    impl().request(std::move(message), std::move(terms), std::move(done));
}

std::error_code UdpNode::send(const Address& to, const Message& message, SendOptions options) {
    return impl().send([&](core::DatagramNode& core) {
        return core.send(to, message, options.plugins, impl_->outer(options));
    });
}

std::error_code UdpNode::multicast(const Message& message, SendOptions options) {
    return impl().send([&](core::DatagramNode& core) {
        return core.multicast(message, options.plugins, impl_->outer(options));
    });
}

std::error_code UdpNode::broadcast(const Message& message, SendOptions options) {
    return impl().send([&](core::DatagramNode& core) {
        return core.broadcast(message, options.plugins, impl_->outer(options));
    });
}

std::error_code UdpNode::introduce(const Address& to) {
    return impl().send([&](core::DatagramNode& core) { return core.introduce(to); });
}

std::error_code UdpNode::keep_introduced(const Address& to) {
    return impl().core().keep_introduced(to);
}

bool UdpNode::stop_introducing(const Address& to) {
    return impl().core().stop_introducing(to);
}

void UdpNode::keep_handler(Key key, HandlerOptions options, UdpHandler handler, bool once) {
    impl_->node().keep(key,
                       core::route_to(std::make_shared<net::KeptUdpHandler>(std::move(handler)),
                                      std::move(options)),
                       once);
}

bool UdpNode::drop_handler(const Key& key, bool once) {
    return impl_->node().router.drop(key, once);
}

core::Node& UdpNode::core_node() const {
    return impl_->node();
}

void UdpNode::with_peer_manager(std::function<void(core::PeerManager&)> work) {
    impl().with_peer_manager(work);
}

void UdpNode::set_subscription_lost_handler(
    std::function<void(const Address&, ByteView, const Message&)> handler) {
    impl().core().when_subscription_lost(std::move(handler));
}

void UdpNode::set_plugins(Plugins plugins) {
    impl_->set_plugins(std::move(plugins));
}

void UdpNode::set_default_handler(UdpHandler handler) {
    impl().node().default_route =
        core::route_to(std::make_shared<net::KeptUdpHandler>(std::move(handler)), {});
}

void UdpNode::set_auth_error_handler(
    std::function<std::optional<OwnedMessage>(const AuthPlugin&, const Message&)> handler) {
    impl().node().on_auth_error = std::move(handler);
}

std::vector<Address> UdpNode::endpoints() const {
    return impl().endpoints();
}

std::uint16_t UdpNode::port() const {
    return impl_->port();
}

std::vector<InterfaceChoice> UdpNode::interfaces() const {
    return impl().running() ? impl().sockets()->interfaces() : std::vector<InterfaceChoice>();
}

boost::asio::any_io_executor UdpNode::executor() const {
    return impl().executor();
}

Counters UdpNode::counters() const {
    Counters sum;
    impl_->core().tallies().add_to(sum);
    sum.peers_refused = impl_->node().peers.refused();
    return sum;
}

}  // namespace netaio
