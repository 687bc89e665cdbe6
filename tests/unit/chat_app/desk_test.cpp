#include "desk.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <netaio/chat/chat.hpp>

#include "page_grid.hpp"
#include "relay_protocol.hpp"
#include "support/file_size_max.hpp"
#include "support/temporary_folder.hpp"

namespace netaio::chat_app {
namespace {

using Told = std::vector<std::string>;

// Somebody at a desk, and somebody else, of whom they learn by a line.
struct DeskTest : testing::Test {
    static chat::Identity made() { return chat::Identity::make(*Environment().random); }
    static std::string key_of(const chat::Identity& who) {
        return in_hex(who.public_key().bytes());
    }

    bool type(const std::string& line) {
        told.clear();
        const bool goes_on = desk.typed(line);
        names.update(chat.people(), chat.rooms());
        return goes_on;
    }
    std::string all() const {
        std::string text;
        for (const std::string& one : told) text += one + "\n";
        return text;
    }

    // Brings all that waits to each other.
    void carry(chat::Chat& other) {
        for (int round = 0; round < 6; ++round) {
            for (const auto& [from, to] : {std::pair(&other, &chat), std::pair(&chat, &other)}) {
                for (const auto& whom : from->wants_bundle()) {
                    if (whom != to->me()) continue;
                    EXPECT_FALSE(from->bundle_came(to->bundle_to_hand_out()));
                }
                for (const chat::Parcel& parcel : from->parcels()) {
                    (void)to->receive(parcel.envelope);
                    from->was_taken(parcel.number);
                }
            }
        }
        names.update(chat.people(), chat.rooms());
    }

