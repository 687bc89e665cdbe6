#pragma once

#include <exception>
#include <netaio/answer.hpp>

#include "suspended.hpp"

namespace netaio::core {

/// An answer that is still to be given, on the thread of whoever received the question.
class Deferred {
public:
    virtual ~Deferred() = default;
    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;

    /// Answers with the reply or none, or because of what was thrown; only the first time.
    void end(std::optional<OwnedMessage>&& reply, const std::exception_ptr& failure) {
        if (!ended_) {
            ended_ = true;
            deliver(std::move(reply), failure);
        }
    }
    /// Answers with a message that is given back as it came; only the first time.
    void pass(Message& reply) {
        if (!ended_) {
            ended_ = true;
            deliver_view(reply);
        }
    }
    /// Whether it may still be given, and somebody is there.
    bool open() const noexcept { return !ended_ && is_there(); }
    const Message& asked() const noexcept { return question_.message; }

protected:
    /// Of the message that it answers nothing is kept that answering does not need.
    Deferred(const Address& from, const Route& route, const Message& message);
    /// To be called by the destructors of those that derive from this.
    void go() noexcept;

    Suspended question_;

private:
    virtual void deliver(std::optional<OwnedMessage>&& reply,
                         const std::exception_ptr& failure) = 0;
    virtual void deliver_view(Message& reply) { deliver(reply.own(), nullptr); }
    virtual bool is_there() const noexcept = 0;

    bool ended_ = false;
};

/// Calls a handler that answers later; what it throws ends its answer.
template <class Call>
void call_deferring(const std::shared_ptr<Deferred>& deferred, Call&& call) {
    try {
        call(Answer(deferred));
    } catch (...) {
        deferred->end(std::nullopt, std::current_exception());
    }
}

}  // namespace netaio::core
