#include "answering.hpp"
#include "client_kept.hpp"
#include "core/callback.hpp"
#include "core/granting.hpp"
#include "core/waiting.hpp"
#include "stream_request.hpp"

/// How a client asks, and what it does with answers.
namespace netaio {
namespace {

// Keeps the handler until it has ended.
awaitable<net::HandlerRun::Reply> call_timeout_handler(
    core::Callback<awaitable<void>(TimeoutContext)> handler, TimeoutContext context) {
    co_await handler(std::move(context));
    co_return std::nullopt;
}

}  // namespace

void TcpClient::Impl::request(Result<OwnedMessage> message, RequestTerms terms,
                              detail::Completion<OwnedMessage> done) {
    if (const auto kept = awaited(terms.server)) {
        bind(executor_ ? executor_ : done.executor({}));
        if (message && kept->has_requests_wait()) {
            kept->wait(std::move(*message), std::move(terms), std::move(done));
            return;
        }
    }
    ask(std::move(message), std::move(terms), std::move(done), true);
}

std::chrono::milliseconds TcpClient::Impl::timeout_of(const RequestTerms& terms) const {
    return core::bounded(terms.timeout.value_or(options_.request_timeout));
}

void TcpClient::Impl::ask(Result<OwnedMessage> message, RequestTerms options,
                          detail::Completion<OwnedMessage> done, bool tell_of_timeout) {
    const auto keep_alive = shared_from_this();  // a callback may destroy the client
    Link* link = find(options.server);
    if (!message || !link || !link->stream->open()) {
        const auto error = message ? make_error_code(Errc::not_connected) : message.error();
        done.post(executor_for(done), error);
        return;
    }
    const auto stream = link->stream;
    if (stream->queued_bytes() > options_.send_queue_max || stream->requests()->full()) {
        done.post(executor_, Errc::queue_full);
        return;
    }
    const auto timeout = timeout_of(options);
    const auto slot = done.slot();
    const Plugins inner = std::move(options.inner);
    std::optional<TimeoutContext> context;
    if (tell_of_timeout) {
        context = {message->type(), message->uri().str(), timeout, stream->remote()};
    }
    auto complete = [self = shared_from_this(), weak = stream->weak_from_this(),
                     context = std::move(context), inner,
                     subscribing = options.is_relayed
                                       ? std::nullopt
                                       : subscribing(*message, options.must_be_granted),
                     done = std::move(done)](std::error_code error, const Message* reply) mutable {
        if (subscribing && reply) {
            error = std::make_error_code(std::errc::not_enough_memory);
            core::attempt(self->node_->environment.log, "a subscription cannot be kept",
                          [&] { error = self->granted(*subscribing, inner, *reply, weak.lock()); });
            reply = error ? nullptr : reply;
        }
        self->ended(weak.lock().get(), context, error);
        net::answer(done, self->executor_, error, reply);
    };
    const auto answer = options.reply_type.value_or(node_->types.answer_to(message->type()));
    net::request_on(stream, {std::move(*message), answer, inner, timeout, slot},
                    std::move(complete));
    if (Link* current = link_of(*stream)) {
        update_reading(*current);
    }
}

std::optional<TcpClient::Impl::Subscribing> TcpClient::Impl::subscribing(const Message& message,
                                                                         bool must_be_granted) {
    const auto type = message.type();
    if (type != MessageType::subscribe_uri && type != MessageType::unsubscribe_uri) {
        return std::nullopt;
    }
    return Subscribing{type, message.content().str(), must_be_granted};
}

// What is granted in part is ended again, and what is granted is kept with its connection.
std::error_code TcpClient::Impl::granted(const Subscribing& asked, const Plugins& inner,
                                         const Message& reply,
                                         const std::shared_ptr<core::Stream>& stream) {
    const auto words = core::SubscriptionWords::parse(asked.content);
    const auto error = asked.must_be_granted ? core::check_grant(words, reply) : std::error_code();
    if (!stream) {
        return error;
    }
    if (error) {
        ask(core::ending(words, reply.uri()), {{}, inner, stream->remote()},
            detail::Completion<OwnedMessage>([](std::error_code, const OwnedMessage&) {}), false);
        return error;
    }
    if (const auto kept = find_kept([&](const Kept& each) { return each.uses(*stream); })) {
        const bool ends = asked.type == MessageType::unsubscribe_uri;
        if (ends && core::confirms_unsubscription(reply.type())) {
            kept->keeper().unsubscribed(reply.uri(), words.prefix);
        } else if (!ends && core::confirms_subscription(reply.type())) {
            kept->keeper().subscribed(
                {reply.uri().str(), asked.content, asked.must_be_granted, inner});
        }
    }
    if (auto value = asked.must_be_granted ? core::present_value(reply) : std::nullopt) {
        stream->deliver(std::move(*value), inner);
    }
    return error;
}

// What the server ended, a kept connection asks for no more.
void TcpClient::Impl::subscription_ended(core::Stream& stream, const Message& message) {
    if (const auto kept = find_kept([&](const Kept& each) { return each.uses(stream); })) {
        kept->keeper().unsubscribed(message.uri(),
                                    message.content() == ByteView(core::prefix_subscription_ended));
    }
}

// What goes with the end of a request; none of it may keep whoever asked from being told.
void TcpClient::Impl::ended(core::Stream* stream, const std::optional<TimeoutContext>& context,
                            std::error_code error) noexcept {
    core::attempt(node_->environment.log, "a request ends all the same", [&] {
        if (Link* link = stream ? link_of(*stream) : nullptr) {
            update_reading(*link);
        }
        if (context && error == Errc::timeout) {
            timed_out(*context);
        }
    });
}

void TcpClient::Impl::timed_out(const TimeoutContext& context) {
    on_timeout.tell(node_->environment.log, "the timeout handler threw", context);
    if (on_timeout_async) {
        const auto run = running_.emplace_back(std::make_shared<net::HandlerRun>(executor_));
        run->start(call_timeout_handler(on_timeout_async, context),
                   [weak = weak_from_this(), run](const auto&, const std::exception_ptr& failure) {
                       if (const auto self = weak.lock()) {
                           self->running_.remove(run);
                           if (failure) {
                               self->node_->environment.log(
                                   LogLevel::error,
                                   "the timeout handler threw: " + core::said_by(failure));
                           }
                       }
                   });
    }
}

}  // namespace netaio
