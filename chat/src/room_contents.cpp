#include "room_contents.hpp"

#include <netaio/packify.hpp>
#include <utility>

#include "fields.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::size_t records_in_content_max = 64;
// Room is left for what surrounds them.
constexpr std::size_t records_bytes_max = content_size_max - 2'000;
constexpr UnpackLimits content_limits{.max_depth = 3, .max_values = 1'024};

Content packed_content(std::string_view kind, const Dict& fields) {
    return {std::string(kind), pack(fields).value()};
}

Result<Value> unpacked_content(ByteView bytes) {
    if (bytes.size() > content_size_max) {
        return Errc::too_large;
    }
    auto value = unpack(bytes, content_limits);
    if (!value) {
        return Errc::malformed;
    }
    return *value;
}

Result<std::optional<std::uint64_t>> optional_number(const Value& dict, std::string_view name) {
    if (!dict.find(name)) {
        return std::optional<std::uint64_t>();
    }
    const auto number = number_field<std::uint64_t>(dict, name);
    if (!number) {
        return number.error();
    }
    return std::optional(*number);
}

Result<RoomRecord> record_field(const Value& dict, std::string_view name) {
    const Value* const field = dict.find(name);
    if (!field) {
        return Errc::malformed;
    }
    return RoomRecord::from_value(*field);
}

// None where the field is not there.
Result<std::span<const Value>> list_field(const Value& dict, std::string_view name,
                                          std::size_t max) {
    const Value* const field = dict.find(name);
    if (!field) {
        return std::span<const Value>();
    }
    const List* const list = field->as_list();
    if (!list) {
        return Errc::malformed;
    }
    if (list->items.size() > max) {
        return Errc::too_large;
    }
    return std::span<const Value>(list->items);
}

Result<std::optional<LastNumbers>> known_field(const Value& dict) {
    if (!dict.find("known")) {
        return std::optional<LastNumbers>();
    }
    const auto list = list_field(dict, "known", last_numbers_max);
    if (!list) {
        return list.error();
    }
    LastNumbers known;
    for (const Value& item : *list) {
        SecretReader entry(item.as_bytes().value_or(ByteView()));
        const auto member = PublicKey::parse(entry.take(key_size));
        const auto number = entry.take_number<std::uint64_t>();
        if (!member || !entry.is_done()) {
            return Errc::malformed;
        }
        known.insert_or_assign(*member, number);
    }
    return std::optional(std::move(known));
}

}  // namespace

RecordsContent RecordsContent::from(std::span<const RoomRecord> log, std::uint64_t first) {
    RecordsContent content{log.front().room, log.size(), {}};
    std::size_t bytes = 0;
    for (std::uint64_t at = first; at < log.size(); ++at) {
        const RoomRecord& record = log[static_cast<std::size_t>(at)];
        bytes += netaio::pack(record.to_value()).value().size();
        if (bytes > records_bytes_max || content.records.size() == records_in_content_max) {
            break;
        }
        content.records.push_back(record);
    }
    return content;
}

Content RecordsContent::pack() const {
    List list;
    for (const RoomRecord& record : records) {
        list.items.push_back(record.to_value());
    }
    return packed_content(
        room_kind::records,
        {{"room", Bytes(ByteView(room))}, {"count", count}, {"records", std::move(list)}});
}

Result<RecordsContent> RecordsContent::unpack(ByteView bytes) {
    const auto value = unpacked_content(bytes);
    if (!value) {
        return value.error();
    }
    const auto room = array_field<32>(*value, "room");
    const auto count = number_field<std::uint64_t>(*value, "count");
    const Value* const field = value->find("records");
    const List* const list = field ? field->as_list() : nullptr;
    if (!room || !count || !list) {
        return Errc::malformed;
    }
    if (list->items.size() > records_in_content_max) {
        return Errc::too_large;
    }
    RecordsContent content{*room, *count, {}};
    for (const Value& item : list->items) {
        auto record = RoomRecord::from_value(item);
        if (!record) {
            return record.error();
        }
        content.records.push_back(std::move(*record));
    }
    return content;
}

Content KeyContent::pack() const {
    return packed_content(room_kind::key, {{"room", Bytes(ByteView(room))},
                                           {"epoch", epoch},
                                           {"key", Bytes(ByteView(key.reveal()))},
                                           {"clock", clock}});
}

Result<KeyContent> KeyContent::unpack(ByteView bytes) {
    const auto value = unpacked_content(bytes);
    if (!value) {
        return value.error();
    }
    const auto room = array_field<32>(*value, "room");
    const auto epoch = number_field<std::uint64_t>(*value, "epoch");
    const auto key = key_field<SecretKey>(*value, "key");
    const auto clock = number_field<std::uint64_t>(*value, "clock");
    if (!room || !epoch || !key || !clock) {
        return Errc::malformed;
    }
    return KeyContent{*room, *epoch, *key, *clock};
}

Content AskContent::pack() const {
    Dict fields{{"room", Bytes(ByteView(room))}};
    if (first_record) {
        fields.set("first_record", *first_record);
    }
    if (epoch) {
        fields.set("epoch", *epoch);
    }
    if (!messages.empty()) {
        List list;
        for (const MessageHash& hash : messages) {
            list.items.push_back(Bytes(ByteView(hash)));
        }
        fields.set("messages", std::move(list));
    }
    if (known) {
        List list;
        for (const auto& [member, number] : *known) {
            SecretWriter entry;
            entry.add(member.bytes()).add_number(number);
            list.items.push_back(Bytes(entry.bytes()));
        }
        fields.set("known", std::move(list));
    }
    return packed_content(room_kind::ask, fields);
}

Result<AskContent> AskContent::unpack(ByteView bytes) {
    const auto value = unpacked_content(bytes);
    if (!value) {
        return value.error();
    }
    const auto room = array_field<32>(*value, "room");
    const auto first_record = optional_number(*value, "first_record");
    const auto epoch = optional_number(*value, "epoch");
    if (!room || !first_record || !epoch) {
        return Errc::malformed;
    }
    AskContent content{*room, *first_record, *epoch};
    auto known = known_field(*value);
    const auto messages = list_field(*value, "messages", message_heads_max);
    if (!known || !messages) {
        return !known ? known.error() : messages.error();
    }
    content.known = std::move(*known);
    for (const Value& item : *messages) {
        const auto hash = array_of<32>(item);
        if (!hash) {
            return hash.error();
        }
        content.messages.push_back(*hash);
    }
    return content;
}

Content pack_split(const RoomId& room, const RoomSplit& split) {
    return packed_content(room_kind::split, {{"room", Bytes(ByteView(room))},
                                             {"one", split.one.to_value()},
                                             {"other", split.other.to_value()}});
}

Result<RoomSplit> unpack_split(ByteView bytes) {
    const auto value = unpacked_content(bytes);
    if (!value) {
        return value.error();
    }
    auto one = record_field(*value, "one");
    auto other = record_field(*value, "other");
    if (!one || !other) {
        return Errc::malformed;
    }
    return RoomSplit{std::move(*one), std::move(*other)};
}

Content pack_more(const RoomId& room) {
    return packed_content(room_kind::more, {{"room", Bytes(ByteView(room))}});
}

Content pack_leave(const RoomId& room) {
    return packed_content(room_kind::leave, {{"room", Bytes(ByteView(room))}});
}

Result<RoomId> room_of_content(ByteView bytes) {
    const auto value = unpacked_content(bytes);
    if (!value) {
        return value.error();
    }
    return array_field<32>(*value, "room");
}

}  // namespace netaio::chat
