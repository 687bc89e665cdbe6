#include "dispatcher.hpp"
#include "layers.hpp"

namespace netaio::core {

// Datagrams to a group may come by several ways. Nobody is answered, and nothing is done, twice.
Outcome Dispatcher::copied(const Verdict& verdict, const Plugins& plugins, Layer layer,
                           Message& message, Source& source) {
    tallies_.dropped_copies.add();
    node_.trace("dropped a second copy of the", message, source.remote());
    const auto peer = node_.peer_at(source);
    if (decrypt_layer(message, plugins, node_.context(peer.get()), verdict)) {
        return drop();
    }
    message.add_who(verdict.who);
    std::shared_ptr<const Route> taken;
    const Route* route = find_route(message, source, taken);
    node_.router.give_back(taken);  // it waits for a message that is new
    if (route && layer == Layer::outer && !is_bare(route->inner)) {
        Verdict inner;
        if (open_layer(message, route->inner, node_.context(peer.get()), inner) &&
            (!inner.copy ||
             decrypt_layer(message, route->inner, node_.context(peer.get()), inner))) {
            return drop();
        }
        message.add_who(inner.who);
    }
    const bool may_refuse = node_.may_refuse.load(std::memory_order_relaxed);
    if (route && !(may_refuse && why_not(route, message))) {
        route->handler->hear_again(message, source);
    }
    return drop();
}

void Dispatcher::count_forgotten(const Verdict& verdict) noexcept {
    if (verdict.forgot) {
        tallies_.seen_shrunk.add();
    }
}

}  // namespace netaio::core
