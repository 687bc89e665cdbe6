#include <gtest/gtest.h>

#include <netaio/chat/limits.hpp>
#include <netaio/chat/room_log.hpp>
#include <netaio/packify.hpp>

#include "room_people.hpp"

namespace netaio::chat {
namespace {

const RoomPerson record_writer(1);
const RoomPerson record_forger(2);

RoomRecord record_of(RoomAct act) {
    RoomRecord record{{7}, 3, {9}, record_writer.key, std::move(act), {}};
    record.sign(record_writer.identity);
    return record;
}

std::vector<RoomRecord> record_of_each_act() {
    return {record_of(CreateRoom{"Küche", {5}}),
            record_of(AddMember{record_forger.key}),
            record_of(RemoveMember{record_forger.key}),
            record_of(RenameRoom{"Flur"}),
            record_of(BeginEpoch{1, {6}}),
            record_of(NameStandIn{record_forger.key}),
            record_of(NameStandIn{std::nullopt})};
}

// A record with one field of its content changed, and signed anew.
Value with_record_field(const RoomRecord& record, const char* name, std::optional<Value> value) {
    const Value whole = record.to_value();
    Value content = *unpack(*whole.find("content")->as_bytes());
    content.as_dict()->erase(name);
    if (value) content.as_dict()->set(name, *value);
    return Dict{{"content", Bytes(*pack(content))}, {"signature", Bytes(record.signature)}};
}

TEST(RoomRecord, IsReadAsItIsWritten) {
    for (const RoomRecord& record : record_of_each_act()) {
        EXPECT_TRUE(record.is_signed());
        const auto packed = pack(record.to_value());
        const auto read = RoomRecord::from_value(*unpack(*packed));
        ASSERT_TRUE(read.has_value());
        EXPECT_EQ(*read, record);
        EXPECT_TRUE(read->is_signed());
        EXPECT_EQ(read->hash(), record.hash());
    }
}

TEST(RoomRecord, IsSignedOnlyAsItIs) {
    for (const RoomRecord& record : record_of_each_act()) {
        const auto forged = [&](auto change) {
            RoomRecord other = record;
            change(other);
            EXPECT_FALSE(other.is_signed());
            return other;
        };
        forged([](RoomRecord& other) { other.room[0] ^= 1; });
        forged([](RoomRecord& other) { ++other.number; });
        forged([](RoomRecord& other) { other.previous[31] ^= 1; });
        forged([](RoomRecord& other) { other.by = record_forger.key; });
        forged([](RoomRecord& other) { other.act = RenameRoom{"another"}; });
        forged([](RoomRecord& other) {
            other.signature[0] = static_cast<char>(other.signature[0] ^ 1);
        });
        forged([](RoomRecord& other) { other.signature.pop_back(); });
        const RoomRecord by_other =
            forged([](RoomRecord& other) { other.sign(record_forger.identity); });
        EXPECT_EQ(by_other.hash(), record.hash()) << "the signature is no part of it";
    }
}

TEST(RoomRecord, HasAHashOfItsOwn) {
    const auto records = record_of_each_act();
    for (std::size_t i = 0; i < records.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) EXPECT_NE(records[i].hash(), records[k].hash());
    }
}

TEST(RoomRecord, RefusesWhatIsNone) {
    EXPECT_EQ(RoomRecord::from_value(Value()).error(), Errc::malformed);
    EXPECT_EQ(RoomRecord::from_value(Dict{}).error(), Errc::malformed);
    const RoomRecord record = record_of(RenameRoom{"Flur"});
    const Bytes signature(record.signature);
    EXPECT_EQ(RoomRecord::from_value(Dict{{"content", Bytes("no value")}, {"signature", signature}})
                  .error(),
              Errc::malformed);
    EXPECT_EQ(RoomRecord::from_value(
                  Dict{{"content", Bytes(std::string(1'025, 'x'))}, {"signature", signature}})
                  .error(),
              Errc::too_large);
    const std::pair<const char*, std::optional<Value>> changes[] = {
        {"room", std::nullopt},
        {"room", Bytes("short")},
        {"number", std::nullopt},
        {"number", -1},
        {"number", "3"},
        {"previous", Bytes(std::string(33, 'x'))},
        {"by", std::string(32, 'x')},
        {"by", Bytes(std::string(32, '\0'))},
        {"act", std::nullopt},
        {"act", "dance"},
        {"act", "add"},
        {"act", 1},
        {"name", ""},
        {"name", std::nullopt},
        {"name", std::string(name_size_max + 1, 'x')},
        {"name", Bytes("Flur")},
        {"more", 1},
        {"member", Bytes(std::string(32, 'x'))}};
    for (const auto& [name, value] : changes) {
        EXPECT_EQ(RoomRecord::from_value(with_record_field(record, name, value)).error(),
                  Errc::malformed)
            << name;
    }
    EXPECT_TRUE(RoomRecord::from_value(with_record_field(record, "name", "Bad")).has_value());
}

TEST(RoomRecord, ReadsNoneOfItsBytesCutOff) {
    const std::string packed = *pack(record_of(AddMember{record_forger.key}).to_value());
    for (std::size_t size = 0; size < packed.size(); ++size) {
        const auto value = unpack(packed.substr(0, size));
        EXPECT_FALSE(value.has_value() && RoomRecord::from_value(*value).has_value());
    }
}

}  // namespace
}  // namespace netaio::chat
