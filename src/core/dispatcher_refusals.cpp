#include <netaio/make.hpp>

#include "dispatcher.hpp"
#include "meaning.hpp"

/// What is counted, said and answered where a message is not believed, by either end.
namespace netaio::core {

void Dispatcher::count_refusal(Errc why) noexcept {
    switch (why) {
        case Errc::stale: tallies_.rejected_stale.add(); break;
        case Errc::replayed: tallies_.rejected_replayed.add(); break;
        case Errc::unpaid: tallies_.rejected_unpaid.add(); break;
        default: tallies_.rejected_auth.add();
    }
}

Outcome Dispatcher::bad_checksum(const Message& message, Source& source, std::string& out) {
    tallies_.rejected_checksum.add();
    node_.log(LogLevel::warning, "the checksum of a message does not match its body",
              source.remote());
    if (node_.role != Role::client && !is_error(message.type(), node_.types)) {
        automatic(message, error(invalid_message), node_.role == Role::node, source, out);
    }
    return drop();
}

// Perhaps whoever asked can tell from its words what to do.
[[gnu::cold]] void Dispatcher::say_refusal(const Message& message, const Source& source) const {
    constexpr std::size_t shown_max = 200;
    node_.log(LogLevel::warning,
              "the other end refuses, and says without proof: " +
                  std::string(message.content().substr(0, shown_max)),
              source.remote());
}

// Whether a handler's auth plugin accepts what came within a message that `inner` accepted.
bool Dispatcher::vouched_within(const Route& route, const Plugins& inner,
                                const Message& message) noexcept {
    return !route.inner.auth || route.inner.auth == inner.auth ||
           route.inner.auth->vouches_for(message.who());
}

}  // namespace netaio::core
