// How much memory a session over datagrams takes that nobody uses just now.
#include <gtest/gtest.h>

#include <netaio/default_peer.hpp>
#include <netaio/make.hpp>

#include "core/datagram_node.hpp"
#include "core/session_handler.hpp"
#include "support/calling_handler.hpp"
#include "support/fixed_environment.hpp"
#include "support/memory_taken.hpp"

namespace netaio::core {
namespace {

using namespace std::chrono_literals;
using netaio::test::FixedClock;
using netaio::test::memory_taken;

struct QuietNode {
    explicit QuietNode(std::shared_ptr<FixedClock> clock)
        : node(made(std::move(clock))),
          core(node, {.links = {.handshakes_per_second = 1e6}}, [](auto) {}, [] {}) {}

    static std::shared_ptr<Node> made(std::shared_ptr<FixedClock> clock) {
        auto node = std::make_shared<Node>(Role::node);
        node->environment.clock = std::move(clock);
        node->session = std::make_shared<const SessionTerms>(
            SessionOptions{.policy = SessionPolicy::offer, .seed = anew(node->environment)},
            Plugins(), false, *node->environment.random);
        serve_sessions(*node);
        node->router.add(Key(MessageType::request_uri),
                         netaio::test::calling([](const Message& message, Source&) {
                             return respond(message.uri(), "content");
                         }));
        return node;
    }

    // The key of a process otherwise, which all would have.
    static Secret anew(const Environment& environment) {
        std::string seed(32, '\0');
        environment.random->fill(seed);
        return Secret(std::move(seed));
    }

    std::shared_ptr<Node> node;
    DatagramNode core;
};

// Each at an address of a host of its own.
Address number(std::uint32_t which) {
    return Address(std::array<std::uint8_t, 4>{10, static_cast<std::uint8_t>(which >> 16),
                                               static_cast<std::uint8_t>(which >> 8),
                                               static_cast<std::uint8_t>(which)},
                   8888);
}

class IdleSessionMemory : public testing::Test {
protected:
    static constexpr std::uint32_t sessions = 1000;
    static constexpr std::size_t each_max = 1024;

    // What either has to say to the other, until nothing is left.
    void exchange(DatagramNode& one, const Address& one_at, DatagramNode& other,
                  const Address& other_at) {
        for (bool more = true; more;) {
            more = pass(one, one_at, other);
            more = pass(other, other_at, one) || more;
        }
    }
    // Has a session begin between the one that is measured and another, which goes then.
    void begin(std::uint32_t which, bool asks) {
        const Address there = number(which);
        const auto later = std::make_shared<FixedClock>();
        QuietNode other(later);
        DatagramNode& asking = asks ? measured_.core : other.core;
        const Address& asked_at = asks ? there : here_;
        bool answered = false;
        ASSERT_TRUE(
            asking.request(asked_at, request("uri"), {}, 10s,
                           [&](std::error_code error, const Message*) { answered = !error; }));
        exchange(measured_.core, here_, other.core, there);
        ASSERT_TRUE(answered);
        later->advance(600ms);  // when it says that something came, if that was not answered
        other.core.tick();
        exchange(measured_.core, here_, other.core, there);
        ASSERT_EQ(other.core.link_count(), 1u);
        ASSERT_EQ(other.core.tallies().sessions.get(), 1u);
    }
    std::size_t taken_by_each(bool asks) {
        begin(0, asks);
        const std::size_t before = memory_taken;
        for (std::uint32_t i = 1; i <= sessions; ++i) {
            begin(i, asks);
        }
        EXPECT_EQ(measured_.core.link_count(), sessions + 1);
        for (int i = 0; i < 50; ++i) {
            clock_->advance(100ms);
            measured_.core.tick();
            (void)Outbox(std::move(measured_.core.outbox()));
        }
        return (memory_taken - before) / sessions;
    }

private:
    static bool pass(DatagramNode& from, const Address& from_at, DatagramNode& to) {
        Outbox& box = from.outbox();
        const Outbox sent = std::exchange(box, {});
        for (const auto& item : sent.items) {
            std::string datagram = sent.view(item).str();
            if (!item.whole) {
                to.receive(datagram, from_at);
            }
        }
        return !sent.items.empty();
    }

    std::shared_ptr<FixedClock> clock_ = std::make_shared<FixedClock>();
    const Address here_ = Address(std::array<std::uint8_t, 4>{192, 168, 0, 1}, 8888);
    QuietNode measured_{clock_};
};

TEST_F(IdleSessionMemory, OfWhoWasAskedIsBounded) {
    const std::size_t each = taken_by_each(false);
    RecordProperty("bytes", std::to_string(each));
    EXPECT_LE(each, each_max);
}

TEST_F(IdleSessionMemory, OfWhoAskedIsBounded) {
    const std::size_t each = taken_by_each(true);
    RecordProperty("bytes", std::to_string(each));
    EXPECT_LE(each, each_max);
}

}  // namespace
}  // namespace netaio::core
