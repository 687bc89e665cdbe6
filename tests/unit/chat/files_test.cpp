#include <gtest/gtest.h>

#include "files_testbed.hpp"

namespace netaio::chat {
namespace {

using namespace files_test;
using Names = std::vector<std::string>;

struct FilesTest : testing::Test {
    // Ann's file of that size, offered to bob.
    std::string offered(std::size_t size, const std::string& name = "report.pdf") {
        const std::string bytes = bytes_of_size(size);
        EXPECT_TRUE(ann.files->offer(bob.key(), folder.write(name, bytes)));
        return bytes;
    }
    std::string received(const std::string& name) { return content_of(in_bob + '/' + name); }

    test::TemporaryFolder folder;
    const std::string in_bob = folder.file("bob");
    Sharer ann{folder.file("ann")};
    Sharer bob{in_bob};
};

TEST_F(FilesTest, ComeWholeAndBothEndsAreTold) {
    const std::string bytes = offered(100'000);
    EXPECT_EQ(ann.last(), "file report.pdf, 97.6 KiB: is being read");
    settle(ann, bob);
    EXPECT_EQ(received("report.pdf"), bytes);
    EXPECT_EQ(names_in(in_bob), Names{"report.pdf"}) << "and no part of it";
    EXPECT_EQ(ann.last(), "file report.pdf, 97.6 KiB: they have it");
    EXPECT_EQ(bob.last(), "file report.pdf, 97.6 KiB: kept as " + in_bob + "/report.pdf");
    EXPECT_TRUE(ann.files->views().empty());
    EXPECT_TRUE(bob.files->views().empty());
}

TEST_F(FilesTest, ComeWhateverTheirSize) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, file_piece_size - 1,
                                   file_piece_size, file_piece_size + 1, 20 * file_piece_size}) {
        const std::string name = std::to_string(size);
        const std::string bytes = offered(size, name);
        settle(ann, bob);
        EXPECT_TRUE(received(name) == bytes) << size;
    }
    EXPECT_EQ(names_in(in_bob).size(), 6u);
}

TEST_F(FilesTest, AreForTheirOwnerAloneAndReplaceNothing) {
    for (int round = 0; round < 3; ++round) {
        offered(10);
        settle(ann, bob);
    }
    EXPECT_EQ(names_in(in_bob), (Names{"report (1).pdf", "report (2).pdf", "report.pdf"}));
    using std::filesystem::perms;
    EXPECT_EQ(std::filesystem::status(in_bob + "/report.pdf").permissions(),
              perms::owner_read | perms::owner_write);
    EXPECT_EQ(std::filesystem::status(in_bob).permissions(), perms::owner_all);
}

TEST_F(FilesTest, GoNoFasterThanTheyAreSaidToCome) {
    offered(100 * file_piece_size);
    ann.work();
    carry_one(ann, bob);
    carry_one(bob, ann);
    EXPECT_EQ(ann.outbox.size(), file_window);
    offered(100 * file_piece_size, "other");
    ann.work();
    EXPECT_EQ(ann.kinds().back(), "file.offer");
    carry_one(ann, bob);
    EXPECT_EQ(ann.outbox.size(), file_window + 1) << "its place is taken by the next piece";
    settle(ann, bob);
    EXPECT_EQ(names_in(in_bob), (Names{"other", "report.pdf"}));
}

TEST_F(FilesTest, ComeInWhateverOrderTheirPiecesDo) {
    const std::string bytes = offered(30 * file_piece_size + 5);
    ann.work();
    carry_one(ann, bob);
    carry_one(bob, ann);
    while (!ann.outbox.empty()) {
        std::ranges::reverse(ann.outbox);
        for (auto pieces = std::exchange(ann.outbox, {}); const Sharer::Sent& sent : pieces) {
            EXPECT_FALSE(bob.files->came(ann.key(), sent.content));
            EXPECT_EQ(bob.files->came(ann.key(), sent.content), Errc::replayed) << "twice";
            ann.files->marked(bob.key(), sent.id, Mark::delivered);
        }
    }
    settle(ann, bob);
    EXPECT_TRUE(received("report.pdf") == bytes);
}

TEST_F(FilesTest, GoOnWhereTheyWereWhoeverBeginsAnew) {
    const std::string bytes = offered(50 * file_piece_size + 5);
    for (int step = 0; step < 200; ++step) {
        (step % 2 == 0 ? ann : bob).begin();
        (void)(step % 3 == 0 ? ann : bob).files->work();
        carry_one(ann, bob);
        carry_one(bob, ann);
    }
    settle(ann, bob);
    EXPECT_TRUE(received("report.pdf") == bytes);
    EXPECT_EQ(names_in(in_bob), Names{"report.pdf"});
}

TEST_F(FilesTest, TellHowMuchOfThemIsThereAtMostOnceForEachPercent) {
    offered(400 * file_piece_size);
    bob.options.limit = 400 * file_piece_size;
    bob.begin();
    settle(ann, bob);
    for (const Sharer* one : {&ann, &bob}) {
        EXPECT_LE(one->views.size(), 105u);
        EXPECT_GE(one->views.size(), 100u);
    }
    EXPECT_EQ(text_of(bob.views[50]), "file report.pdf, 10.9 MiB: 50 %");
}

