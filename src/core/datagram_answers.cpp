#include "datagram_origin.hpp"
#include "deferred.hpp"

/// Answers that come after their handlers have suspended or returned.
namespace netaio::core {

// An answer that comes later, which does nothing once the node has gone.
class DatagramNode::Deferral final : public Deferred {
public:
    Deferral(DatagramNode& node, const Sender& sender)
        : Deferred(node.dispatcher_.in_hand().route->inner, *node.dispatcher_.in_hand().message),
          node_(node.self_),
          sender_(sender) {
        ++node.deferred_;
    }
    ~Deferral() override { go(); }

private:
    void deliver(std::optional<OwnedMessage>&& reply, const std::exception_ptr& failure) override {
        if (const auto node = node_.lock()) {
            --(*node)->deferred_;
            Suspended asked = question(sender_.at);
            (*node)->answered(asked, std::move(reply), failure, sender_);
            (*node)->has_answers_ = true;
            (*node)->wake_();
        }
    }
    bool is_there() const noexcept override { return !node_.expired(); }

    std::weak_ptr<DatagramNode*> node_;
    const Sender sender_;
};

boost::intrusive_ptr<Deferred> DatagramNode::Origin::defer() {
    return new Deferral(node_, sender_);
}

void DatagramNode::handler_ended(Suspended& handler, std::optional<OwnedMessage> reply,
                                 const std::exception_ptr& failure) {
    running_.erase(&handler);
    answered(handler, std::move(reply), failure, static_cast<Handling&>(handler).sender);
}

void DatagramNode::answered(Suspended& question, std::optional<OwnedMessage>&& reply,
                            const std::exception_ptr& failure, const Sender& sender) {
    Origin origin(*this, sender);
    dispatcher_.ended(question, std::move(reply), failure, origin, outbox_.bytes);
    post_reply(sender);
}

}  // namespace netaio::core
