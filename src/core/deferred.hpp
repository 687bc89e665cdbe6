#pragma once

#include <boost/container/small_vector.hpp>
#include <exception>
#include <netaio/answer.hpp>
#include <netaio/frame.hpp>

#include "layers.hpp"
#include "suspended.hpp"

namespace netaio::core {

/// An answer that is still to be given, on the thread of whoever received the question, to which
/// all that is counted in it belongs. Of the question it keeps what answering takes, which is not
/// its content.
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
    /// Answers with a message that is given back as it came, if it is about what was asked; only
    /// the first time.
    void pass(Message& reply) {
        if (!ended_) {
            ended_ = true;
            if (reply.uri() == uri()) [[likely]] {
                deliver_view(reply);
            } else {
                deliver(instead_of(reply), nullptr);
            }
        }
    }
    /// Whether a frame may be given as it is, but for its id: it is about what was asked, and no
    /// layer has to change it.
    bool takes(const Frame& frame) const {
        return !ended_ && id_ &&
               ByteView(frame.body.data(), frame.body.size()).starts_with(head()) &&
               may_deliver_frame(frame.header.type);
    }
    /// Gives it; only after takes().
    void pass(const Frame& frame) {
        ended_ = true;
        deliver_frame(frame);
    }
    /// Whether it may still be given, and somebody is there.
    bool open() const noexcept { return !ended_ && is_there(); }

    // Of the question.
    ByteView uri() const noexcept { return ByteView(head_.data() + 2, head_.size() - 2); }
    std::optional<RequestId> request_id() const noexcept { return id_; }
    /// Whether its handler has no layer.
    bool inner_is_bare() const noexcept { return !protection_ || is_bare(protection_->inner); }
    /// As of a handler that has ended.
    Suspended question(const Address& from);

protected:
    /// `inner`: the layer of its handler.
    Deferred(const Plugins& inner, const Message& message);
    /// To be called by the destructors of those that derive from this.
    void go() noexcept;

private:
    friend void intrusive_ptr_add_ref(Deferred* deferred) noexcept;
    friend void intrusive_ptr_release(Deferred* deferred) noexcept;

    virtual void deliver(std::optional<OwnedMessage>&& reply,
                         const std::exception_ptr& failure) = 0;
    OwnedMessage instead_of(const Message& stray) const;
    virtual void deliver_view(Message& reply) { deliver(reply.own(), nullptr); }
    virtual bool may_deliver_frame(MessageType) const { return false; }
    virtual void deliver_frame(const Frame&) {}
    virtual bool is_there() const noexcept = 0;
    ByteView head() const noexcept { return {head_.data(), head_.size()}; }

    struct Protection {
        Plugins inner;
        Identities who;
        Vouched vouched;
    };

    std::unique_ptr<const Protection> protection_;  // null where there was none, as mostly
    std::optional<RequestId> id_;
    MessageType type_;
    bool ended_ = false;
    std::uint32_t uses_ = 0;
    boost::container::small_vector<char, 64> head_;  // of the body: the uri's length, and the uri
};

/// Calls a handler that answers later; what it throws ends its answer.
template <class Call>
void call_deferring(const boost::intrusive_ptr<Deferred>& deferred, Call&& call) {
    try {
        call(Answer(deferred));
    } catch (...) {
        deferred->end(std::nullopt, std::current_exception());
    }
}

}  // namespace netaio::core
