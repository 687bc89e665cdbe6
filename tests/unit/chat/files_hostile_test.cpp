#include <gtest/gtest.h>
#include <sodium.h>

#include "file_disk.hpp"
#include "files_testbed.hpp"
#include "support/file_size_max.hpp"

namespace netaio::chat {
namespace {

using namespace files_test;

// Bob, and mallory who sends whatever he wants.
struct FilesHostileTest : testing::Test {
    FileOffer offer_of(ByteView bytes, const std::string& name = "gift") {
        FileOffer offer{{++ids}, name, bytes.size(), {}};
        crypto_generichash(offer.hash.data(), offer.hash.size(), bytes.octets(), bytes.size(),
                           nullptr, 0);
        return offer;
    }
    std::error_code send(const Content& content) {
        const auto error = bob.files->came(mallory, content);
        bob.work();
        return error;
    }
    std::error_code send_piece(const FileOffer& offer, std::uint64_t number,
                               const std::string& bytes) {
        return send(FilePiece{offer.id, number, bytes}.pack());
    }
    // Why bob ended the last one, and said so.
    FileEnd ended() {
        if (bob.outbox.empty() || bob.outbox.back().content.kind != file_kind::end) {
            return FileEnd::none;
        }
        const auto said = FileEnded::unpack(bob.outbox.back().content.bytes);
        EXPECT_EQ(said->why, bob.views.back().why);
        EXPECT_TRUE(bob.files->views().empty());
        EXPECT_TRUE(names_in(in_bob).empty());
        return said->why;
    }
    // What a small file of that name is called on bob's disk.
    std::string kept_as(const std::string& name) {
        const FileOffer offer = offer_of("x", name);
        EXPECT_FALSE(send(offer.pack()));
        EXPECT_FALSE(send_piece(offer, 0, "x"));
        const auto names = names_in(in_bob);
        if (names.size() != 1) return std::to_string(names.size()) + " files";
        std::filesystem::remove(in_bob + '/' + names[0]);
        return names[0];
    }

