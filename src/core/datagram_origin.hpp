#pragma once

#include "datagram_held.hpp"
#include "datagram_node.hpp"

namespace netaio::core {

// How many times what it sent an address may get that never proved that it receives, as with QUIC.
inline constexpr std::size_t amplification_max = 3;

// The sender of the datagram in hand.
class DatagramNode::Origin final : public Source {
public:
    Origin(DatagramNode& node, const Sender& sender, bool to_group = false)
        : node_(node), sender_(sender), to_group_(to_group) {
        if (sender_.link) {
            sealed_ = true;
            who_ = sender_.link->somebody();
        } else if (node_.links_) [[unlikely]] {
            somebody_ = node_.links_->has_somebody_at(sender_.at);
            session_required_ = somebody_ || node_.node_->requires_session();
        }
    }

    const Address& remote() const noexcept override { return sender_.at; }
    void push(OwnedMessage message, const Plugins& inner) override {
        const Target to{sender_.at, node_.node_->peer_at(sender_.at)};
        const auto way = sender_.link ? node_.way_to(sender_.at, false) : Links::Found();
        if (const auto error = node_.send_to(to, way, message, inner, *node_.dispatcher_.outer())) {
            node_.node_->log(LogLevel::warning, "a message was not sent: " + error.message(),
                             sender_.at);
        }
    }
    RequestTable* requests() noexcept override { return node_.requests_of(place()); }
    const Vouched* vouched() const override {
        return sender_.link ? &sender_.link->vouched : node_.vouched_.find(sender_.at);
    }
    Vouched* note_vouched() override {
        return sender_.link ? &sender_.link->vouched : &node_.vouched_.at(sender_.at);
    }
    bool may_answer_unasked() override { return node_.limiter_.allow(sender_.at, node_.now()); }
    bool may_wait() const noexcept override { return node_.mailbox_ != nullptr; }
    std::error_code hold(std::unique_ptr<Unsealed>&& reply, std::string&) override {
        return node_.hold({.unsealed = std::move(reply),
                           .to = {sender_.at},
                           .link = sender_.link,
                           .free_size = amplification_max * sender_.received});
    }
    bool retry(RequestId request) override { return node_.retry(place(), request); }
    bool may_defer() override {
        return node_.deferred_ + node_.running_.size() < node_.bounds_.handlers_max;
    }
    boost::intrusive_ptr<Deferred> defer() override;

    // Anybody can send one: who waits goes on waiting, and learns of it if nothing else comes. What
    // answers a handshake is about all that wait for it.
    void not_believed(const Message& answer, std::error_code why) override {
        RequestTable* const asked = requests();
        RequestTable* const held = node_.requests_of({sender_.at, Way::undecided});
        if (asked && asked->not_believed(answer.request_id(), why) && held) {
            held->none_believed(why);
        }
    }
    std::optional<OwnedMessage> shake_hands(const Message& asked) override {
        return node_.links_->shake_hands(asked, sender_.at);
    }
    const Identities* sealed_by() const noexcept override {
        return sender_.link ? &sender_.link->secret.who : nullptr;
    }
    std::size_t sealed_frame_max() const noexcept override {
        return node_.links_->frame_max_soon(*sender_.link);
    }
    // The group has no session, nor has what answers it, nor is anybody found in one; who has one
    // says in it what it is subscribed to.
    bool may_be_unsealed(MessageType type) const noexcept override {
        const bool answers_group = type == MessageType::peer_discovered;
        const bool ends =
            type == MessageType::subscribe_uri || type == MessageType::unsubscribe_uri;
        return somebody_ ? (to_group_ && !ends) || answers_group
                         : to_group_ || answers_group || type == MessageType::advertise_peer ||
                               type == MessageType::disconnect;
    }
    void spoke_unsealed() override {
        if (somebody_ && !to_group_) {
            node_.links_->doubt(sender_.at);
        }
    }

private:
    Place place() const { return {sender_.at, sender_.link ? Way::sealed : Way::clear}; }

    DatagramNode& node_;
    const Sender& sender_;
    const bool to_group_;
    bool somebody_ = false;  // who is known there by a session
};

// A handler that runs, and who sent what it handles.
struct DatagramNode::Handling : Suspended {
    Handling(const Sender& who, Route taken, OwnedMessage owned)
        : Suspended(who.at, std::move(taken), std::move(owned)), sender(who) {}

    const Sender sender;
};

}  // namespace netaio::core
