#include "dispatcher.hpp"

#include <netaio/make.hpp>
#include <netaio/reply.hpp>

#include "callback.hpp"
#include "meaning.hpp"
#include "outgoing.hpp"
#include "passed_on.hpp"
#include "session.hpp"

namespace netaio::core {

using Kind = Outcome::Kind;

namespace {

// The same by what else tells than the uri.
std::optional<RequestTable::Request> take_meant(RequestTable& requests, const Message& message,
                                                std::string& asked) {
    auto meant = requests.meant_uri(message.request_id());
    if (!meant) {
        return std::nullopt;
    }
    asked = std::move(*meant);
    return requests.take(message.type(), asked, message.request_id());
}

// Takes out the request that a message answers, and says under which uri it was asked if that is
// not the message's own.
std::optional<RequestTable::Request> take_answered(RequestTable& requests, const Message& message,
                                                   std::string& asked) {
    auto request = requests.take(message.type(), message.uri(), message.request_id());
    return request || !lacks_uri(message) ? std::move(request)
                                          : take_meant(requests, message, asked);
}

}  // namespace

Outcome Dispatcher::receive(const Frame& frame, Source& source, std::string& out) {
    try {
        return handle(frame, source, out);
    } catch (...) {
        return broken(said_by(), source);
    }
}

Outcome Dispatcher::receive_within(OwnedMessage&& message, const Plugins& inner, Source& source,
                                   std::string& out, bool needs_handler) {
    try {
        std::shared_ptr<const Route> taken;
        const Route* route = find_route(message, source, taken);
        if (!route && needs_handler) {
            return drop();
        }
        if (route && !vouched_within(*route, inner, message)) {
            node_.router.give_back(taken);
            tallies_.rejected_auth.add();
            node_.log(LogLevel::warning,
                      "the handler's auth plugin did not see the message that came within another",
                      source.remote());
            return drop();
        }
        return admit(route, taken, std::move(message), source, out);
    } catch (...) {
        return broken(said_by(), source);
    }
}

Outcome Dispatcher::ended(Suspended& handler, std::optional<OwnedMessage>&& reply,
                          const std::exception_ptr& failure, Source& source, std::string& out) {
    try {
        return failure ? fail(handler.route, handler.message, said_by(failure), source, out)
                       : finish(handler.route, std::move(handler.message), std::move(reply), source,
                                out);
    } catch (...) {
        return broken(said_by(), source);
    }
}

Outcome Dispatcher::broken(std::string_view what, const Source& source) {
    tallies_.handler_failures.add();
    node_.log(LogLevel::error,
              "a plugin, key extractor or error handler threw: " + std::string(what),
              source.remote());
    return drop();
}

Outcome Dispatcher::handle(const Frame& frame, Source& source, std::string& out) {
    tallies_.frames_in.add();
    frame_size_ = FrameHeader::size + frame.auth.size() + frame.body.size();
    accepted_ = false;
    auto parsed = frame.message();
    if (!parsed) {
        tallies_.rejected_malformed.add();
        return Outcome::fatal(parsed.error());
    }
    Message& message = *parsed;
    if (!frame.checksum_ok()) {
        return bad_checksum(message, source, out);
    }
    if (!frame.sealed) {
        message.body().set_checksum(frame.header.checksum);
    }
    const auto peer = node_.peer_at(source);
    // Nobody is told whose the answer is that goes back to where its question came from.
    const bool passes_back = message.request_id() && PassedOn::is_one(*message.request_id());
    if (!passes_back && !source.who().empty()) {
        message.set_who(source.who());
    }
    if (frame.sealed) {
        take_sealed(message, source);
    }
    if (!is_bare(frame.sealed ? *within_session() : outer_.now())) {
        const auto outer = frame.sealed ? within_session() : outer_.get();
        if (auto refused = open(*outer, Layer::outer, peer.get(), message, source, out)) {
            return std::move(*refused);
        }
    }
    if (passes_back) {
        if (source.pass_back(message)) {
            return {};
        }
        Identities who = source.who();
        who.add(message.who());
        message.set_who(std::move(who));
    }
    if (source.requests() && answer_request(message, source, peer.get())) {
        return {};
    }
    if (source.session_required() && !frame.sealed && !begins_session(message) &&
        !source.may_be_unsealed(message.type())) [[unlikely]] {
        return unsealed(message, source, out);
    }
    if (source.requests() && is_answer(message.type())) {
        node_.trace("no request waits for the", message, source.remote());
    }
    return route(std::move(message), source, out);
}

Outcome Dispatcher::route(Message&& message, Source& source, std::string& out) {
    std::shared_ptr<const Route> taken;
    const Route* route = find_route(message, source, taken);
    if (route && !is_bare(route->inner)) {
        const auto peer = node_.peer_at(source);
        if (auto refused = open(route->inner, Layer::inner, peer.get(), message, source, out)) {
            node_.router.give_back(taken);
            return std::move(*refused);
        }
    }
    believed(source);
    return admit(route, taken, std::move(message), source, out);
}

// Whether a message may reach its handler, or learn that it has none.
Outcome Dispatcher::admit(const Route* route, const std::shared_ptr<const Route>& taken,
                          Message&& message, Source& source, std::string& out) {
    if (node_.may_refuse.load(std::memory_order_relaxed) &&
        refused(route, taken, message, source, out)) [[unlikely]] {
        return drop();
    }
    if (!message.who().empty()) {
        note(message, source);
    }
    return route ? call(*route, std::move(message), source, out)
                 : unhandled(std::move(message), source, out);
}

// Apart, so that messages without plugins do not pass by its code (tests/callgrind: route).
[[gnu::noinline]] std::optional<Outcome> Dispatcher::open(const Plugins& plugins, Layer layer,
                                                          const Peer* peer, Message& message,
                                                          Source& source, std::string& out) {
    if (message.type() == MessageType::auth_error && layer == Layer::outer &&
        retries(message, plugins, layer, peer, source)) {
        return Outcome();
    }
    const Recipient sender(
        peer, nullptr, &source.remote(),
        layer == Layer::outer && plugins.auth && answers_own(message, plugins, source));
    Verdict verdict;
    PluginContext context = node_.context(sender);
    context.any_age = node_.session && layer == Layer::outer &&
                      message.type() == MessageType::request_uri && node_.role != Role::client;
    auto error = open_layer(message, plugins, context, verdict);
    count_forgotten(verdict);
    if (!error && verdict.aged) [[unlikely]] {
        if (begins_session(message)) {
            // It may be played again: all that counts is the secret that it was made with.
            message.vouched().outer = verdict.who;
            return std::nullopt;
        }
        error = verdict.why;
    }
    if (error) {
        return refuse(error, verdict, plugins, layer, message, source, out);
    }
    accepted_ = accepted_ || plugins.auth;
    learn(message, layer, verdict, source);
    return std::nullopt;
}

// Who it is from goes with the message, and what answers it is made for that.
void Dispatcher::learn(Message& message, Layer layer, const Verdict& verdict,
                       const Source& source) {
    if (verdict.who.empty()) {
        return;
    }
    (layer == Layer::outer ? message.vouched().outer : message.vouched().inner) = verdict.who;
    message.add_who(verdict.who);
    node_.trace("accepted the", message, source.remote());
}

// No message that fails a check keeps a peer alive.
void Dispatcher::believed(const Source& source) {
    if (!node_.peers.empty() && (accepted_ || !node_.peers_need_auth)) {
        node_.peers.refresh(source.remote(), node_.environment.clock->steady_now());
    }
}

Outcome Dispatcher::call(const Route& route, Message&& message, Source& source, std::string& out) {
    message.set_rest(route.prefix_size);
    const bool defers = route.handler->defers();
    if (route.handler->suspends() || (source.must_wait(message.uri()) && !defers)) {
        return Outcome::suspended(std::move(message), route);
    }
    if (defers && !source.may_defer()) [[unlikely]] {
        tallies_.dropped_newest.add();
        node_.log(LogLevel::warning, "dropped a message: handlers_max handlers are busy",
                  source.remote());
        return drop();
    }
    std::optional<std::string> failed;
    const InHand before = std::exchange(in_hand_, {&message, &source, &route});
    auto reply = [&]() -> std::optional<OwnedMessage> {
        try {
            return route.handler->call(message, source);
        } catch (...) {
            failed = said_by();
        }
        return std::nullopt;
    }();
    in_hand_ = before;
    if (defers) {
        return {};
    }
    return failed ? fail(route, message, *failed, source, out)
                  : finish(route, std::move(message), std::move(reply), source, out);
}

Outcome Dispatcher::finish(const Route& route, Message&& message,
                           std::optional<OwnedMessage>&& answer, Source& source, std::string& out) {
    const bool completed = answer && answer->type() == netaio::detail::type_of_answer;
    if (completed) {
        answer->set_type(node_.types.answer_to(message.type()));
    }
    if (node_.keeps_replies()) {
        return Outcome::returned(answer ? std::move(*answer) : std::move(message), true);
    }
    if (answer) {
        if (!completed && answer->uri() != message.uri()) [[unlikely]] {
            said_of_another(route, message, *answer, source);
        }
        reply(message, std::move(*answer), route.inner, source, out);
    } else if (expects_answer(message.type())) {
        node_.trace("the handler returned nothing, so nothing answers the", message,
                    source.remote());
    }
    return {};
}

Outcome Dispatcher::fail(const Route& route, const Message& message, std::string_view what,
                         Source& source, std::string& out) {
    tallies_.handler_failures.add();
    node_.log(LogLevel::error,
              "the handler of " + node_.described(message) + " threw: " + std::string(what),
              source.remote());
    if (node_.keeps_replies()) {
        return Kind::discarded;
    }
    if (!is_error(message.type(), node_.types)) {
        reply(message, about(message.uri(), error("handler failed")), route.inner, source, out);
    }
    return {};
}

Outcome Dispatcher::unhandled(Message&& message, Source& source, std::string& out) {
    if (node_.role == Role::client) {
        // The peer's own word that it does not believe us: nothing else tells which request it
        // means.
        if (message.type() == MessageType::auth_error &&
            fail_request(message, {}, Errc::auth_failed, source)) {
            return {};
        }
        if (!node_.client_answers || !expects_answer(message.type())) {
            return Outcome::returned(std::move(message), false);
        }
    }
    tallies_.unhandled.add();
    node_.trace("no handler is registered for the", message, source.remote());
    // Kept, as it may put another in its own place.
    if (const auto route = default_route_.get(); route->handler) {
        return call(*route, std::move(message), source, out);
    }
    if (expects_answer(message.type()) && !is_error(message.type(), node_.types)) {
        automatic(message, about(message.uri(), not_found("ERROR")), false, source, out);
    }
    return {};
}

Outcome Dispatcher::refuse(std::error_code error, const Verdict& verdict, const Plugins& plugins,
                           Layer layer, Message& message, Source& source, std::string& out) {
    if (verdict.copy && node_.role == Role::node) {
        return copied(verdict, plugins, layer, message, source);
    }
    if (node_.role == Role::node && is_answer(message.type())) {
        source.not_believed(message, said_of(error, message));
    }
    if (is_refusal(error)) {
        return auth_failed(verdict, plugins, layer, message, source, out);
    }
    tallies_.rejected_decrypt.add();
    node_.log(LogLevel::warning,
              "dropped a message that cannot be decrypted, of type " + node_.described(message),
              source.remote());
    return drop();
}

Outcome Dispatcher::drop() {
    return node_.role == Role::client ? Kind::discarded : Kind::done;
}

// Whoever asked is told, whatever a plugin throws.
std::error_code Dispatcher::open_answer(Message& message, const Plugins& inner, const Peer* peer,
                                        Source& source) noexcept {
    std::error_code error = Errc::decrypt_failed;
    if (!attempt(node_.environment.log, "a plugin threw at an answer", [&] {
            Verdict verdict;
            error = open_layer(message, inner,
                               node_.context({peer, nullptr, &source.remote(), true}), verdict);
            count_forgotten(verdict);
            if (!error) {
                learn(message, Layer::inner, verdict, source);
            }
        })) {
        tallies_.handler_failures.add();
    }
    return error;
}

bool Dispatcher::answer_request(Message& message, Source& source, const Peer* peer) {
    if (ends_subscription(message)) [[unlikely]] {
        source.subscription_ended(message);
        return false;
    }
    if (message.type() == MessageType::auth_error && message.request_id()) [[unlikely]] {
        const auto* asked = source.requests()->that_may_be_retried(*message.request_id());
        if (asked && retries(message, Plugins(asked->inner), Layer::inner, peer, source)) {
            return true;
        }
    }
    // Decrypting changes the uri where it stands.
    std::string uri = node_.role == Role::node ? message.uri().str() : std::string();
    auto request = take_answered(*source.requests(), message, uri);
    if (!request) {
        if (node_.role != Role::client || !message.request_id() || !is_answer(message.type())) {
            return false;
        }
        // With an id that no request has, or one for another uri, it answers nothing.
        tallies_.late_answers.add();
        node_.trace("no request waits for the", message, source.remote());
        return true;
    }
    if (!request->completion) {
        tallies_.late_answers.add();
        node_.log(LogLevel::debug, "discarded the late answer to a request", source.remote());
        return true;
    }
    auto error = is_bare(request->inner) ? std::error_code()
                                         : open_answer(message, request->inner, peer, source);
    // A refusal made without the handler's plugins can't pass them; what it says is still news.
    const bool refusal = is_refusal(error) && message.type() == MessageType::auth_error;
    if (refusal && accepted_) {
        error = {};  // the outer layer vouches for it
    }
    if (is_refusal(error)) {
        count_refusal(static_cast<Errc>(error.value()));
    } else if (error) {
        tallies_.rejected_decrypt.add();
    } else {
        accepted_ = accepted_ || request->inner.auth;
        attempt(node_.environment.log, "an answer counts all the same", [&] { believed(source); });
    }
    if (error && node_.role == Role::node) {
        // Anybody can send a datagram in the other's name: the answer may be still to come.
        request->expires_as = said_of(error, message);
        source.requests()->insert(uri, std::move(*request));
        return true;
    }
    if (error && refusal) {
        say_refusal(message, source);
    }
    request->completion(said_of(error, message), error ? nullptr : &message);
    return true;
}

// A message that is not to be believed still tells a waiting TCP client that waiting is in vain.
bool Dispatcher::fail_request(const Message& message, const Plugins& layer, Errc why,
                              Source& source) {
    RequestTable* requests = source.requests();
    if (!requests || !is_answer(message.type())) {
        return false;
    }
    std::string uri;
    auto request = take_answered(*requests, message, uri);
    const bool refusal = message.type() == MessageType::auth_error;
    const bool hidden = layer.cipher && layer.cipher->hides_uri();
    if (!request && message.request_id()) {
        request = hidden ? take_meant(*requests, message, uri) : std::nullopt;
    } else if (!request && (refusal || hidden)) {
        request = requests->take_oldest();
    }
    if (!request || !request->completion) {
        return request.has_value();
    }
    if (refusal) {
        say_refusal(message, source);
    }
    request->completion(said_of(why, message), nullptr);
    return true;
}

void Dispatcher::reply(const Message& request, OwnedMessage&& message, const Plugins& inner,
                       Source& source, std::string& out) {
    const auto peer = node_.peer_at(source);
    const Plugins& outer = outer_.now();
    const std::size_t before = out.size();
    Recipient to(peer.get());
    to.sealed = source.sealed();
    const auto error = is_bare(inner) && is_bare(outer)
                           ? send(std::move(message), inner, outer, to, out, request.request_id())
                           : protect(request, std::move(message), inner, peer.get(), source, out);
    if (error || out.size() > before + reply_max(source)) [[unlikely]] {
        not_replied(request, error, before, inner, source, out);
    }
}

[[gnu::noinline]] std::error_code Dispatcher::protect(const Message& request,
                                                      OwnedMessage&& message, const Plugins& inner,
                                                      const Peer* peer, Source& source,
                                                      std::string& out) {
    // What a handler was given was accepted by all plugins that its reply passes.
    const bool answer = request.request_id() || expects_answer(request.type());
    std::unique_ptr<Unsealed> waits;
    const auto error = send(std::move(message), inner, *outer(source),
                            {peer, &request.vouched(), &source.remote(), answer}, out,
                            request.request_id(), source.may_wait() ? &waits : nullptr);
    return waits ? source.hold(std::move(waits), out) : error;
}

void Dispatcher::automatic(const Message& request, OwnedMessage&& message, bool bare,
                           Source& source, std::string& out, const Plugins& inner) {
    const std::size_t before = out.size();
    const auto peer = node_.peer_at(source);
    // Of a message that could not be opened nothing tells who sent it.
    const Vouched* const asker = accepted_ ? &request.vouched() : source.vouched();
    const auto error =
        encode(node_, std::move(message), inner, bare ? Plugins() : *outer(source),
               {peer.get(), asker, &source.remote(), true}, out, request.request_id());
    if (error) {
        tallies_.send_failures.add();
        node_.log(LogLevel::error, "dropped a reply: " + error.message(), source.remote());
        return;
    }
    // Nobody may make a node send more to a forged source than was sent to it (protocol.md §10.8).
    if (node_.role == Role::node && !accepted_ &&
        (out.size() - before > frame_size_ || !source.may_answer_unasked())) {
        out.resize(before);
        tallies_.replies_withheld.add();
        return;
    }
    tallies_.frames_out.add();
}

std::error_code Dispatcher::send(OwnedMessage&& message, const Plugins& inner, const Plugins& outer,
                                 const Recipient& to, std::string& out, std::optional<RequestId> id,
                                 std::unique_ptr<Unsealed>* unsealed) {
    const auto error = encode(node_, std::move(message), inner, outer, to, out, id, unsealed);
    if (!error || !unsealed || !*unsealed) {
        (error ? tallies_.send_failures : tallies_.frames_out).add();
    }
    return error;
}

}  // namespace netaio::core
