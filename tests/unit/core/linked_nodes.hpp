#pragma once

#include <map>
#include <netaio/session.hpp>

#include "core/session_handler.hpp"
#include "datagram_testbed.hpp"

/// UDP nodes with sessions and a network between them that does as it is told.
namespace netaio::core::test {

/// A node of its own, with random numbers of its own.
class LinkedNode {
public:
    struct Options {
        SessionOptions session = {.policy = SessionPolicy::offer};
        Plugins outer = {};
        DatagramBounds bounds = {};
    };

    LinkedNode(const Address& address, std::shared_ptr<FixedClock> clock, Options options)
        : at(address),
          clock_(std::move(clock)),
          node(std::make_shared<Node>(Role::node)),
          core(prepared(options), options.bounds, [](auto) {}, [] {}) {}

    /// Asks, and what it is told is in `told`.
    RequestTable::Id ask(const Address& to, const std::string& uri, Told& told,
                         std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
        return *core.request(to, request(uri, "?"), {}, timeout, told.completion());
    }
    void answer(MessageType type, CallingHandler::Function function) {
        node->router.add(Key(type), calling(std::move(function)));
    }

    /// Keeps what it is notified of.
    void hear() {
        answer(MessageType::notify_uri, [this](const Message& message, Source&) {
            heard.push_back(message.content().str());
            return std::nullopt;
        });
    }

    const Address at;
    std::vector<std::string> heard;

private:
    std::shared_ptr<FixedClock> clock_;

    std::shared_ptr<Node> prepared(Options& options) {
        node->environment = {.clock = clock_,
                             .random = Environment::secure_random(),
                             .log = lines.log(LogLevel::trace)};
        node->outer = options.outer;
        node->local_peer = Peer{.id = at.str()};
        node->peer_plugin = std::make_shared<DefaultPeer>();
        if (options.session.policy != SessionPolicy::off) {
            node->session = std::make_shared<const SessionTerms>(options.session, options.outer,
                                                                 false, *node->environment.random);
            serve_sessions(*node);
        }
        return node;
    }

public:
    netaio::test::LogLines lines;
    std::shared_ptr<Node> node;
    DatagramNode core;
};

/// Nodes at addresses, and what they send.
class LinkedNodes : public testing::Test {
protected:
    using Options = LinkedNode::Options;

    static Options with(SessionPolicy policy, Plugins outer = {}) {
        return {.session = {.policy = policy}, .outer = std::move(outer)};
    }
    static Options keyed(char seed, SessionOptions session = {.policy = SessionPolicy::offer}) {
        session.seed = Secret(std::string(32, seed));
        return {.session = std::move(session)};
    }
    static SessionKey key_of(char seed) { return session_key(Secret(std::string(32, seed))); }

    // Has a node answer every request with who asked.
    static void say_who_asks(LinkedNode& node) {
        node.answer(MessageType::request_uri, [](const Message& message, Source&) {
            return respond(message.uri(), message.who().str());
        });
    }

    struct Datagram {
        Address from;
        Address to;
        std::string bytes;
        bool whole = false;
        bool to_group = false;

        bool sealed() const { return static_cast<MessageType>(bytes[0]) == sealed_frame; }
    };

    LinkedNode& add(const Address& at, LinkedNode::Options options = {}) {
        auto node = std::make_unique<LinkedNode>(at, clock, std::move(options));
        LinkedNode& added = *node;
        nodes_[at] = std::move(node);
        return added;
    }
    /// Another one in the place of one, which ends.
    LinkedNode& restart(const Address& at, LinkedNode::Options options = {}) {
        nodes_.erase(at);
        return add(at, std::move(options));
    }

    /// What all want to send now.
    std::vector<Datagram> take() {
        std::vector<Datagram> sent;
        for (auto& [at, node] : nodes_) {
            auto& box = node->core.outbox();
            for (const auto& item : box.items) {
                const Datagram datagram{at, item.to, box.view(item).str(), item.whole,
                                        item.to_group};
                if (!item.to_group) {
                    sent.push_back(datagram);
                    continue;
                }
                for (const auto& [other, one] : nodes_) {
                    if (other != at) {
                        sent.push_back(datagram);
                        sent.back().to = other;
                    }
                }
            }
            EXPECT_EQ(box.end(), box.bytes.size());
            box.clear();
        }
        return sent;
    }
    void deliver(Datagram datagram) {
        const auto to = nodes_.find(behind(datagram.to));
        if (to != nodes_.end()) {
            to->second->core.receive(datagram.bytes, seen_as(datagram.from), datagram.to_group);
        }
    }
    /// Moves datagrams until there are none.
    void settle() {
        for (int rounds = 0; rounds < 100; ++rounds) {
            auto sent = take();
            if (sent.empty()) {
                return;
            }
            for (auto& datagram : sent) {
                const auto from = datagram.from;
                passed.push_back(datagram);
                if (!lost(datagram)) {
                    deliver(std::move(datagram));
                }
            }
        }
        FAIL() << "they never stop talking";
    }
    /// The same while time passes, in steps.
    void pass(std::chrono::milliseconds time,
              std::chrono::milliseconds step = std::chrono::milliseconds(50)) {
        settle();
        for (; time.count() > 0; time -= step) {
            clock->advance(step);
            for (auto& [at, node] : nodes_) {
                node->core.tick();
            }
            settle();
        }
    }
    /// Has one ask another, so that they have a session.
    void meet(LinkedNode& one, const Address& other) {
        Told told;
        one.ask(other, "who", told);
        settle();
        ASSERT_TRUE(told.message) << told.error.message();
    }
    std::size_t count_sealed() const {
        return static_cast<std::size_t>(std::ranges::count_if(passed, &Datagram::sealed));
    }

    /// How many bytes the path carries, which of all datagrams get lost, and where one seems to
    /// come from.
    std::size_t path_size = 1500;
    std::function<bool(const Datagram&)> loses = nullptr;
    std::map<Address, Address> seen;
    std::vector<Datagram> passed;
    std::shared_ptr<FixedClock> clock = std::make_shared<FixedClock>();

private:
    bool lost(const Datagram& datagram) const {
        return (loses && loses(datagram)) || (datagram.whole && datagram.bytes.size() > path_size);
    }
    Address behind(const Address& to) const {
        const auto found =
            std::ranges::find_if(seen, [&](const auto& each) { return each.second == to; });
        return found == seen.end() ? to : found->first;
    }
    Address seen_as(const Address& from) const {
        const auto found = seen.find(from);
        return found == seen.end() ? from : found->second;
    }

    std::map<Address, std::unique_ptr<LinkedNode>> nodes_;
};

}  // namespace netaio::core::test
