#include <netaio/make.hpp>

#include "dispatcher.hpp"
#include "meaning.hpp"
#include "outgoing.hpp"

/// What is counted, said and answered where a message is not believed, by either end, or will not
/// be taken for the answer that it is meant to be.
namespace netaio::core {
namespace {

// A uri fit for an automatic reply: what could be read, unless a cipher hides it.
ByteView readable_uri(const Message& message, const Plugins& still_closed) noexcept {
    const bool hidden = still_closed.cipher && still_closed.cipher->hides_uri();
    return hidden ? ByteView("ERROR") : message.uri();
}

}  // namespace

void Dispatcher::count_refusal(Errc why) noexcept {
    switch (why) {
        case Errc::stale: tallies_.rejected_stale.add(); break;
        case Errc::replayed: tallies_.rejected_replayed.add(); break;
        case Errc::unpaid: tallies_.rejected_unpaid.add(); break;
        default: tallies_.rejected_auth.add();
    }
}

Outcome Dispatcher::auth_failed(const Verdict& verdict, const Plugins& plugins, Layer layer,
                                const Message& message, Source& source, std::string& out) {
    count_refusal(verdict.why);
    node_.log(LogLevel::warning,
              "authentication failed for a message of type " + node_.described(message) +
                  (verdict.says.empty() ? "" : ": " + verdict.says),
              source.remote());
    if (node_.role == Role::client && fail_request(message, plugins, verdict.why, source)) {
        return {};
    }
    std::optional<OwnedMessage> answer;
    if (node_.on_auth_error) {
        answer = node_.on_auth_error(*plugins.auth, message);
    } else if (node_.types.name(message.type()).find("ERROR") == std::string_view::npos) {
        answer = about(readable_uri(message, plugins),
                       verdict.says.empty()
                           ? plugins.auth->error()
                           : OwnedMessage(MessageType::auth_error, "ERROR", verdict.says));
    }
    if (node_.keeps_replies()) {
        return answer ? Outcome::returned(std::move(*answer), true) : drop();
    }
    const bool mutual =
        answer && is_error(answer->type(), node_.types) && is_error(message.type(), node_.types);
    if (answer && !mutual) {
        // Whoever passed the outer layer can take it off the answer, and so believe it.
        automatic(message, std::move(*answer), layer == Layer::outer, source, out);
    }
    return {};
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

// Whoever asked learns of what cannot be sent for its size.
[[gnu::cold]] void Dispatcher::not_replied(const Message& request, std::error_code why,
                                           std::size_t before, const Plugins& inner, Source& source,
                                           std::string& out) {
    const auto size = out.size() > before ? out.size() - before : 0;
    const auto take_back = [&] {
        out.resize(before);
        tallies_.frames_out.sub();
        tallies_.send_failures.add();
    };
    if (why) {
        node_.log(LogLevel::error, "dropped a reply: " + why.message(), source.remote());
    } else {
        why = Errc::too_large;
        node_.log(LogLevel::warning,
                  "dropped a reply of " + std::to_string(size) + " bytes: at most " +
                      std::to_string(reply_max(source)) + " can be sent there",
                  source.remote());
        take_back();
    }
    if (why != Errc::too_large || !expects_answer(request.type())) {
        return;
    }
    const auto peer = node_.peer_at(source);
    const auto error =
        protect(request, about(request.uri(), netaio::error("the answer is too large to be sent")),
                inner, peer.get(), source, out);
    if (error) {
        node_.log(LogLevel::error, "dropped an error: " + error.message(), source.remote());
    } else if (out.size() > before + reply_max(source)) {
        take_back();
    }
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

// Whoever asked waits for an answer with the uri of the question.
[[gnu::cold]] void Dispatcher::said_of_another(const Route& route, const Message& asked,
                                               const Message& answer, const Source& source) {
    const bool may_lack = may_lack_uri(answer.type()) && lacks_uri(answer);
    if (!expects_answer(asked.type()) || may_lack) {
        return;
    }
    // Which handler it was that answered later is not known.
    const bool to_be_said =
        route.handler ? route.handler->to_be_said() : !std::exchange(said_of_later_, true);
    if (to_be_said) {
        node_.log(LogLevel::warning,
                  "the handler of " + std::string(node_.types.name(asked.type())) + " answers '" +
                      asked.uri().str() + "' with the uri '" + answer.uri().str() +
                      "', which whoever asked does not take for an answer; return content alone, "
                      "and the uri is added",
                  source.remote());
    }
}

}  // namespace netaio::core
