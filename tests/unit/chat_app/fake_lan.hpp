#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <netaio/testing.hpp>
#include <netaio/timer.hpp>
#include <utility>
#include <vector>

#include "lan.hpp"

/// A network of nodes within a TestNetwork's time, which loses, doubles and delays as it is told.
namespace netaio::chat_app::test {

class FakeNode;

struct FakeLan {
    boost::asio::any_io_executor executor;
    std::map<Address, FakeNode*> nodes = {};
    /// Of each datagram, how often it arrives.
    std::function<int(const Message&)> copies = [](const Message&) { return 1; };
    int sent = 0;
};

class FakeNode : public AddressedRequester, public HandlerRegistry<UdpHandler> {
public:
    FakeNode(FakeLan& lan, std::uint8_t host, Peer self)
        : address(Address(std::array<std::uint8_t, 4>{10, 0, 0, host}, 8888)),
          self_(std::move(self)),
          lan_(lan) {
        self_.addresses = {address};
        lan_.nodes[address] = this;
    }
    ~FakeNode() override { lan_.nodes.erase(address); }

    void set_peer_callbacks(PeerCallbacks callbacks) { callbacks_ = std::move(callbacks); }
    void manage_peers(const PeerManagementOptions&) {}
    std::optional<Peer> peer(ByteView id) const {
        const auto found = peers_.find(id.str());
        return found == peers_.end() ? std::nullopt : std::optional(found->second);
    }
    void meet(const FakeNode& other) { meet(other.self_); }
    void meet(const Peer& peer) {
        const bool is_new = peers_.insert_or_assign(peer.id, peer).second;
        (is_new ? callbacks_.joined : callbacks_.changed)(peer);
    }
    void lose(const Peer& peer) {
        peers_.erase(peer.id);
        callbacks_.left(peer);
    }
    const Peer& self() const { return self_; }

    const Address address;

private:
    void keep_handler(Key key, HandlerOptions, UdpHandler handler, bool) override {
        handlers_.emplace_back(std::move(key), std::move(handler));
    }
    bool drop_handler(const Key& key, bool) override {
        return std::erase_if(handlers_, [&](const auto& each) {
                   return each.first.type == key.type && each.first.uri == key.uri;
               }) > 0;
    }

    // Answers what another asks.
    std::optional<OwnedMessage> answer(Message& message, const Address& from) {
        for (auto& [key, handler] : handlers_) {
            const bool is_meant =
                key.is_prefix ? message.uri().starts_with(*key.uri) : message.uri() == *key.uri;
            if (key.type != message.type() || !is_meant) continue;
            if (key.is_prefix) message.set_rest(key.uri->size());
            auto reply = handler.plain(message, from);
            if (reply && reply->type() == detail::type_of_answer) {
                reply->set_type(MessageTypes().answer_to(message.type()));
            }
            return reply;
        }
        return OwnedMessage(MessageType::not_found, message.uri(), "not found");
    }

    struct Asked {
        Asked(FakeLan& lan, OwnedMessage asked, detail::Completion<OwnedMessage> completion)
            : timer(lan.executor), message(std::move(asked)), done(std::move(completion)) {}
        Timer timer;
        OwnedMessage message;
        detail::Completion<OwnedMessage> done;
    };

    void start_request(Result<OwnedMessage> message, RequestTerms terms,
                       detail::Completion<OwnedMessage> done) override {
        ++lan_.sent;
        const int copies = lan_.copies(*message);
        const auto asked = std::make_shared<Asked>(lan_, std::move(*message), std::move(done));
        std::optional<OwnedMessage> reply;
        for (int i = 0; i < copies; ++i) {
            const auto other = lan_.nodes.find(*terms.server);
            if (other != lan_.nodes.end()) reply = other->second->answer(asked->message, address);
        }
        const bool answered = reply && lan_.copies(*reply) > 0;
        asked->timer.expires_after(answered ? std::chrono::milliseconds(1) : *terms.timeout);
        asked->timer.async_wait([asked, answered, executor = lan_.executor,
                                 reply = std::make_shared<std::optional<OwnedMessage>>(
                                     std::move(reply))](const boost::system::error_code&) {
            if (answered) {
                asked->done.post(executor, {}, std::move(**reply));
            } else {
                asked->done.post(executor, make_error_code(Errc::timeout));
            }
        });
    }

    Peer self_;
    FakeLan& lan_;
    PeerCallbacks callbacks_;
    std::map<std::string, Peer> peers_;
    std::vector<std::pair<Key, UdpHandler>> handlers_;
};

}  // namespace netaio::chat_app::test
