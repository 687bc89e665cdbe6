#include "answering.hpp"
#include "core/waiting.hpp"
#include "server_impl.hpp"
#include "stream_request.hpp"

/// How a server asks its clients.
namespace netaio {

void TcpServer::Impl::exchange(core::Stream& with, OwnedMessage message, detail::RequestTerms terms,
                               detail::Completion<OwnedMessage> done) {
    const auto executor = net::Loop::of(with).executor();
    if (!executor || !with.open()) {
        done.post(executor, Errc::closed);
        return;
    }
    if (!with.requests()) {
        with.enable_requests(requests_max);
    }
    if (with.requests()->full() || with.queued_bytes() > options_.send_queue_max) {
        done.post(executor, Errc::queue_full);
        return;
    }
    const auto answer = terms.reply_type.value_or(node_->types.answer_to(message.type()));
    const auto slot = done.slot();
    net::request_on(
        with.self(),
        {std::move(message), answer, std::move(terms.inner),
         core::bounded(terms.timeout.value_or(request_timeout)), slot},
        [executor, done = std::move(done)](std::error_code error, const Message* reply) mutable {
            net::answer(done, executor, error, reply);
        });
}

std::error_code TcpServer::pass_on(const Message& message, Connection& to, const AddedField& field,
                                   std::chrono::milliseconds timeout, Answer& answer) {
    return static_cast<core::Stream&>(to).pass_on(message, field, core::bounded(timeout), answer);
}

}  // namespace netaio