    netaio::test::TemporaryFolder folder;
    chat::Identity ann = made(), bob = made();
    chat::Chat chat{ann, "ann", ":memory:", {}, {}};
    Names names{ann.public_key(), "ann"};
    Told told;
    unsigned chosen = 0, woken = 0;
    Desk desk{chat,
              names,
              {.tell = [this](const std::string& text, bool) { told.push_back(text); },
               .chosen = [this] { ++chosen; },
               .wake = [this] { ++woken; }}};
};

TEST_F(DeskTest, OthersAreAddedByTheLineThatTheirMeShows) {
    chat::Chat other(bob, "bob", ":memory:", {}, {});
    const Names other_names(bob.public_key(), "bob");
    std::string line;
    Desk other_desk(other, other_names,
                    {.tell = [&](const std::string& text, bool) { line = text; },
                     .chosen = [] {},
                     .wake = [] {}});
    other_desk.typed("/me");
    line.erase(0, line.find("/add"));
    EXPECT_TRUE(type(line));
    ASSERT_EQ(chat.people().size(), 1u);
    EXPECT_EQ(chat.people()[0].key, bob.public_key());
    EXPECT_EQ(chat.people()[0].name, "bob");
    type("@bob hello");
    EXPECT_EQ(told, Told());
    EXPECT_EQ(woken, 1u);
    EXPECT_EQ(chat.lines(bob.public_key(), 0, 5).size(), 1u);
}

TEST_F(DeskTest, OthersAreAddedByWhatIsCopiedFromAScreenThatBreaksTheLine) {
    Names other_names(bob.public_key(), "bob");
    Model model{.names = other_names};
    model.meet({{.key = made().public_key(), .name = "Ada Beth", .present = true}}, {});
    chat::Chat other(bob, "bob", ":memory:", {}, {});
    Desk other_desk(other, other_names,
                    {.tell = [&](const std::string& text, bool) { model.remark(text); },
                     .chosen = [] {},
                     .wake = [] {}});
    other_desk.typed("/me");
    for (const bool utf8 : {true, false}) {
        model.utf8 = utf8;
        for (const Cells& size : {Cells{24, 80}, Cells{7, 80}, Cells{24, 61}, Cells{24, 40}}) {
            std::string copied;
            for (const std::string& row : grid_of(model, size)) {
                if (!copied.empty()) copied += "\n" + row;
                const std::size_t at = row.find("  /add");
                if (at != row.npos) copied = row.substr(at + 2);
                if (copied.ends_with(" bob")) break;
            }
            ASSERT_NE(copied.find('\n'), copied.npos) << copied;
            chat::Chat mine(ann, "ann", ":memory:", {}, {});
            Desk pasted_into(
                mine, names,
                {.tell = [this](const std::string& text, bool) { told.push_back(text); },
                 .chosen = [] {},
                 .wake = [] {}});
            told.clear();
            pasted_into.typed(copied);
            ASSERT_EQ(mine.people().size(), 1u) << copied << "\n" << all();
            EXPECT_EQ(mine.people()[0].key, bob.public_key());
            EXPECT_EQ(mine.people()[0].name, "bob");
        }
    }
}

TEST_F(DeskTest, WhatIsNoSuchLineAddsNobody) {
    for (const char* line : {"/add", "/add bob", "/add 00 bob", "/add zz bob"}) {
        EXPECT_TRUE(type(line));
        EXPECT_NE(all().find("/add KEY NAME"), std::string::npos) << line;
    }
    EXPECT_TRUE(chat.people().empty());
}

TEST_F(DeskTest, SaysWhatToDoWhereThereIsNobodyToHear) {
    type("hello");
    EXPECT_NE(all().find("/to NAME"), std::string::npos);
    type("/invite bob");
    EXPECT_NE(all().find("/to #NAME"), std::string::npos);
    EXPECT_EQ(woken, 0u);
}

TEST_F(DeskTest, RoomsAreMadeAndWrittenTo) {
    type("/room kitchen");
    ASSERT_TRUE(desk.chosen());
    EXPECT_EQ(names.of(*desk.chosen()), "#kitchen");
    type("anybody?");
    EXPECT_EQ(chat.lines(*desk.chosen(), 0, 5).size(), 1u);
    type("/rooms");
    EXPECT_NE(all().find("#kitchen: ann"), std::string::npos);
}

TEST_F(DeskTest, ExportsToANewFileOfItsOwnersAlone) {
    type("/room kitchen");
    type("anybody?");
    const std::string file = folder.file("said");
    type("/export " + file);
    EXPECT_EQ(all(), "written to " + file + "\n");
    type("/export " + file);
    EXPECT_NE(all().find("File exists"), std::string::npos);
}

TEST_F(DeskTest, TellsPeopleWhatWasShownWhereOneWantsIt) {
    type("/receipts");
    EXPECT_TRUE(all().starts_with("nobody is told")) << all();
    type("/receipts on");
    EXPECT_TRUE(chat.tells_read());
    EXPECT_TRUE(all().starts_with("people are told")) << all();
    type("/receipts off");
    EXPECT_FALSE(chat.tells_read());
}

TEST_F(DeskTest, SaysToWhoWasRemovedWhyNothingIsSaid) {
    chat::Chat other(bob, "bob", ":memory:", {}, {});
    const chat::RoomId room = other.make_room("garden").value();
    ASSERT_FALSE(other.invite(room, ann.public_key()));
    carry(other);
    type("/to #garden");
    ASSERT_FALSE(other.remove(room, ann.public_key()));
    carry(other);
    type("hello?");
    EXPECT_EQ(all(),
              "not said: bob removed you from #garden; its owner, bob, can invite you again\n");
}

TEST_F(DeskTest, SaysWhyARoomIsNotMadeAndWhoIsNotLetIn) {
    type("/room " + std::string(100, 'x'));
    EXPECT_EQ(all(), "the room is not made: its name has 1 to 64 bytes, of UTF-8\n");
    type("/add " + key_of(bob) + " bob");
    type("/room kitchen");
    type("/invite bob");
    EXPECT_EQ(all(), "");
    type("/invite bob");
    EXPECT_EQ(all(), "not invited: bob is in #kitchen already\n");
    type("/leave");
    EXPECT_EQ(all(),
              "not left: its owner, which you are, cannot; /remove NAME ends it for the "
              "others\n");
    const chat::Identity cyd = made(), other = made();
    type("/add " + key_of(cyd) + " cyd");
    type("/remove cyd");
    EXPECT_EQ(all(), "not removed: cyd is no member of #kitchen\n");
    type("/standin cyd");
    EXPECT_EQ(all(), "not named: cyd is no member: /invite them first\n");
    type("/verify cyd yes");
    EXPECT_EQ(chat.met(other.public_key(), "Cyd"), Errc::auth_failed);
    names.update(chat.people(), chat.rooms());
    type("/invite " + names.of(other.public_key()));
    EXPECT_TRUE(all().starts_with("not invited: " + names.of(other.public_key()) +
                                  " has ANOTHER KEY than the verified "))
        << all();
}

TEST_F(DeskTest, SaysWhoseARoomIsThatOthersDecideOn) {
    chat::Chat other(bob, "bob", ":memory:", {}, {});
    const chat::RoomId room = other.make_room("garden").value();
    ASSERT_FALSE(other.invite(room, ann.public_key()));
    carry(other);
    type("/to #garden");
    type("/add " + key_of(made()) + " cyd");
    const std::string why =
        "only the owner of #garden, bob, says who is in it, and while they are away whom they "
        "named for that\n";
    type("/invite cyd");
    EXPECT_EQ(all(), "not invited: " + why);
    type("/remove bob");
    EXPECT_EQ(all(), "not removed: " + why);
    type("/standin bob");
    EXPECT_EQ(all(), "not named: only the owner of #garden, bob, says who stands in\n");
    ASSERT_FALSE(other.remove(room, ann.public_key()));
    carry(other);
    type("/leave");
    EXPECT_EQ(all(),
              "not left: bob removed you from #garden; its owner, bob, can invite you "
              "again\n");
}

TEST_F(DeskTest, SaysHowMuchCanBeSaidAtOnce) {
    type("/add " + key_of(bob) + " bob");
    type("/to bob");
    type(std::string(8'193, 'x'));
    EXPECT_EQ(all(),
              "not said: at most 8192 bytes can be said at once; say it in parts, or send a "
              "/file\n");
    type("/room kitchen");
    type("\xff");
    EXPECT_EQ(all(), "not said: it is no text in UTF-8\n");
}

TEST_F(DeskTest, ExportsNoLineThatCouldBeTakenForAnothers) {
    type("/room kitchen");
    ASSERT_TRUE(chat.say(*desk.chosen(), "yes\n2026-01-01 00:00 bob: I owe ann a lot"));
    const std::string file = folder.file("said");
    type("/export " + file);
    std::ifstream exported(file);
    const std::string text{std::istreambuf_iterator<char>(exported), {}};
    EXPECT_NE(text.find("ann: yes\n    2026-01-01 00:00 bob:"), std::string::npos) << text;
}

TEST_F(DeskTest, LeavesNoPartOfAnExportThatHasNoRoom) {
    type("/room kitchen");
    type("a line that is longer than what there is room for");
    const std::string file = folder.file("said");
    {
        const test::FileSizeMax little(10);
        type("/export " + file);
    }
    EXPECT_NE(all().find("it cannot be written"), std::string::npos) << all();
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    type("/export " + file);
    EXPECT_EQ(all(), "written to " + file + "\n");
}

TEST_F(DeskTest, SaysWhatTheDiskHasNoRoomForAndGoesOn) {
    chat::Chat kept(ann, "ann", folder.file("chat"), {}, {});
    Desk other(kept, names,
               {.tell = [this](const std::string& text, bool) { told.push_back(text); },
                .chosen = [] {},
                .wake = [] {}});
    ASSERT_TRUE(other.typed("/room kitchen"));
    told.clear();
    {
        const test::FileSizeMax little(1);
        EXPECT_TRUE(other.typed("hello"));
        EXPECT_TRUE(all().ends_with("the disk is full; make room on it and try again\n")) << all();
    }
    told.clear();
    EXPECT_TRUE(other.typed("hello"));
    EXPECT_EQ(told, Told());
    EXPECT_EQ(kept.lines(*other.chosen(), 0, 5).size(), 1u);
}

TEST_F(DeskTest, WarnsOfAnotherKeyThanTheVerifiedOneWhereverItIsMet) {
    const chat::Identity other = made();
    type("/add " + key_of(bob) + " bob");
    type("/verify bob yes");
    desk.warn();
    EXPECT_EQ(all(), "bob is verified\n");
    EXPECT_EQ(chat.met(other.public_key(), "Bob"), Errc::auth_failed);
    names.update(chat.people(), chat.rooms());
    const std::string verified = names.of(bob.public_key()), name = names.of(other.public_key());
    const std::string warning = name + " has ANOTHER KEY than the verified " + verified +
                                ": nothing goes to it. Ask them by another way; if the key is "
                                "theirs, /accept " +
                                name + " and compare the number of /verify " + name + "\n";
    type("/who");
    EXPECT_NE(all().find(chat::short_number(other.public_key()) +
                         "  ANOTHER KEY than the verified " + verified + ": /accept  here\n"),
              std::string::npos)
        << all();
    type("/to " + name);
    EXPECT_EQ(all(), warning);
    type("hello");
    EXPECT_EQ(all(), "not said: " + warning);
    type("/file " + name + " " + folder.write("a", "x"));
    EXPECT_EQ(all(), "not sent: " + warning);
    told.clear();
    desk.warn();
    EXPECT_EQ(all(), warning);
    for (int i = 0; i < 10; ++i) (void)chat.met(made().public_key(), "bob");
    told.clear();
    desk.warn();
    EXPECT_EQ(told.size(), 4u);
    EXPECT_EQ(told.back(),
              "and 8 more have another key than somebody you verified: /who shows them");
    type("/accept " + name);
    type("/to " + name);
    EXPECT_EQ(all(), "");
}

TEST_F(DeskTest, SendsFilesAndShowsThem) {
    type("/add " + key_of(bob) + " bob");
    type("/files");
    EXPECT_EQ(all(), "none on their way; /file NAME FILE sends one\n");
    type("/cancel");
    EXPECT_EQ(all(), "there is no such file\n");
    type("/file bob " + folder.file("none"));
    EXPECT_EQ(all(), "not sent: No such file or directory\n");
    type("/file bob " + folder.path().string());
    EXPECT_EQ(all(), "not sent: " + folder.path().string() + " is no file\n");
    type("/file cyd " + folder.write("a b", "x"));
    EXPECT_NE(all().find("cyd"), std::string::npos);
    EXPECT_EQ(woken, 0u);
    type("/file bob " + folder.file("a b"));
    EXPECT_EQ(all(), "");
    EXPECT_EQ(woken, 1u);
    type("/files");
    EXPECT_EQ(all(), "1  to bob: file a b, 1 byte: is being read\n");
    type("/take");
    EXPECT_EQ(all(), "there is no such file\n");
    type("/take 1");
    EXPECT_EQ(all(), "not taken: there is no such file; /files shows them\n");
    type("/file bob " + folder.file("a b"));
    type("/cancel");
    EXPECT_EQ(all(), "say which by its number; /files shows them\n");
    type("/cancel 1");
    type("/cancel");
    EXPECT_EQ(chat.lines(bob.public_key(), 0, 5).back().text,
              "file a b, 1 byte: not sent: you ended it");
    EXPECT_TRUE(chat.files().empty());
}

TEST_F(DeskTest, EndsWhenItIsTold) {
    EXPECT_TRUE(type("/help"));
    EXPECT_FALSE(type("/quit"));
}

}  // namespace
}  // namespace netaio::chat_app
