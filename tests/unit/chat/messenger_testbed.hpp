#pragma once

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <netaio/chat/envelope.hpp>
#include <netaio/chat/letter.hpp>
#include <netaio/chat/messenger.hpp>
#include <string>
#include <vector>

#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"

/// People whose messengers are carried for by hand.
namespace netaio::chat::messenger_test {

using netaio::test::CountingRandom;
using netaio::test::FixedClock;
using netaio::test::TemporaryFolder;

/// A person with a vault, and all that their messenger told.
class Someone {
public:
    struct Came {
        PublicKey from;
        MessageId id;
        std::string text;
    };

    Someone(std::string file, Environment environment)
        : file_(std::move(file)), environment_(std::move(environment)) {
        open();
    }

    const PublicKey& key() const { return identity_.public_key(); }
    Messenger& messenger() { return *messenger_; }
    Vault& vault() { return *vault_; }
    const Identity& identity() const { return identity_; }

    MessageId say(const Someone& to, const std::string& text) {
        const MessageId id = messenger_->send(to.key(), {"text", text}).value();
        marks_[id] = Mark::waiting;
        return id;
    }
    /// Ends and begins again, with what the vault kept.
    void open() {
        messenger_ = nullptr;
        vault_ = nullptr;
        vault_ = std::make_unique<Vault>(file_, identity_.history_key(), environment_);
        messenger_ = std::make_unique<Messenger>(identity_, *vault_, environment_, events());
    }
    void lose_vault() {
        messenger_ = nullptr;
        vault_ = nullptr;
        for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file_ + suffix);
        open();
    }

    /// The texts that came, and the sentences of notices of that kind.
    std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (const Came& one : came) all.push_back(one.text);
        return all;
    }
    std::size_t noticed(Notice::Kind kind) const {
        return static_cast<std::size_t>(std::ranges::count(notices, kind, &Notice::kind));
    }
    Mark mark(const MessageId& id) const { return marks_.at(id); }
    bool all_are(Mark mark) const {
        return std::ranges::all_of(marks_, [&](const auto& one) { return one.second == mark; });
    }
    std::vector<std::string> envelopes() {
        std::vector<std::string> all;
        for (const Parcel& parcel : messenger_->parcels()) all.push_back(parcel.envelope);
        return all;
    }

    std::vector<Came> came;
    std::vector<Notice> notices;
    std::function<void(const Came&)> on_came = {};
    std::size_t marks_told = 0;

private:
    MessengerEvents events() {
        return {
            .came =
                [this](const PublicKey& from, const MessageId& id, std::uint64_t,
                       const Content& content) {
                    came.push_back({from, id, content.bytes});
                    if (on_came) on_came(came.back());
                },
            .marked =
                [this](const PublicKey&, const MessageId& id, Mark mark) {
                    marks_[id] = mark;
                    ++marks_told;
                },
            .noticed = [this](const Notice& notice) { notices.push_back(notice); },
        };
    }

    std::string file_;
    Environment environment_;
    Identity identity_ = Identity::make(*environment_.random);
    std::unique_ptr<Vault> vault_;
    std::unique_ptr<Messenger> messenger_;
    std::map<MessageId, Mark> marks_;
};

/// Several of them, and who carries between them.
class People {
public:
    explicit People(std::size_t count) {
        for (std::size_t number = 0; number < count; ++number) {
            all_.push_back(std::make_unique<Someone>(folder_.file(std::to_string(number) + ".db"),
                                                     environment_));
        }
    }

    Someone& operator[](std::size_t number) { return *all_[number]; }
    std::size_t size() const { return all_.size(); }
    Someone& of(const PublicKey& key) {
        return **std::ranges::find_if(all_, [&](const auto& one) { return one->key() == key; });
    }
    FixedClock& clock() { return *clock_; }
    const Environment& environment() const { return environment_; }

    /// Gives the bundles that somebody wants.
    void bring_bundles(Someone& to) {
        for (const PublicKey& key : to.messenger().wants_bundle()) {
            to.messenger().bundle_came(of(key).messenger().bundle_to_hand_out());
        }
    }
    /// Carries all there is from somebody, once and in order.
    void carry(Someone& from) {
        bring_bundles(from);
        for (const Parcel& parcel : from.messenger().parcels()) {
            of(parcel.to).messenger().receive(parcel.envelope);
            from.messenger().was_taken(parcel.number);
        }
    }
    /// Has a letter's envelope come from nobody knows where.
    std::error_code bring(Someone& to, const Letter& letter) {
        return to.messenger().receive(
            seal_envelope(to.key(), letter.pack(), *environment_.random).value());
    }
    /// Carries for everybody, until nothing is left to be said.
    void settle(int rounds = 4) {
        for (int round = 0; round < rounds; ++round) {
            for (const auto& one : all_) carry(*one);
        }
    }

private:
    TemporaryFolder folder_;
    std::shared_ptr<FixedClock> clock_ = std::make_shared<FixedClock>();
    Environment environment_{.clock = clock_, .random = std::make_shared<CountingRandom>()};
    std::vector<std::unique_ptr<Someone>> all_;
};

}  // namespace netaio::chat::messenger_test
