#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <netaio/chat/rooms.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "room_contents.hpp"
#include "support/fixed_environment.hpp"

namespace netaio::chat {

// A content on its way.
struct Carried {
    PublicKey from;
    PublicKey to;
    MessageId id;
    Content content;
};

// Somebody with rooms, and what they were told.
struct RoomsPerson {
    RoomsPerson(const Identity& who, Environment with,
                std::function<Result<MessageId>(const PublicKey&, const Content&)> carry)
        : identity(who),
          environment(std::move(with)),
          vault(std::make_unique<Vault>(":memory:", identity.history_key(), environment)),
          send(std::move(carry)) {
        start();
    }

    // Begins anew with what is in the vault.
    void start() {
        RoomsEvents events;
        events.said = [this](const RoomId&, const Line& line) { said.push_back(line.text); };
        events.marked = [this](const RoomId&, const Line& line) { marks.push_back(line.mark); };
        events.reached = [this](const RoomId&, const Line& line, Mark) { reach = line.reach; };
        events.read = [this](const PublicKey&, const MessageId& id) { read.push_back(id); };
        events.noticed = [this](const Notice& notice) { notices.push_back(notice); };
        rooms = std::make_unique<Rooms>(
            identity, *vault, environment, std::move(events),
            [this](const PublicKey& to, const Content& content) -> Result<MessageId> {
                return send(to, content);
            });
    }

    const PublicKey& key() const { return identity.public_key(); }
    // What was said there.
    std::vector<std::string> texts(const RoomId& room) const {
        std::vector<std::string> texts;
        for (const Line& line : rooms->order(room, 0, 100'000)) {
            if (line.from) texts.push_back(line.text);
        }
        return texts;
    }
    std::size_t noticed(Notice::Kind kind) const {
        std::size_t count = 0;
        for (const Notice& notice : notices) count += notice.kind == kind;
        return count;
    }
    RoomView view() const { return rooms->views().at(0); }

    Identity identity;
    Environment environment;
    std::unique_ptr<Vault> vault;
    std::function<Result<MessageId>(const PublicKey&, const Content&)> send;
    std::unique_ptr<Rooms> rooms;
    std::vector<std::string> said;
    std::vector<Mark> marks;
    Reach reach;                  // as it was told last
    std::vector<MessageId> read;  // contents of which it may be told
    std::vector<Notice> notices;
    std::vector<std::error_code> refusals;  // of what came
};

// People, and contents that are between them.
class RoomsTestbed {
public:
    RoomsPerson& add() {
        const Identity identity = Identity::make(*random);
        return add(identity);
    }
    RoomsPerson& add(const Identity& identity) {
        const PublicKey me = identity.public_key();
        people.push_back(std::make_unique<RoomsPerson>(
            identity, Environment{.clock = clock, .random = random},
            [this, me](const PublicKey& to, const Content& content) -> Result<MessageId> {
                const auto room_for = rooms_for.find(to);
                if (room_for != rooms_for.end() && waiting(me, to) >= room_for->second) {
                    return Errc::queue_full;
                }
                MessageId id;
                random->fill(std::span(reinterpret_cast<char*>(id.data()), id.size()));
                way.push_back({me, to, id, content});
                if (content.bytes.size() > content_size_max) throw std::logic_error("too large");
                return id;
            }));
        return *people.back();
    }
    std::size_t waiting(const PublicKey& from, const PublicKey& to) const {
        std::size_t count = 0;
        for (const Carried& carried : way) count += carried.from == from && carried.to == to;
        return count;
    }
    RoomsPerson* find(const PublicKey& key) const {
        for (const auto& person : people) {
            if (person->key() == key) return person.get();
        }
        return nullptr;
    }
    std::error_code hand_in(const Carried& carried) {
        RoomsPerson* const to = find(carried.to);
        if (!to) return {};
        const auto error = to->rooms->came(carried.from, carried.content, carried.id);
        if (error) to->refusals.push_back(error);
        if (RoomsPerson* const from = find(carried.from)) {
            from->rooms->marked(carried.to, carried.id, Mark::delivered);
        }
        return error;
    }
    // Hands in what is on its way, and what comes of it, in order.
    void deliver() {
        deliver_if([](const Carried&) { return true; });
    }
    // Leaves on its way what is not such.
    void deliver_if(const std::function<bool(const Carried&)>& is) {
        std::vector<Carried> left;
        while (!way.empty()) {
            const Carried carried = way.front();
            way.pop_front();
            if (is(carried)) {
                hand_in(carried);
            } else {
                left.push_back(carried);
            }
        }
        way.assign(left.begin(), left.end());
    }
    void pass(std::chrono::seconds time) {
        clock->advance(time);
        for (const auto& person : people) person->rooms->tick();
    }

    std::shared_ptr<test::FixedClock> clock = std::make_shared<test::FixedClock>();
    std::shared_ptr<test::CountingRandom> random = std::make_shared<test::CountingRandom>();
    std::vector<std::unique_ptr<RoomsPerson>> people;
    std::deque<Carried> way;
    // How many contents of each may wait for somebody, where that is not any number.
    std::map<PublicKey, std::size_t> rooms_for;
};

// A room of three.
class RoomsTest : public testing::Test {
protected:
    RoomsTest() {
        EXPECT_FALSE(alice.rooms->invite(room, bob.key()));
        EXPECT_FALSE(alice.rooms->invite(room, carol.key()));
        bed.deliver();
    }

    using Texts = std::vector<std::string>;

    static bool is(const Carried& carried, std::string_view kind) {
        return carried.content.kind == kind;
    }
    void say(RoomsPerson& who, const std::string& text) {
        EXPECT_TRUE(who.rooms->say(room, text)) << text;
    }
    void expect_all(const Texts& texts) {
        for (const RoomsPerson* person : {&alice, &bob, &carol}) {
            EXPECT_EQ(person->texts(room), texts);
        }
    }

    RoomsTestbed bed;
    RoomsPerson& alice = bed.add();
    RoomsPerson& bob = bed.add();
    RoomsPerson& carol = bed.add();
    RoomsPerson& dave = bed.add();
    RoomId room = alice.rooms->make("Küche").value();
};

}  // namespace netaio::chat
