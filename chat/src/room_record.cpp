#include <sodium.h>

#include <algorithm>
#include <netaio/chat/limits.hpp>
#include <netaio/chat/room_record.hpp>
#include <netaio/packify.hpp>

#include "fields.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view record_purpose = "netaio-chat room record";
constexpr std::string_view room_purpose = "netaio-chat room";
constexpr std::size_t record_size_max = 1024;
constexpr UnpackLimits record_limits = {.max_depth = 1, .max_values = 32};

using Bytes32 = std::array<unsigned char, 32>;

std::array<unsigned char, 32> purpose_hash(std::string_view purpose, ByteView content) noexcept {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, ByteView(purpose).octets(), purpose.size());
    crypto_hash_sha256_update(&state, content.octets(), content.size());
    std::array<unsigned char, 32> hash;
    crypto_hash_sha256_final(&state, hash.data());
    return hash;
}

std::optional<Bytes32> bytes32_in(const Value& fields, std::string_view name) {
    const Value* const field = fields.find(name);
    const auto bytes = field ? field->as_bytes() : std::nullopt;
    Bytes32 key;
    if (!bytes || bytes->size() != key.size()) return std::nullopt;
    std::copy_n(bytes->octets(), key.size(), key.begin());
    return key;
}

std::optional<std::uint64_t> count_in(const Value& fields, std::string_view name) {
    const Value* const field = fields.find(name);
    return field ? field->as_uint() : std::nullopt;
}

std::optional<std::string> room_name_in(const Value& fields) {
    const Value* const field = fields.find("name");
    const auto name = field ? field->as_str() : std::nullopt;
    if (!name || name->empty() || name->size() > name_size_max) return std::nullopt;
    return std::string(*name);
}

// How acts are written, one after the other.
struct ActWriter {
    Dict& fields;

    void operator()(const CreateRoom& act) {
        fields.set("act", "create");
        fields.set("name", act.name);
        fields.set("drawn", Bytes(ByteView(act.drawn)));
    }
    void operator()(const AddMember& act) {
        fields.set("act", "add");
        fields.set("member", Bytes(act.member.bytes()));
    }
    void operator()(const RemoveMember& act) {
        fields.set("act", "remove");
        fields.set("member", Bytes(act.member.bytes()));
    }
    void operator()(const RenameRoom& act) {
        fields.set("act", "rename");
        fields.set("name", act.name);
    }
    void operator()(const BeginEpoch& act) {
        fields.set("act", "epoch");
        fields.set("epoch", act.epoch);
        fields.set("key_hash", Bytes(ByteView(act.key_hash)));
    }
    void operator()(const NameStandIn& act) {
        fields.set("act", "succession");
        if (act.stand_in) fields.set("member", Bytes(act.stand_in->bytes()));
    }
};

std::optional<RoomAct> act_in(const Value& fields) {
    const Value* const field = fields.find("act");
    const std::string_view act = field ? field->as_str().value_or("") : "";
    const auto member = key_field<PublicKey>(fields, "member");
    const auto name = room_name_in(fields);
    if (act == "create") {
        const auto drawn = bytes32_in(fields, "drawn");
        if (name && drawn) return CreateRoom{*name, *drawn};
    } else if (act == "add") {
        if (member) return AddMember{*member};
    } else if (act == "remove") {
        if (member) return RemoveMember{*member};
    } else if (act == "rename") {
        if (name) return RenameRoom{*name};
    } else if (act == "epoch") {
        const auto epoch = count_in(fields, "epoch");
        const auto key_hash = bytes32_in(fields, "key_hash");
        if (epoch && key_hash) return BeginEpoch{*epoch, *key_hash};
    } else if (act == "succession") {
        if (member) return NameStandIn{*member};
        if (!fields.find("member")) return NameStandIn{std::nullopt};
    }
    return std::nullopt;
}

std::string record_content(const RoomRecord& record) {
    Dict fields{{"room", Bytes(ByteView(record.room))},
                {"number", record.number},
                {"previous", Bytes(ByteView(record.previous))},
                {"by", Bytes(record.by.bytes())}};
    std::visit(ActWriter{fields}, record.act);
    return pack(fields).value();
}

}  // namespace

RoomId room_id(const PublicKey& owner, const std::array<unsigned char, 32>& drawn) noexcept {
    return purpose_hash(room_purpose, owner.bytes().str().append(ByteView(drawn)));
}

std::string RoomRecord::signed_content() const {
    return std::string(record_purpose) + record_content(*this);
}

void RoomRecord::sign(const Identity& identity) {
    signature = identity.sign(signed_content());
}

bool RoomRecord::is_signed() const {
    return by.signed_this(signed_content(), signature);
}

RecordHash RoomRecord::hash() const {
    return purpose_hash(record_purpose, record_content(*this));
}

Value RoomRecord::to_value() const {
    return Dict{{"content", Bytes(record_content(*this))}, {"signature", Bytes(signature)}};
}

Result<RoomRecord> RoomRecord::from_value(const Value& value) {
    const Value* const content_field = value.find("content");
    const Value* const signature_field = value.find("signature");
    const auto content = content_field ? content_field->as_bytes() : std::nullopt;
    const auto signature = signature_field ? signature_field->as_bytes() : std::nullopt;
    if (!content || !signature || signature->size() != signature_size) return Errc::malformed;
    if (content->size() > record_size_max) return Errc::too_large;
    const auto fields = unpack(*content, record_limits);
    if (!fields) return fields.error();
    const auto room = bytes32_in(*fields, "room");
    const auto number = count_in(*fields, "number");
    const auto previous = bytes32_in(*fields, "previous");
    const auto by = key_field<PublicKey>(*fields, "by");
    auto act = act_in(*fields);
    if (!room || !number || !previous || !by || !act) return Errc::malformed;
    RoomRecord record{*room, *number, *previous, *by, std::move(*act), signature->str()};
    // What is signed are bytes: there is one way to write a record.
    if (record_content(record) != *content) return Errc::malformed;
    return record;
}

}  // namespace netaio::chat
