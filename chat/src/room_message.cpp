#include "room_message.hpp"

#include <netaio/chat/limits.hpp>
#include <netaio/chat/messenger.hpp>
#include <netaio/packify.hpp>
#include <utility>

#include "aead.hpp"
#include "fields.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view message_purpose = "netaio-chat room message";
constexpr std::string_view room_key_purpose = "netaio-chat room key";
constexpr UnpackLimits outer_limits{.max_depth = 1, .max_values = 32};
constexpr UnpackLimits message_limits{.max_depth = 4, .max_values = 64 + 6 * message_heads_max};

using Hash = std::array<unsigned char, crypto_hash_sha256_BYTES>;

Hash hash_for(std::string_view purpose, std::initializer_list<ByteView> parts) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, ByteView(purpose).octets(), purpose.size());
    for (const ByteView part : parts) {
        crypto_hash_sha256_update(&state, part.octets(), part.size());
    }
    Hash hash;
    crypto_hash_sha256_final(&state, hash.data());
    sodium_memzero(&state, sizeof state);
    return hash;
}

Value ref_value(const MessageRef& ref) {
    return Dict{{"hash", Bytes(ByteView(ref.hash))}, {"record", ref.record}};
}

Result<MessageRef> ref_in(const Value& value) {
    const auto hash = array_field<32>(value, "hash");
    const auto record = number_field<std::uint64_t>(value, "record");
    if (!hash || !record) {
        return Errc::malformed;
    }
    return MessageRef{*hash, *record};
}

Result<std::vector<MessageRef>> heads_in(const Value& fields) {
    const Value* const field = fields.find("heads");
    const List* const list = field ? field->as_list() : nullptr;
    if (!list) {
        return Errc::malformed;
    }
    if (list->items.size() > message_heads_max) {
        return Errc::too_large;
    }
    std::vector<MessageRef> heads;
    for (const Value& item : list->items) {
        const auto ref = ref_in(item);
        if (!ref) {
            return ref.error();
        }
        heads.push_back(*ref);
    }
    return heads;
}

Value message_fields(const RoomMessage& message) {
    List heads;
    for (const MessageRef& head : message.heads) {
        heads.items.push_back(ref_value(head));
    }
    Dict fields{{"room", Bytes(ByteView(message.room))},
                {"epoch", message.epoch},
                {"from", Bytes(message.from.bytes())},
                {"record", message.record},
                {"record_hash", Bytes(ByteView(message.record_hash))},
                {"number", message.number},
                {"clock", message.clock},
                {"heads", std::move(heads)},
                {"id", Bytes(ByteView(message.id))},
                {"at", message.at},
                {"text", message.text}};
    if (message.previous) {
        fields.set("previous", ref_value(*message.previous));
    }
    return fields;
}

std::string message_signed_bytes(const RoomMessage& message) {
    return std::string(message_purpose) + netaio::pack(message_fields(message)).value();
}

Result<RoomMessage> message_in(const Value& fields) {
    const auto room = array_field<32>(fields, "room");
    const auto epoch = number_field<std::uint64_t>(fields, "epoch");
    const auto from = key_field<PublicKey>(fields, "from");
    const auto record = number_field<std::uint64_t>(fields, "record");
    const auto record_hash = array_field<32>(fields, "record_hash");
    const auto number = number_field<std::uint64_t>(fields, "number");
    const auto clock = number_field<std::uint64_t>(fields, "clock");
    const auto id = array_field<16>(fields, "id");
    const auto at = number_field<std::uint64_t>(fields, "at");
    const Value* const text_field = fields.find("text");
    const std::string_view text = text_field ? text_field->as_str().value_or("") : "";
    if (!room || !epoch || !from || !record || !record_hash || !number || !clock || !id || !at ||
        text.empty() || *number == 0 || *clock == 0) {
        return Errc::malformed;
    }
    if (text.size() > text_size_max || *clock > room_clock_max) {
        return Errc::too_large;
    }
    auto heads = heads_in(fields);
    if (!heads) {
        return heads.error();
    }
    std::optional<MessageRef> previous;
    if (const Value* const field = fields.find("previous")) {
        const auto ref = ref_in(*field);
        if (!ref) {
            return ref.error();
        }
        previous = *ref;
    }
    if (previous.has_value() != (*number > 1)) {
        return Errc::malformed;
    }
    return RoomMessage{*room,    *epoch, *from,  *record, *record_hash, *number,
                       previous, *clock, *heads, *id,     *at,          std::string(text)};
}

