#include "deferred.hpp"

#include <netaio/make.hpp>
#include <stdexcept>
#include <utility>

#include "meaning.hpp"
#include "outgoing.hpp"

namespace netaio {
namespace core {

void intrusive_ptr_add_ref(Deferred* deferred) noexcept {
    ++deferred->uses_;
}

void intrusive_ptr_release(Deferred* deferred) noexcept {
    if (--deferred->uses_ == 0) {
        delete deferred;
    }
}

Deferred::Deferred(const Plugins& inner, const Message& message)
    : id_(message.request_id()),
      type_(message.type()),
      head_(message.body().encoded().begin(),
            message.body().encoded().begin() + 2 + message.uri().size()) {
    const Vouched& vouched = message.vouched();
    const bool is_anybodys =
        message.who().empty() && vouched.outer.empty() && vouched.inner.empty();
    if (!is_anybodys || !is_bare(inner)) {
        protection_ = std::make_unique<const Protection>(Protection{inner, message.who(), vouched});
    }
}

Suspended Deferred::question(const Address& from) {
    Message asked(type_, *Body::over({head_.data(), head_.size()}), {}, id_);
    Plugins inner;
    if (protection_) {
        asked.set_who(protection_->who);
        asked.vouched() = protection_->vouched;
        inner = protection_->inner;
    }
    return {from, {nullptr, std::move(inner)}, OwnedMessage::from(std::move(asked))};
}

boost::intrusive_ptr<Deferred> Source::defer() {
    throw std::logic_error("an Answer can only be given by servers, nodes and clients that answer");
}

// Who asks without ids would take one about another uri for the answer to that. Errors may lack it.
[[gnu::cold, gnu::noinline]] OwnedMessage Deferred::instead_of(const Message& stray) const {
    return about(uri(), lacks_uri(stray) ? OwnedMessage(stray.type(), "", stray.content())
                                         : error("the program answered about another uri"));
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
    static_cast<void>(uri());  // throws where there is nobody to answer
    std::exchange(deferred_, nullptr)->pass(received);
}

ByteView Answer::uri() const {
    if (!deferred_) {
        throw std::logic_error("this Answer was used already, or moved from: use it once");
    }
    return deferred_->uri();
}

void Answer::give(std::optional<OwnedMessage>&& reply) {
    const auto deferred = std::move(deferred_);
    deferred->end(std::move(reply), nullptr);
}

}  // namespace netaio