    test::TemporaryFolder folder;
    const std::string in_bob = folder.file("bob");
    const PublicKey mallory = Identity::make(*Environment().random).public_key();
    unsigned char ids = 0;
    Sharer bob{in_bob};
};

TEST_F(FilesHostileTest, NamesNeitherLeadElsewhereNorHideNorCommandATerminal) {
    EXPECT_EQ(kept_as("../../x"), "_.._.._x");
    EXPECT_EQ(kept_as("/etc/passwd"), "_etc_passwd");
    EXPECT_EQ(kept_as(".."), "_..");
    EXPECT_EQ(kept_as("."), "_.");
    EXPECT_EQ(kept_as(""), "_");
    EXPECT_EQ(kept_as(".bashrc"), "_.bashrc");
    EXPECT_EQ(kept_as("-rf"), "_-rf");
    EXPECT_EQ(kept_as("~root"), "_~root");
    EXPECT_EQ(kept_as("\x1b[2Jx\n"), "<U+001B>[2Jx<U+000A>");
    EXPECT_EQ(kept_as(std::string("a\0/b", 4)), "a<U+0000>_b");
    EXPECT_EQ(kept_as("\xff\u202etxt.exe"), "<0xFF><U+202E>txt.exe");
    EXPECT_EQ(kept_as(std::string(255, '\x01')).size(), 200u);
    EXPECT_EQ(bob.last().find('\x01'), std::string::npos);
}

TEST_F(FilesHostileTest, NamesThatAreTakenAreLeftAloneEvenWhereTheyLeadNowhere) {
    std::filesystem::create_directory(in_bob);
    std::filesystem::create_symlink(folder.file("elsewhere"), in_bob + "/gift");
    const FileOffer offer = offer_of("x");
    EXPECT_FALSE(send(offer.pack()));
    EXPECT_FALSE(send_piece(offer, 0, "x"));
    EXPECT_FALSE(std::filesystem::exists(folder.file("elsewhere")));
    EXPECT_EQ(content_of(in_bob + "/gift (1)"), "x");
}

TEST_F(FilesHostileTest, MoreThanWasOfferedIsNotWritten) {
    const FileOffer offer = offer_of(std::string(file_piece_size + 2, 'x'));
    for (const auto& [number, bytes] : std::vector<std::pair<std::uint64_t, std::string>>{
             {1, "xxx"},
             {1, "x"},
             {0, "x"},
             {0, ""},
             {2, "x"},
             {file_window, "xx"},
             {std::uint64_t(-1), "xx"},
             {std::uint64_t(-1) / file_piece_size, "xx"}}) {
        EXPECT_FALSE(send(offer.pack()));
        EXPECT_EQ(send_piece(offer, number, bytes), Errc::unsupported);
        EXPECT_EQ(ended(), FileEnd::broken) << number;
    }
    EXPECT_EQ(send_piece(offer, 0, std::string(file_piece_size + 1, 'x')), Errc::malformed);
}

TEST_F(FilesHostileTest, PiecesFarAheadAreNotWaitedFor) {
    const FileOffer offer = offer_of(std::string(30 * file_piece_size, 'x'));
    EXPECT_FALSE(send(offer.pack()));
    const std::string piece(file_piece_size, 'x');
    EXPECT_FALSE(send_piece(offer, file_window - 1, piece));
    EXPECT_EQ(send_piece(offer, file_window - 1, piece), Errc::replayed);
    EXPECT_FALSE(send_piece(offer, 0, piece));
    EXPECT_EQ(send_piece(offer, 0, std::string(file_piece_size, 'y')), Errc::replayed)
        << "what is there stays";
    EXPECT_FALSE(send_piece(offer, file_window, piece));
    EXPECT_EQ(send_piece(offer, file_window + 1, piece), Errc::unsupported);
    EXPECT_EQ(ended(), FileEnd::broken);
}

TEST_F(FilesHostileTest, WhatIsNotWhatWasOfferedIsNotKept) {
    const FileOffer offer = offer_of("what was offered");
    EXPECT_FALSE(send(offer.pack()));
    EXPECT_FALSE(send_piece(offer, 0, "something else.."));
    EXPECT_EQ(ended(), FileEnd::not_whole);
}

TEST_F(FilesHostileTest, PiecesOfWhatWasNotTakenAreRefused) {
    bob.options.limit = 0;
    bob.begin();
    const FileOffer offer = offer_of("x");
    EXPECT_FALSE(send(offer.pack()));
    EXPECT_EQ(send(offer.pack()), Errc::replayed);
    EXPECT_EQ(send_piece(offer, 0, "x"), Errc::unsupported);
    EXPECT_EQ(ended(), FileEnd::broken);
    EXPECT_EQ(send_piece(offer, 0, "x"), Errc::unsupported) << "nobody knows it any more";
    EXPECT_EQ(FileEnded::unpack(bob.outbox.back().content.bytes)->why, FileEnd::unknown);
}

TEST_F(FilesHostileTest, ThousandsOfOffersAreRefusedButForSome) {
    bob.options.limit = 0;
    bob.begin();
    for (const bool knows : {true, false}) {
        bob.knows = knows;
        for (unsigned number = 0; number < 1'000; ++number) {
            FileOffer offer = offer_of("x");
            offer.id = {1, static_cast<unsigned char>(number),
                        static_cast<unsigned char>(number >> 8), knows};
            const auto stranger = knows ? mallory : Identity::make(*bob.random).public_key();
            (void)bob.files->came(stranger, offer.pack());
        }
        EXPECT_EQ(bob.files->views().size(), knows ? files_with_one_max : files_of_strangers_max);
    }
    EXPECT_EQ(FileEnded::unpack(bob.outbox.back().content.bytes)->why, FileEnd::too_many);
    EXPECT_FALSE(bob.notices.empty());
    EXPECT_EQ(bob.views.size(), bob.files->views().size()) << "the others have no line";
}

TEST_F(FilesHostileTest, OffersThatCannotBeAreRefused) {
    FileOffer offer = offer_of("x");
    offer.size = file_size_max + 1;
    EXPECT_EQ(send(offer.pack()), Errc::malformed);
    offer = offer_of("x", std::string(file_name_max + 1, 'x'));
    EXPECT_EQ(send(offer.pack()), Errc::malformed);
    for (const std::string_view kind :
         {file_kind::offer, file_kind::take, file_kind::piece, file_kind::done, file_kind::end}) {
        EXPECT_TRUE(Files::takes(kind));
        for (const char* bytes : {"", "x", "i1", "d"}) {
            EXPECT_EQ(send({std::string(kind), bytes}), Errc::malformed) << kind;
        }
    }
    EXPECT_TRUE(bob.views.empty());
}

TEST_F(FilesHostileTest, AnswersToWhatWasNotOfferedDoNothing) {
    const std::string path = folder.write("mine", bytes_of_size(20 * file_piece_size));
    const FileId id = *bob.files->offer(mallory, path);
    EXPECT_EQ(send(FileAnswer{{9}}.pack(file_kind::take)), Errc::unsupported);
    EXPECT_EQ(send(FileEnded{{9}}.pack()), Errc::replayed);
    const auto other = Identity::make(*bob.random).public_key();
    EXPECT_EQ(bob.files->came(other, FileAnswer{id}.pack(file_kind::take)), Errc::unsupported)
        << "it is not for them";
    EXPECT_EQ(bob.files->came(other, FileEnded{id}.pack()), Errc::replayed);
    EXPECT_FALSE(send(FileAnswer{id}.pack(file_kind::take)));
    EXPECT_EQ(send(FileAnswer{id}.pack(file_kind::take)), Errc::replayed);
    EXPECT_EQ(send(FileAnswer{id}.pack(file_kind::done)), Errc::unsupported)
        << "most of it was not sent";
    EXPECT_EQ(bob.views.back().why, FileEnd::broken);
}

TEST_F(FilesHostileTest, AFullDiskEndsAFileAndSaysWhy) {
    const std::string piece(file_piece_size, 'x');
    const FileOffer offer = offer_of(std::string(20 * file_piece_size, 'x'));
    EXPECT_FALSE(send(offer.pack()));
    {
        const test::FileSizeMax little(3 * file_piece_size);
        for (std::uint64_t number = 0; number < 4; ++number) {
            EXPECT_FALSE(send_piece(offer, number, piece));
        }
    }
    EXPECT_EQ(ended(), FileEnd::not_kept);
    EXPECT_EQ(bob.last(),
              "file gift, 560.0 KiB: not received: you cannot write it (File too large)");
}

TEST_F(FilesHostileTest, AFolderThatCannotBeMadeLeavesTheFileOffered) {
    bob.options.folder = folder.write("no folder", "") + "/files";
    bob.begin();
    EXPECT_FALSE(send(offer_of("x").pack()));
    ASSERT_EQ(bob.files->views().size(), 1u);
    EXPECT_EQ(bob.files->take(1), std::errc::not_a_directory);
    EXPECT_EQ(bob.views.back().state, FileState::offered);
}

TEST_F(FilesHostileTest, APartThatIsGoneEndsTheFile) {
    const FileOffer offer = offer_of(std::string(2 * file_piece_size, 'x'));
    EXPECT_FALSE(send(offer.pack()));
    std::filesystem::remove(in_bob + '/' + names_in(in_bob).at(0));
    EXPECT_FALSE(send_piece(offer, 0, std::string(file_piece_size, 'x')));
    EXPECT_EQ(ended(), FileEnd::not_kept);
}

TEST(FileDisk, MovesToAReservedNameOnceAndOverNothing) {
    test::TemporaryFolder folder;
    const std::string reserved = reserve_name(folder.path(), "a.tar.gz").value();
    EXPECT_EQ(reserved, folder.file("a.tar.gz"));
    EXPECT_EQ(reserve_name(folder.path(), "a.tar.gz").value(), folder.file("a.tar (1).gz"));
    const std::string part = folder.write("part", "all of it");
    EXPECT_FALSE(move_to_name(part, reserved));
    EXPECT_FALSE(move_to_name(part, reserved)) << "as after a start anew";
    EXPECT_EQ(content_of(reserved), "all of it");
    folder.write("part", "another");
    EXPECT_EQ(move_to_name(part, reserved), Errc::unsupported);
    EXPECT_EQ(content_of(reserved), "all of it");
}

}  // namespace
}  // namespace netaio::chat
