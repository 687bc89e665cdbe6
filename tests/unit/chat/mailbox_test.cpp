#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <netaio/chat/mailbox.hpp>

#include "database.hpp"
#include "support/file_size_max.hpp"
#include "support/fixed_environment.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::chat {
namespace {

class MailboxTest : public testing::Test {
protected:
    static constexpr MailboxName alice = {1};
    static constexpr MailboxName bob = {2};

    Mailboxes open(MailboxLimits limits = {}) { return Mailboxes(path(), limits, environment()); }
    std::string path() const { return folder_.file("mail.db"); }
    Environment environment() {
        return {.clock = clock_,
                .log = Log(LogLevel::info, [this](LogLevel, std::string_view line) {
                    log_ += std::string(line) + "\n";
                })};
    }
    std::int64_t ask(const std::string& sql) {
        sqlite::Database database(path(), sqlite::DatabaseAccess::existing);
        std::int64_t value = 0;
        EXPECT_EQ(database.query(sql, value), SQLITE_OK) << database.error_text();
        return value;
    }
    void execute(const std::string& sql) {
        sqlite::Database database(path(), sqlite::DatabaseAccess::make);
        EXPECT_EQ(database.execute(sql), SQLITE_OK) << database.error_text();
    }
    // That what is counted is what is there.
    void expect_true_counts() {
        EXPECT_EQ(
            ask("SELECT bytes FROM whole"),
            ask("SELECT (SELECT ifnull(sum(256 + ifnull(length(content), 0)), 0) FROM items) + "
                "(SELECT ifnull(sum(256 + ifnull(length(signed_part), 0)), 0) FROM mailboxes)"));
        EXPECT_EQ(ask("SELECT count(*) FROM mailboxes AS m WHERE "
                      "(items, envelopes, bytes) <> (SELECT count(*), "
                      "ifnull(sum(kind = 0 AND content IS NOT NULL), 0), "
                      "ifnull(sum((kind = 0) * ifnull(length(content), 0)), 0) "
                      "FROM items WHERE mailbox = m.id)"),
                  0);
    }
    static std::vector<std::string> waiting(Mailboxes& mailboxes,
                                            const MailboxName& mailbox = alice) {
        std::vector<std::string> envelopes;
        const auto fetched = mailboxes.fetch(mailbox, 0, 1'000);
        for (const auto& [number, envelope] : *fetched) envelopes.push_back(envelope);
        return envelopes;
    }
    static std::uint64_t put(Mailboxes& mailboxes, const std::string& envelope,
                             const MailboxName& mailbox = alice) {
        const auto stored = mailboxes.put(mailbox, envelope);
        EXPECT_TRUE(stored.has_value() && stored->is_new) << envelope;
        return stored ? stored->number : 0;
    }
    std::string failure_to_open() {
        try {
            Mailboxes mailboxes(path());
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "none";
    }

    using Envelopes = std::vector<std::string>;
    test::TemporaryFolder folder_;
    std::shared_ptr<test::FixedClock> clock_ = std::make_shared<test::FixedClock>();
    std::string log_;
};

TEST_F(MailboxTest, GivesEnvelopesInTheOrderTheyCameUntilTheyAreAcknowledged) {
    Mailboxes mailboxes = open();
    const std::string binary("\0\xff\n", 3);
    const auto first = put(mailboxes, binary);
    const auto second = put(mailboxes, "two");
    put(mailboxes, "for another", bob);
    const auto third = put(mailboxes, "three");
    EXPECT_LT(first, second);
    EXPECT_LT(second, third);

    EXPECT_EQ(waiting(mailboxes), (Envelopes{binary, "two", "three"}));
    EXPECT_EQ(waiting(mailboxes), (Envelopes{binary, "two", "three"}));
    const auto some = mailboxes.fetch(alice, first, 1);
    ASSERT_EQ(some->size(), 1u);
    EXPECT_EQ(some->front().number, second);
    EXPECT_EQ(some->front().envelope, "two");

    EXPECT_FALSE(mailboxes.acknowledge(alice, std::vector{second, second, third + 99}));
    EXPECT_EQ(waiting(mailboxes), (Envelopes{binary, "three"}));
    EXPECT_EQ(waiting(mailboxes, bob), Envelopes{"for another"});
    EXPECT_FALSE(mailboxes.acknowledge({9}, std::vector{first}));
    EXPECT_TRUE(waiting(mailboxes, {9}).empty());
}

TEST_F(MailboxTest, TakesTheSameEnvelopeOnce) {
    Mailboxes mailboxes = open();
    const auto number = put(mailboxes, "same");
    const auto again = mailboxes.put(alice, "same");
    EXPECT_EQ(again->number, number);
    EXPECT_FALSE(again->is_new);
    put(mailboxes, "same", bob);
    EXPECT_EQ(waiting(mailboxes), Envelopes{"same"});

    EXPECT_FALSE(mailboxes.acknowledge(alice, std::vector{number}));
    EXPECT_FALSE(mailboxes.put(alice, "same")->is_new) << "its receiver has it";
    EXPECT_TRUE(waiting(mailboxes).empty());
}

TEST_F(MailboxTest, RemembersOnlySoManyThatWereTaken) {
    Mailboxes mailboxes = open({.remembered = 2});
    std::vector<std::uint64_t> numbers;
    for (int i = 0; i < 4; ++i) numbers.push_back(put(mailboxes, std::to_string(i)));
    EXPECT_FALSE(mailboxes.acknowledge(alice, numbers));
    EXPECT_FALSE(mailboxes.put(alice, "2")->is_new);
    EXPECT_TRUE(mailboxes.put(alice, "1")->is_new);
    expect_true_counts();
}

TEST_F(MailboxTest, RefusesWhatIsNoEnvelope) {
    Mailboxes mailboxes = open();
    EXPECT_EQ(mailboxes.put(alice, "").error(), Errc::malformed);
    EXPECT_EQ(mailboxes.put(alice, std::string(65'537, 'x')).error(), Errc::too_large);
    put(mailboxes, std::string(65'536, 'x'));
}

TEST_F(MailboxTest, RefusesWhatDoesNotFitAndDropsNothingForIt) {
    Mailboxes mailboxes = open({.mailbox_bytes = 10, .mailbox_envelopes = 3});
    const auto first = put(mailboxes, "123456");
    put(mailboxes, "7890");
    EXPECT_EQ(mailboxes.put(alice, "x").error(), Errc::queue_full) << "too many bytes";
    EXPECT_FALSE(mailboxes.put(alice, "7890")->is_new) << "it is there";
    EXPECT_EQ(waiting(mailboxes), (Envelopes{"123456", "7890"}));
    EXPECT_FALSE(mailboxes.acknowledge(alice, std::vector{first}));
    put(mailboxes, "a");
    put(mailboxes, "b");
    EXPECT_EQ(mailboxes.put(alice, "c").error(), Errc::queue_full) << "too many envelopes";
    put(mailboxes, "c", bob);
    expect_true_counts();
}

TEST_F(MailboxTest, RefusesWhatDoesNotFitIntoAllOfThem) {
    Mailboxes mailboxes = open({.bytes = 2'000});
    put(mailboxes, std::string(700, 'x'));
    EXPECT_EQ(mailboxes.put(bob, std::string(700, 'x')).error(), Errc::queue_full);
    EXPECT_EQ(mailboxes.publish(bob, std::string(800, 'x'), {}).error(), Errc::queue_full);
    put(mailboxes, "small", bob);
    EXPECT_EQ(waiting(mailboxes), Envelopes{std::string(700, 'x')});
    expect_true_counts();
}

TEST_F(MailboxTest, LetsGoOfWhatWaitedForTooLong) {
    Mailboxes mailboxes = open({.age = std::chrono::days(2)});
    const auto old = put(mailboxes, "old");
    const auto taken = put(mailboxes, "taken", bob);
    EXPECT_FALSE(mailboxes.acknowledge(bob, std::vector{taken}));
    clock_->advance(std::chrono::days(1));
    put(mailboxes, "young");
    clock_->advance(std::chrono::days(1));
    EXPECT_EQ(waiting(mailboxes), Envelopes{"young"});
    EXPECT_EQ(*mailboxes.expire(), 1u);
    EXPECT_NE(log_.find("not fetched in time: 1"), std::string::npos);
    EXPECT_EQ(*mailboxes.expire(), 0u);
    EXPECT_GT(put(mailboxes, "old"), old);

    clock_->advance(std::chrono::days(2));
    EXPECT_GT(put(mailboxes, "taken", bob), taken) << "numbers rise though the mailbox was gone";
    EXPECT_TRUE(waiting(mailboxes).empty());
    EXPECT_EQ(ask("SELECT count(*) FROM mailboxes"), 1);
    expect_true_counts();
}

TEST_F(MailboxTest, MakesRoomOfWhatWaitedForTooLong) {
    Mailboxes mailboxes = open({.mailbox_envelopes = 1, .age = std::chrono::days(1)});
    put(mailboxes, "one");
    EXPECT_EQ(mailboxes.put(alice, "two").error(), Errc::queue_full);
    clock_->advance(std::chrono::days(1));
    put(mailboxes, "two");
}

TEST_F(MailboxTest, KeepsOneTimePrekeysFromWhoIsToGetNone) {
    Mailboxes mailboxes = open();
    EXPECT_EQ(*mailboxes.publish(alice, "signed", std::vector<std::string>{"k1"}), 1u);
    const auto without = *mailboxes.hand_out(alice, false);
    EXPECT_EQ(without->signed_part, "signed");
    EXPECT_FALSE(without->one_time);
    EXPECT_EQ(without->left, 1u);
    EXPECT_EQ((*mailboxes.hand_out(alice))->one_time, "k1");
}

TEST_F(MailboxTest, HandsOutEachOneTimePrekeyOnce) {
    Mailboxes mailboxes = open();
    EXPECT_FALSE(mailboxes.hand_out(alice)->has_value());
    EXPECT_EQ(*mailboxes.publish(alice, "signed", std::vector<std::string>{"k1", "k2"}), 2u);
    const auto first = *mailboxes.hand_out(alice);
    EXPECT_EQ(first->signed_part, "signed");
    EXPECT_EQ(first->one_time, "k1");
    EXPECT_EQ(first->left, 1u);
    EXPECT_EQ(*mailboxes.publish(alice, "newer", std::vector<std::string>{"k1", "k2", "k3"}), 2u)
        << "one was handed out, one is there";
    const auto second = *mailboxes.hand_out(alice);
    EXPECT_EQ(second->signed_part, "newer");
    EXPECT_EQ(second->one_time, "k2");
    EXPECT_EQ((*mailboxes.hand_out(alice))->one_time, "k3");
    const auto last = *mailboxes.hand_out(alice);
    EXPECT_EQ(last->signed_part, "newer");
    EXPECT_FALSE(last->one_time);
    EXPECT_EQ(last->left, 0u);
    EXPECT_FALSE(mailboxes.hand_out(bob)->has_value());
    EXPECT_TRUE(waiting(mailboxes).empty());
    expect_true_counts();
}

TEST_F(MailboxTest, RefusesABundleThatIsTooLargeAsAWhole) {
    Mailboxes mailboxes = open({.one_time_prekeys = 2});
    EXPECT_EQ(*mailboxes.publish(alice, "signed", std::vector<std::string>{"k1"}), 1u);
    EXPECT_EQ(mailboxes.publish(alice, "newer", std::vector<std::string>{"k2", "k3"}).error(),
              Errc::queue_full);
    EXPECT_EQ(mailboxes.publish(alice, "", {}).error(), Errc::malformed);
    EXPECT_EQ(mailboxes.publish(alice, "newer", std::vector<std::string>{""}).error(),
              Errc::malformed);
    EXPECT_EQ(mailboxes.publish(alice, std::string(1'025, 'x'), {}).error(), Errc::too_large);
    EXPECT_EQ(mailboxes.publish(alice, "newer", std::vector{std::string(1'025, 'x')}).error(),
              Errc::too_large);
    const auto bundle = *mailboxes.hand_out(alice);
    EXPECT_EQ(bundle->signed_part, "signed");
    EXPECT_EQ(bundle->one_time, "k1");
    EXPECT_EQ(bundle->left, 0u);
}

TEST_F(MailboxTest, HandsOutNoBundleThatIsTooOld) {
    Mailboxes mailboxes = open();
    EXPECT_EQ(*mailboxes.publish(alice, "signed", std::vector<std::string>{"k1"}), 1u);
    clock_->advance(std::chrono::days(35));
    EXPECT_FALSE(mailboxes.hand_out(alice)->has_value());
    EXPECT_EQ(ask("SELECT bytes FROM whole"), 0);
    EXPECT_EQ(ask("SELECT count(*) FROM items"), 0);
}

TEST_F(MailboxTest, KeepsAllWhenItIsOpenedAgain) {
    std::uint64_t number = 0;
    {
        Mailboxes mailboxes = open();
        number = put(mailboxes, "one");
        EXPECT_EQ(*mailboxes.publish(alice, "signed", std::vector<std::string>{"k1"}), 1u);
    }
    Mailboxes mailboxes = open();
    EXPECT_EQ(waiting(mailboxes), Envelopes{"one"});
    EXPECT_GT(put(mailboxes, "two"), number);
    EXPECT_EQ((*mailboxes.hand_out(alice))->one_time, "k1");
}

TEST_F(MailboxTest, IsReadableByItsOwnerOnly) {
    const Mailboxes mailboxes = open();
    for (const char* end : {"", "-wal", "-shm"}) {
        struct stat status{};
        ASSERT_EQ(::stat((path() + end).c_str(), &status), 0) << end;
        EXPECT_EQ(status.st_mode & 0777, 0600u) << end;
    }
}

TEST_F(MailboxTest, OpensOnlyWhatIsItsOwn) {
    {
        const Mailboxes mailboxes = open();
        EXPECT_NE(failure_to_open().find("another program has it"), std::string::npos);
    }
    execute("PRAGMA user_version = 2");
    EXPECT_NE(failure_to_open().find("made by a later version"), std::string::npos);
    execute("PRAGMA user_version = 1; DROP TABLE whole");
    EXPECT_NE(failure_to_open().find("no such table"), std::string::npos);
    execute("PRAGMA application_id = 7");
    EXPECT_NE(failure_to_open().find("another program's database"), std::string::npos);
    std::ofstream(path()) << std::string(4096, 'x');
    EXPECT_NE(failure_to_open().find("is no other file"), std::string::npos);
    EXPECT_THROW(Mailboxes(folder_.file("none/mail.db")), std::runtime_error);
}

TEST_F(MailboxTest, TakesNothingWhenItsFileIsGone) {
    Mailboxes mailboxes = open();
    put(mailboxes, "one");
    std::filesystem::rename(path(), path() + ".moved");
    EXPECT_EQ(mailboxes.put(alice, "two").error(), std::errc::io_error);
    EXPECT_NE(log_.find("cannot take an envelope: its file was removed"), std::string::npos);
    std::filesystem::rename(path() + ".moved", path());
    put(mailboxes, "two");
    EXPECT_EQ(waiting(mailboxes), (Envelopes{"one", "two"}));
}

TEST_F(MailboxTest, SaysThatTheDiskIsFull) {
    Mailboxes mailboxes = open();
    put(mailboxes, "one");
    {
        const test::FileSizeMax little(65'536);
        EXPECT_EQ(mailboxes.put(alice, std::string(65'536, 'x')).error(),
                  std::errc::no_space_on_device);
    }
    EXPECT_EQ(waiting(mailboxes), Envelopes{"one"});
    put(mailboxes, "two");
}

TEST_F(MailboxTest, SaysThatSomebodyElseIsAtIt) {
    Mailboxes mailboxes = open();
    put(mailboxes, "one");
    sqlite::Database other(path(), sqlite::DatabaseAccess::existing);
    EXPECT_EQ(other.execute("BEGIN IMMEDIATE"), SQLITE_OK);
    EXPECT_EQ(mailboxes.put(alice, "two").error(), std::errc::io_error);
    EXPECT_NE(log_.find("database is locked"), std::string::npos);
    EXPECT_EQ(other.execute("ROLLBACK"), SQLITE_OK);
    EXPECT_EQ(waiting(mailboxes), Envelopes{"one"});
}

}  // namespace
}  // namespace netaio::chat
