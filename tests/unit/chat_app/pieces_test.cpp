#include "pieces.hpp"

#include <gtest/gtest.h>

#include "relay_protocol.hpp"

namespace netaio::chat_app {
namespace {

using namespace std::chrono_literals;

std::string varied(std::size_t size, char seed = 0) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(seed + char(i * 7 / 3));
    return bytes;
}

class PieceTableTest : public ::testing::Test {
protected:
    // The envelope, once it is whole; empty before, or the error's text.
    std::string add(ByteView envelope, std::size_t number, const std::string& host = "host") {
        PieceName name = first_piece(envelope);
        name.number = number;
        return add(name, piece_of(envelope, number), host);
    }
    std::string add(const PieceName& name, ByteView piece, const std::string& host = "host") {
        const auto added = table.add(host, name, piece, now);
        return !added ? added.error().message() : added->value_or("");
    }

    PieceTable table;
    PieceTable::TimePoint now = PieceTable::TimePoint(1h);
    const std::string malformed = make_error_code(Errc::malformed).message();
    const std::string queue_full = make_error_code(Errc::queue_full).message();
};

TEST_F(PieceTableTest, MakesAnEnvelopeOfPiecesInAnyOrderHoweverOftenTheyCome) {
    const std::string envelope = varied(3 * piece_size + 1);
    ASSERT_EQ(first_piece(envelope).of, 4u);
    for (const std::size_t number : {3u, 3u, 1u, 4u, 3u, 1u}) EXPECT_EQ(add(envelope, number), "");
    EXPECT_EQ(add(envelope, 2), envelope);
    EXPECT_EQ(add(varied(1), 1), varied(1));
    EXPECT_EQ(add(varied(piece_size), 1), varied(piece_size));
    const std::string largest = varied(envelope_size_max);
    for (std::size_t number = first_piece(largest).of; number > 1; --number) {
        EXPECT_EQ(add(largest, number), "");
    }
    EXPECT_EQ(add(largest, 1), largest);
}

TEST_F(PieceTableTest, TellsHostsApart) {
    const std::string envelope = varied(2 * piece_size);
    EXPECT_EQ(add(envelope, 1, "one"), "");
    EXPECT_EQ(add(envelope, 2, "other"), "");
    EXPECT_EQ(add(envelope, 2, "one"), envelope);
}

TEST_F(PieceTableTest, RefusesPiecesThatMakeNoEnvelope) {
    const std::string envelope = varied(2 * piece_size);
    const PieceName first = first_piece(envelope);
    EXPECT_EQ(add(first, ""), malformed);
    EXPECT_EQ(add(first, varied(piece_size - 1)), malformed) << "only the last may be shorter";
    EXPECT_EQ(add(first, varied(piece_size + 1)), malformed);
    EXPECT_EQ(add(envelope, 1), "");
    EXPECT_EQ(add({first.id, 3, 3}, "x"), malformed) << "there were two before";
    EXPECT_EQ(add({first.id, 2, 2}, "forged"), malformed) << "it has another hash";
    EXPECT_EQ(add(envelope, 2), "") << "all of the forged one was forgotten";
    EXPECT_EQ(add(envelope, 1), envelope);
}

TEST_F(PieceTableTest, KeepsNoMoreThanItMayAndNoLonger) {
    for (std::size_t i = 0; i < PieceTable::from_host_max; ++i) {
        EXPECT_EQ(add(varied(2 * piece_size, char(i)), 1), "");
    }
    EXPECT_EQ(add(varied(2 * piece_size, 100), 1), queue_full);
    for (std::size_t i = PieceTable::from_host_max; i < PieceTable::in_all_max; ++i) {
        EXPECT_EQ(add(varied(2 * piece_size), 1, "host " + std::to_string(i)), "");
    }
    EXPECT_EQ(add(varied(2 * piece_size), 1, "one more"), queue_full);
    now += PieceTable::time_max;
    EXPECT_EQ(add(varied(2 * piece_size, 100), 1), "");
    EXPECT_EQ(add(varied(2 * piece_size), 2), "") << "its first piece was too long ago";
}

TEST_F(PieceTableTest, RemembersWhatWasTaken) {
    EXPECT_FALSE(table.is_taken("0"));
    for (std::size_t i = 0; i < PieceTable::taken_max; ++i) table.taken(std::to_string(i));
    EXPECT_TRUE(table.is_taken("0"));
    table.taken("one more");
    EXPECT_FALSE(table.is_taken("0"));
    EXPECT_TRUE(table.is_taken("one more"));
}

TEST(PieceNameTest, ReadsWhatItWrites) {
    const PieceName name = first_piece("envelope");
    const auto read = PieceName::parse(name.str());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->str(), name.str());
    EXPECT_EQ(name.str().substr(32), "/1/1");
}

TEST(PieceNameTest, RefusesOtherNames) {
    const std::string id(32, 'a');
    for (const std::string& text :
         {std::string(), std::string("/"), id, id + "/1", id + "/1/", id + "//1", id + "/0/1",
          id + "/2/1", id + "/1/31", id + "/01/1", id + "/1/1/", id + "/1/1x", id + "/-1/1",
          id + "/1/99999999999999999999", id + "a/1/1", id.substr(1) + "/1/1",
          id.substr(1) + "A/1/1"}) {
        EXPECT_FALSE(PieceName::parse(text)) << text;
    }
    EXPECT_TRUE(PieceName::parse(id + "/30/30"));
}

}  // namespace
}  // namespace netaio::chat_app
