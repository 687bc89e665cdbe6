#pragma once

#include "datagram_held.hpp"
#include "datagram_node.hpp"

namespace netaio::core {

// How many times what it sent an address may get that never proved that it receives, as with QUIC.
inline constexpr std::size_t amplification_max = 3;

// The sender of the datagram in hand.
class DatagramNode::Origin final : public Source {
public:
    Origin(DatagramNode& node, const Address& from, std::size_t received)
        : node_(node), from_(from), received_(received) {}

    const Address& remote() const noexcept override { return from_; }
    void push(OwnedMessage message, const Plugins& inner) override {
        if (const auto error = node_.send(from_, message, inner, *node_.dispatcher_.outer())) {
            node_.node_->log(LogLevel::warning, "a message was not sent: " + error.message(),
                             from_);
        }
    }
    RequestTable* requests() noexcept override { return node_.requests_of(from_); }
    const Vouched* vouched() const override { return node_.vouched_.find(from_); }
    Vouched* note_vouched() override { return &node_.vouched_.at(from_); }
    bool may_answer_unasked() override { return node_.limiter_.allow(from_, node_.now()); }
    bool may_wait() const noexcept override { return node_.mailbox_ != nullptr; }
    std::error_code hold(std::unique_ptr<Unsealed>&& reply, std::string&) override {
        return node_.hold({.unsealed = std::move(reply),
                           .to = {from_},
                           .free_size = amplification_max * received_});
    }
    bool retry(RequestId request) override { return node_.retry(from_, request); }
    bool may_defer() override {
        return node_.deferred_ + node_.running_.size() < node_.bounds_.handlers_max;
    }
    boost::intrusive_ptr<Deferred> defer() override;

private:
    DatagramNode& node_;
    const Address& from_;
    const std::size_t received_;
};

// A handler that runs, and how many bytes its datagram had.
struct DatagramNode::Handling : Suspended {
    Handling(const Address& sender, Route taken, OwnedMessage owned, std::size_t size)
        : Suspended(sender, std::move(taken), std::move(owned)), received(size) {}

    const std::size_t received;
};

}  // namespace netaio::core
