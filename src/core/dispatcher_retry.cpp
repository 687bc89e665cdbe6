#include "dispatcher.hpp"
#include "meaning.hpp"

/// Which messages answer what a node asked, and which refusals have it retry.
namespace netaio::core {

// Whether a message answers what this node asked, as far as that can be read while the outer layer
// is closed.
bool Dispatcher::answers_own(const Message& message, const Plugins& layer, Source& source) const {
    const RequestTable* requests = source.requests();
    // Beside those, types of the application's own may answer.
    constexpr int built_in_max = 30;
    if (!requests ||
        (!is_answer(message.type()) && static_cast<int>(message.type()) <= built_in_max)) {
        return false;
    }
    const bool hidden = layer.cipher && layer.cipher->hides_uri();
    return requests->is_answer(
        message.type(), hidden || lacks_uri(message) ? std::nullopt : std::optional(message.uri()),
        message.request_id());
}

// Whether a refusal has a request made anew. Refusals by the other end's outer layer come without
// that layer, and those by the inner one without the inner. Only who knows the id is believed.
[[gnu::cold]] bool Dispatcher::retries(const Message& refusal, const Plugins& layer, Layer which,
                                       const Peer* peer, Source& source) {
    RequestTable* requests = source.requests();
    if (!layer.auth || !layer.auth->may_retry() || !requests || !refusal.request_id() ||
        !requests->that_may_be_retried(*refusal.request_id())) {
        return false;
    }
    PluginContext context = node_.context({peer, nullptr, &source.remote(), true});
    if (const Vouched* vouched = source.vouched()) {
        context.who = which == Layer::outer ? &vouched->outer : &vouched->inner;
    }
    const auto auth = layer.auth;  // plugins are users' code
    if (!auth->retry(refusal.content(), context)) {
        return false;
    }
    node_.trace("a request is made anew after the", refusal, source.remote());
    return source.retry(*refusal.request_id());
}

}  // namespace netaio::core
