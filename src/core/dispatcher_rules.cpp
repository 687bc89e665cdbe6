#include "dispatcher.hpp"
#include "meaning.hpp"
#include "outgoing.hpp"

/// How a dispatcher refuses what rules, or whom a handler is for, do not let pass, and notes who
/// sent what they do.
namespace netaio::core {

// Whether it is; then that is counted, logged and answered, and a handler that serves a single
// message waits for the next.
bool Dispatcher::refused(const Route* route, const std::shared_ptr<const Route>& taken,
                         const Message& message, Source& source, std::string& out) {
    const auto why = why_not(route, message);
    if (why) {
        node_.router.give_back(taken);
        refuse_admission(*why, route, message, source, out);
    }
    return why.has_value();
}

std::optional<std::string> Dispatcher::why_not(const Route* route, const Message& message) {
    if (route && !route->ruled) {
        return std::nullopt;
    }
    const auto decision = rules_.decide(message.who(), message.type(), message.uri());
    if (!decision.allowed()) {
        return decision.rule ? decision.str() + " of the rules" : "no rule allows it";
    }
    if (route && route->who && !route->who->matches(message.who())) {
        return "its handler is for '" + route->who->text() + "'";
    }
    return std::nullopt;
}

// What is sent there of this node's own accord is made for who sent a message that was admitted.
// Answers and notifications are made for this node, and tell nothing of their sender's own choice:
// two that only do as the other does would never come to a new secret. Noted whatever the plugins
// do with it, as those that replace them may ask.
void Dispatcher::note(const Message& message, Source& source) {
    const Vouched& said = message.vouched();
    if ((said.outer.empty() && said.inner.empty()) || is_answer(message.type()) ||
        message.type() == MessageType::notify_uri) {
        return;
    }
    Vouched* const noted = source.note_vouched();
    if (!noted) {
        return;
    }
    const auto renew = [](Identities& known, const Identities& now) {
        if (!now.empty() && !known.same_as(now)) {
            known = now;
        }
    };
    renew(noted->outer, said.outer);
    renew(noted->inner, said.inner);
}

void Dispatcher::refuse_admission(std::string_view why, const Route* route, const Message& message,
                                  Source& source, std::string& out) {
    tallies_.rejected_rules.add();
    if (node_.environment.log.enabled(LogLevel::warning)) {
        node_.log(LogLevel::warning,
                  "refused " + std::string(node_.types.name(message.type())) + " " +
                      Node::shown(message.uri()) + " of " + message.who().str() + ": " +
                      std::string(why),
                  source.remote());
    }
    if (!node_.keeps_replies() && expects_answer(message.type()) &&
        !is_error(message.type(), node_.types)) {
        // To a datagram nobody vouches for there is no room for a text (protocol.md §10.8).
        const bool brief = node_.role == Role::node && !accepted_;
        automatic(message,
                  about(message.uri(),
                        OwnedMessage(node_.refusal, "ERROR", brief ? "" : "not permitted")),
                  false, source, out, route ? route->inner : Plugins());
    }
}

}  // namespace netaio::core