TEST_F(FilesTest, BeyondTheLimitWaitUntilTheyAreTaken) {
    const std::string bytes = offered((4 << 20) + 1);
    settle(ann, bob);
    EXPECT_EQ(bob.last(), "file report.pdf, 4.0 MiB: waits for you: /take 1, or /cancel 1");
    EXPECT_EQ(ann.last(), "file report.pdf, 4.0 MiB: waits for them to take it");
    EXPECT_TRUE(names_in(in_bob).empty());
    EXPECT_EQ(bob.files->take(2), Errc::not_connected);
    EXPECT_EQ(ann.files->take(1), Errc::not_connected) << "it is ann's own";
    EXPECT_FALSE(bob.files->take(1));
    EXPECT_EQ(bob.files->take(1), Errc::not_connected) << "it was taken";
    settle(ann, bob);
    EXPECT_TRUE(received("report.pdf") == bytes);
}

TEST_F(FilesTest, OfPeopleWhoWereNeverWrittenToWait) {
    bob.knows = false;
    offered(10);
    settle(ann, bob);
    EXPECT_EQ(bob.views.back().state, FileState::offered);
}

TEST_F(FilesTest, AreRefusedOrEndedByEitherAndBothAreTold) {
    bob.options.limit = 0;
    bob.begin();
    offered(10);
    settle(ann, bob);
    EXPECT_FALSE(bob.files->cancel(1));
    settle(ann, bob);
    EXPECT_EQ(bob.last(), "file report.pdf, 10 bytes: not received: you did not want it");
    EXPECT_EQ(ann.last(), "file report.pdf, 10 bytes: not sent: they did not want it");
    EXPECT_EQ(ann.files->cancel(1), Errc::not_connected) << "it has ended";
    for (Sharer* who : {&ann, &bob}) {
        offered(20 * file_piece_size);
        settle(ann, bob);
        EXPECT_FALSE(bob.files->take(1));
        for (int i = 0; i < 9; ++i) carry_one(bob, ann), carry_one(ann, bob);
        EXPECT_EQ(names_in(in_bob).size(), 1u) << "a part of it";
        EXPECT_FALSE(who->files->cancel(1));
        settle(ann, bob);
        const bool by_ann = who == &ann;
        EXPECT_TRUE(ann.last().ends_with(by_ann ? "not sent: you ended it" : "they ended it"));
        EXPECT_TRUE(bob.last().ends_with(by_ann ? "received: they ended it" : "you ended it"));
        EXPECT_TRUE(names_in(in_bob).empty());
        EXPECT_TRUE(ann.files->views().empty());
    }
}

TEST_F(FilesTest, AreTriedAgainWhenTooMuchWaited) {
    const std::string bytes = offered(40 * file_piece_size);
    for (int step = 0; step < 300; ++step) {
        ann.outbox_full = step % 3 == 0;
        bob.outbox_full = step % 5 == 0;
        ann.work();
        bob.work();
        ann.files->tick();
        bob.files->tick();
        carry_one(ann, bob);
        carry_one(bob, ann);
        if (!bob.files->views().empty() && bob.files->views()[0].state == FileState::offered) {
            (void)bob.files->take(1);
        }
    }
    EXPECT_TRUE(received("report.pdf") == bytes);
    EXPECT_TRUE(ann.files->views().empty());
}

TEST_F(FilesTest, ThatCannotBeReadAreNotSent) {
    EXPECT_EQ(ann.files->offer(bob.key(), folder.file("none")).error(),
              std::errc::no_such_file_or_directory);
    EXPECT_EQ(ann.files->offer(bob.key(), folder.path()).error(), Errc::unsupported);
    EXPECT_EQ(ann.files->offer(bob.key(), "/dev/null").error(), Errc::unsupported);
    offered(20 * file_piece_size);
    for (int i = 0; i < 5; ++i) ann.work(), carry_one(ann, bob), carry_one(bob, ann);
    folder.write("report.pdf", "shorter now");
    settle(ann, bob);
    EXPECT_EQ(ann.views.back().why, FileEnd::unreadable);
    EXPECT_EQ(bob.views.back().why, FileEnd::unreadable);
    EXPECT_TRUE(names_in(in_bob).empty());
}

TEST_F(FilesTest, ThatChangeUnderwayAreNotKept) {
    offered(20 * file_piece_size);
    for (int i = 0; i < 5; ++i) ann.work(), carry_one(ann, bob), carry_one(bob, ann);
    folder.write("report.pdf", std::string(20 * file_piece_size, 'x'));
    settle(ann, bob);
    EXPECT_EQ(ann.views.back().why, FileEnd::not_whole);
    EXPECT_EQ(bob.views.back().why, FileEnd::not_whole);
    EXPECT_TRUE(names_in(in_bob).empty());
}

TEST_F(FilesTest, AreOfferedToOnePersonInABoundedNumber) {
    bob.options.limit = 0;
    bob.begin();
    for (std::size_t i = 0; i < files_with_one_max; ++i) offered(1, std::to_string(i));
    EXPECT_EQ(ann.files->offer(bob.key(), folder.file("0")).error(), Errc::queue_full);
    settle(ann, bob);
    EXPECT_EQ(bob.files->views().size(), files_with_one_max);
    EXPECT_EQ(bob.files->views().back().number, files_with_one_max);
    EXPECT_FALSE(bob.files->cancel(3));
    settle(ann, bob);
    offered(1, "one more");
    settle(ann, bob);
    EXPECT_EQ(bob.files->views().back().number, 3u) << "numbers are given anew";
}

}  // namespace
}  // namespace netaio::chat
