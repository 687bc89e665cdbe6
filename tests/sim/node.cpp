#include "node.hpp"

#include <gtest/gtest.h>

#include <netaio/default_peer.hpp>
#include <netaio/make.hpp>

#include "host.hpp"
#include "support/calling_handler.hpp"

namespace netaio::sim {
namespace {

using test::calling;
using test::suspending;

std::string answer_to(ByteView content) {
    return "answer to " + content.str();
}

}  // namespace

SimNode::SimNode(Host& host, NodeOptions options)
    : host_(host),
      options_(std::move(options)),
      node_(std::make_shared<core::Node>(core::Role::node)),
      core_(node_, {}, [this](auto handler) { start(std::move(handler)); }, [] {}) {
    node_->environment = host.world().environment();
    if (options_.clock) {
        node_->environment.clock = options_.clock;
    }
    node_->outer = options_.outer;
    node_->local_peer = Peer{.id = options_.id};
    node_->peer_plugin = std::make_shared<DefaultPeer>();
    watch_peers();
    add_handlers();
}

void SimNode::join() {
    joined_ = true;
    use([this](core::DatagramNode& core) { core.peer_manager().manage(options_.management); });
}

void SimNode::leave() {
    use([](core::DatagramNode& core) { core.peer_manager().stop_all(); });
    die();
}

void SimNode::die() {
    alive_ = false;
    core_.end_requests(Errc::cancelled);
    core_.outbox().clear();
}

// Each event fits what was told before.
void SimNode::watch_peers() {
    node_->on_peer.joined = [this](const Peer& peer) {
        EXPECT_TRUE(present_.insert(peer.id).second) << peer.id << " joined twice";
        ++seen[peer.id];
    };
    node_->on_peer.changed = [this](const Peer& peer) {
        EXPECT_TRUE(present_.contains(peer.id)) << peer.id << " changed, which never joined";
    };
    node_->on_peer.left = [this](const Peer& peer) {
        EXPECT_TRUE(present_.erase(peer.id)) << peer.id << " left, which never joined";
    };
}

void SimNode::add_handlers() {
    const auto on = [&](MessageType type, core::Route route) {
        node_->router.add(Key(type), std::move(route));
    };
    on(MessageType::request_uri, calling([](const Message& message, core::Source&) {
           return respond(message.uri(), answer_to(message.content()));
       }));
    on(MessageType::create_uri, suspending());
    on(MessageType::subscribe_uri, calling([this](const Message& message, core::Source& from) {
           EXPECT_FALSE(core_.subscribe(message.uri(), from.remote()));
           return confirm_subscribe(message.uri());
       }));
    on(MessageType::notify_uri, calling([this](const Message& message, core::Source&) {
           ++notified[message.content().str()];
           return std::nullopt;
       }));
}

// One in four of the slow ones fails.
void SimNode::start(std::shared_ptr<core::Suspended> handler) {
    World& world = host_.world();
    world.after(world.dice().between(Duration(0), Duration(300)), [this, handler, &world] {
        if (!alive_) {
            return;
        }
        use([&](core::DatagramNode& core) {
            if (world.dice().chance(0.25)) {
                core.handler_ended(*handler, std::nullopt,
                                   std::make_exception_ptr(std::runtime_error("it went wrong")));
                return;
            }
            core.handler_ended(
                *handler, ok(handler->message.uri(), answer_to(handler->message.content())), {});
        });
    });
}

void SimNode::ask(const Address& to, MessageType type, const std::string& content, int attempts,
                  Duration timeout) {
    if (!alive_) {
        return;
    }
    // Its own uri for each attempt, so that answers are told apart.
    const std::string uri = id() + "/" + std::to_string(asked++);
    const auto done = [=, this, ended = std::make_shared<bool>(false)](std::error_code error,
                                                                       const Message* reply) {
        EXPECT_FALSE(std::exchange(*ended, true)) << "told twice";
        ++told;
        if (reply) {
            ++answered;
            // What cannot be read as a message is answered without its uri.
            if (reply->content() != ByteView("invalid message")) {
                EXPECT_EQ(reply->uri(), uri);
            }
            if (reply->type() == MessageType::respond_uri || reply->type() == MessageType::ok) {
                EXPECT_EQ(reply->content(), answer_to(content));
            }
            return;
        }
        EXPECT_EQ(error, alive_ ? Errc::timeout : Errc::cancelled);
        if (attempts > 1) {
            ask(to, type, content, attempts - 1, timeout);
        } else {
            ++gave_up;
        }
    };
    use([&](core::DatagramNode& core) {
        EXPECT_TRUE(core.request(to, OwnedMessage(type, uri, content), {}, timeout, done));
    });
}

void SimNode::subscribe(const Address& to) {
    use([&](core::DatagramNode& core) {
        EXPECT_TRUE(core.subscribe_there(to, OwnedMessage(MessageType::subscribe_uri, "topic"),
                                         false, {}, std::chrono::seconds(2),
                                         [this, to](std::error_code, const Message* reply) {
                                             if (!reply && alive_) {
                                                 subscribe(to);
                                             }
                                         }));
    });
}

// Messages that nobody vouched for so far.
std::uint64_t SimNode::doubted() const {
    const core::Tallies& tallies = const_cast<core::DatagramNode&>(core_).tallies();
    return tallies.rejected_malformed.get() + tallies.rejected_too_large.get() +
           tallies.rejected_checksum.get() +
           (node_->outer.get().auth && options_.management.plugins.auth
                ? 0
                : tallies.rejected_auth.get()) +
           (node_->outer.get().auth ? 0 : tallies.unhandled.get());
}

void SimNode::receive(std::string datagram, const Address& from) {
    const auto doubted_before = doubted();
    const std::size_t size = datagram.size();
    const auto type = static_cast<MessageType>(datagram.empty() ? '\xff' : datagram.front());
    ++arrived[type];
    core_.receive(datagram, from);
    std::size_t answer_size = 0;
    for (const auto& item : core_.outbox().items) {
        answer_size += item.size;
        const auto answer = static_cast<MessageType>(core_.outbox().view(item).front());
        EXPECT_FALSE(is_error(type, node_->types) && is_error(answer, node_->types))
            << built_in_name(type) << " was answered with " << built_in_name(answer);
    }
    if (doubted() != doubted_before) {
        EXPECT_LE(answer_size, size) << "in answer to " << built_in_name(type);
    }
    flush();
}

void SimNode::flush() {
    const core::Outbox outbox = std::exchange(core_.outbox(), {});
    EXPECT_EQ(outbox.end(), outbox.bytes.size()) << "bytes are left that belong to no datagram";
    for (const auto& item : outbox.items) {
        if (alive_) {
            host_.send(port(), item, outbox.view(item));
        }
    }
    arm();
}

void SimNode::arm() {
    const auto due = core_.next();
    if (!alive_ || !due || (armed_ && *armed_ <= *due)) {
        return;
    }
    armed_ = due;
    host_.world().at(*due, [this, when = *due] {
        if (armed_ != when || !alive_) {
            return;
        }
        armed_.reset();
        const TimePoint now = host_.world().now();
        ticks_at_once_ = std::exchange(ticked_, now) == now ? ticks_at_once_ + 1 : 0;
        ASSERT_LT(ticks_at_once_, 100) << "time stands still";
        use([](core::DatagramNode& core) { core.tick(); });
    });
}

std::set<std::string> SimNode::peer_ids() const {
    std::set<std::string> ids;
    for (const auto& peer : node_->peers.all()) {
        ids.insert(peer->id);
    }
    return ids;
}

void SimNode::check() {
    EXPECT_EQ(told, asked) << id() << " waits for ever";
    EXPECT_EQ(core_.outbox().items.size(), 0u);
    EXPECT_EQ(core_.tallies().send_failures.get(), 0u);
    EXPECT_EQ(core_.tallies().dropped_newest.get(), 0u);
    check_peers();
}

// A peer is only known at addresses that it has.
void SimNode::check_peers() {
    for (const auto& peer : node_->peers.all()) {
        EXPECT_NE(peer->id, id()) << "knows itself";
        EXPECT_FALSE(peer->addresses.empty());
        EXPECT_LE(peer->addresses.size(), core::PeerTable::addresses_max);
        for (const Address& address : peer->addresses) {
            const Link* link = host_.find(address);
            ASSERT_TRUE(link) << id() << " knows a peer at " << address.str();
            const auto& there = link->host.nodes();
            EXPECT_TRUE(std::ranges::any_of(there,
                                            [&](const auto& node) {
                                                return node->id() == peer->id &&
                                                       node->port() == address.port();
                                            }))
                << id() << " knows " << peer->id << " at " << address.str();
        }
    }
    EXPECT_EQ(peer_ids(), present_) << "what " << id() << " was told of its peers";
}

}  // namespace netaio::sim