SecretKey key_of_message(const SecretKey& room_key, const SealedRoomMessage& message) {
    SecretKey key;
    hkdf_sha256(ByteView(message.salt), room_key.reveal(), message_purpose, key.octets());
    return key;
}

// What is authenticated beside what is sealed.
std::string message_associated(const SealedRoomMessage& message) {
    SecretWriter writer;
    writer.add(ByteView(message.room)).add_number(message.epoch);
    writer.add_number(message.record).add(ByteView(message.record_hash));
    writer.add(ByteView(message.salt));
    return writer.bytes().str();
}

}  // namespace

void RoomMessage::sign(const Identity& identity) {
    signature = identity.sign(message_signed_bytes(*this));
}

bool RoomMessage::is_signed() const {
    return from.signed_this(message_signed_bytes(*this), signature);
}

std::string RoomMessage::pack() const {
    return netaio::pack(Dict{{"content", message_fields(*this)}, {"signature", Bytes(signature)}})
        .value();
}

Result<RoomMessage> RoomMessage::unpack(ByteView packed) {
    const auto value = netaio::unpack(packed, message_limits);
    if (!value) {
        return Errc::malformed;
    }
    const Value* const content = value->find("content");
    const auto signature = bytes_field(*value, "signature", signature_size);
    if (!content || !signature) {
        return Errc::malformed;
    }
    auto message = message_in(*content);
    if (message) {
        message->signature = signature->str();
    }
    return message;
}

SealedRoomMessage SealedRoomMessage::seal(const RoomMessage& message, const SecretKey& room_key,
                                          Random& random) {
    SealedRoomMessage sealed{
        message.room, message.epoch, message.record, message.record_hash, {}, {}};
    random.fill(std::span(reinterpret_cast<char*>(sealed.salt.data()), sealed.salt.size()));
    sealed.sealed = seal_once(key_of_message(room_key, sealed), message_purpose, message.pack(),
                              message_associated(sealed));
    return sealed;
}

Result<RoomMessage> SealedRoomMessage::open(const SecretKey& room_key) const {
    const auto packed = open_once(key_of_message(room_key, *this), message_purpose, sealed,
                                  message_associated(*this));
    if (!packed) {
        return packed.error();
    }
    auto message = RoomMessage::unpack(*packed);
    if (message && (message->room != room || message->epoch != epoch || message->record != record ||
                    message->record_hash != record_hash)) {
        return Errc::malformed;
    }
    return message;
}

std::string SealedRoomMessage::pack() const {
    return netaio::pack(Dict{{"room", Bytes(ByteView(room))},
                             {"epoch", epoch},
                             {"record", record},
                             {"record_hash", Bytes(ByteView(record_hash))},
                             {"salt", Bytes(ByteView(salt))},
                             {"sealed", Bytes(sealed)}})
        .value();
}

Result<SealedRoomMessage> SealedRoomMessage::unpack(ByteView packed) {
    if (packed.size() > content_size_max) {
        return Errc::too_large;
    }
    const auto value = netaio::unpack(packed, outer_limits);
    if (!value) {
        return Errc::malformed;
    }
    const auto room = array_field<32>(*value, "room");
    const auto epoch = number_field<std::uint64_t>(*value, "epoch");
    const auto record = number_field<std::uint64_t>(*value, "record");
    const auto record_hash = array_field<32>(*value, "record_hash");
    const auto salt = array_field<32>(*value, "salt");
    const auto sealed = bytes_field(*value, "sealed", content_size_max);
    if (!room || !epoch || !record || !record_hash || !salt || !sealed) {
        return Errc::malformed;
    }
    return SealedRoomMessage{*room, *epoch, *record, *record_hash, *salt, sealed->str()};
}

MessageHash message_hash(ByteView packed) {
    return hash_for(message_purpose, {packed});
}

std::array<unsigned char, 32> room_key_hash(const RoomId& room, std::uint64_t epoch,
                                            const SecretKey& key) {
    SecretWriter number;
    number.add_number(epoch);
    return hash_for(room_key_purpose, {ByteView(room), number.bytes(), key.reveal()});
}

}  // namespace netaio::chat
