#include "deferred.hpp"

#include <stdexcept>
#include <utility>

namespace netaio {
namespace core {
namespace {

OwnedMessage question_of(const Message& message) {
    auto uri_alone = Body::make(message.uri(), {});
    Message question(message.type(), uri_alone ? std::move(*uri_alone) : message.body().clone(), {},
                     message.request_id());
    question.set_who(message.who());
    return OwnedMessage::from(std::move(question));
}

}  // namespace

Deferred::Deferred(const Address& from, const Route& route, const Message& message)
    : question_(from, route, question_of(message)) {}

std::shared_ptr<Deferred> Source::defer() {
    throw std::logic_error("an Answer can only be given by servers, nodes and clients that answer");
}

void Deferred::go() noexcept {
    if (ended_) {
        return;
    }
    try {
        end(std::nullopt, std::make_exception_ptr(std::logic_error("its Answer went unused")));
    } catch (...) {
        // Without memory to say so, whoever asked waits until its timeout.
    }
}

}  // namespace core

bool Answer::open() const noexcept {
    return deferred_ && deferred_->open();
}

void Answer::pass(Message& received) {
    asked();
    std::exchange(deferred_, nullptr)->pass(received);
}

const Message& Answer::asked() const {
    if (!deferred_) {
        throw std::logic_error("this Answer was used already, or moved from: use it once");
    }
    return deferred_->asked();
}

void Answer::give(std::optional<OwnedMessage>&& reply) {
    const auto deferred = std::move(deferred_);
    deferred->end(std::move(reply), nullptr);
}

}  // namespace netaio
