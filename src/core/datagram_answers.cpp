#include "datagram_origin.hpp"
#include "deferred.hpp"

/// Answers that come after their handlers have suspended or returned.
namespace netaio::core {

// An answer that comes later, which does nothing once the node has gone.
class DatagramNode::Deferral final : public Deferred {
public:
    Deferral(DatagramNode& node, const Address& from, std::size_t received)
        : Deferred(node.dispatcher_.in_hand().route->inner, *node.dispatcher_.in_hand().message),
          node_(node.self_),
          from_(from),
          received_(received) {
        ++node.deferred_;
    }
    ~Deferral() override { go(); }

private:
    void deliver(std::optional<OwnedMessage>&& reply, const std::exception_ptr& failure) override {
        if (const auto node = node_.lock()) {
            --(*node)->deferred_;
            Suspended asked = question(from_);
            (*node)->answered(asked, std::move(reply), failure, received_);
            (*node)->has_answers_ = true;
            (*node)->wake_();
        }
    }
    bool is_there() const noexcept override { return !node_.expired(); }

    std::weak_ptr<DatagramNode*> node_;
    const Address from_;
    const std::size_t received_;
};

boost::intrusive_ptr<Deferred> DatagramNode::Origin::defer() {
    return new Deferral(node_, from_, received_);
}

void DatagramNode::handler_ended(Suspended& handler, std::optional<OwnedMessage> reply,
                                 const std::exception_ptr& failure) {
    running_.erase(&handler);
    answered(handler, std::move(reply), failure, static_cast<Handling&>(handler).received);
}

void DatagramNode::answered(Suspended& question, std::optional<OwnedMessage>&& reply,
                            const std::exception_ptr& failure, std::size_t received) {
    Origin origin(*this, question.from, received);
    dispatcher_.ended(question, std::move(reply), failure, origin, outbox_.bytes);
    post_reply(question.from, received);
}

}  // namespace netaio::core
