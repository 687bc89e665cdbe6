#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <netaio/chat/chat.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::chat {

// Somebody with a file of their own, who may be away.
struct Chatter {
    using Texts = std::vector<std::string>;

    Chatter(std::string called, test::TemporaryFolder& folder, std::shared_ptr<Clock> clock)
        : name(std::move(called)),
          file(folder.file(name + ".chat")),
          identity(Identity::make(*Environment().random)),
          environment{.clock = std::move(clock)} {
        begin();
    }
    void begin() {
        chat.reset();
        chat = std::make_unique<Chat>(
            identity, name, file, environment,
            TalkEvents{.said =
                           [this](const Place& where, const Line& line) {
                               if (line.from != key()) {
                                   heard.push_back((where.index() == 0 ? "" : "#") + line.text);
                               }
                           },
                       .marked =
                           [this](const Place&, const Line& line) {
                               marks.push_back(line.text + " " +
                                               std::to_string(static_cast<int>(line.mark)));
                           },
                       .noticed = [this](const Notice& notice) { notices.push_back(notice); }},
            FileOptions{.folder = file.substr(0, file.rfind('.')) + ".files"});
    }
    const PublicKey& key() const { return identity.public_key(); }
    PersonView view(const Chatter& other) const {
        for (const PersonView& person : chat->people()) {
            if (person.key == other.key()) {
                return person;
            }
        }
        throw std::out_of_range("not met: " + other.name);
    }

    std::string name;
    std::string file;
    Identity identity;
    Environment environment;
    std::unique_ptr<Chat> chat;
    bool away = false;
    Texts heard, marks;
    std::vector<Notice> notices;
};

struct ChatTest : testing::Test {
    // Carries until nobody has anything new to be carried; what is for who is away stays.
    void carry() {
        for (int round = 0; round < 20; ++round) {
            for (Chatter* from : everybody) {
                if (from->away) continue;
                for (const PublicKey& whom : from->chat->wants_bundle()) {
                    EXPECT_FALSE(from->chat->bundle_came(at(whom).chat->bundle_to_hand_out()));
                }
                for (const Parcel& parcel : from->chat->parcels()) {
                    Chatter& to = at(parcel.to);
                    if (!to.away) {
                        const auto error = to.chat->receive(parcel.envelope);
                        EXPECT_TRUE(!error || error == Errc::replayed) << error.message();
                        from->chat->was_taken(parcel.number);
                    }
                }
            }
        }
    }
    Chatter& at(const PublicKey& key) {
        for (Chatter* one : everybody) {
            if (one->key() == key) return *one;
        }
        throw std::out_of_range("nobody has this key");
    }

    test::TemporaryFolder folder;
    std::shared_ptr<test::FixedClock> clock = std::make_shared<test::FixedClock>();
    Chatter ann{"ann", folder, clock};
    Chatter bob{"bob", folder, clock};
    Chatter cyd{"cyd", folder, clock};
    std::vector<Chatter*> everybody{&ann, &bob, &cyd};
};

}  // namespace netaio::chat
