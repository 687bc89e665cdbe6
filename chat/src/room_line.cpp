#include "room_line.hpp"

#include <netaio/packify.hpp>

#include "fields.hpp"

namespace netaio::chat {

std::string RoomLine::pack() const {
    Dict fields{{"id", Bytes(ByteView(line.id))},
                {"text", line.text},
                {"at", line.at},
                {"mark", static_cast<std::uint8_t>(line.mark)}};
    if (line.by) {
        fields.set("by", Bytes(line.by->bytes()));
    }
    if (carried) {
        fields.set("carried", Bytes(ByteView(*carried)));
    }
    if (line.reach.members > 0) {
        fields.set("members", line.reach.members);
        fields.set("delivered", line.reach.delivered);
        fields.set("read", line.reach.read);
    }
    return netaio::pack(Value(std::move(fields))).value();
}

RoomLine RoomLine::unpack(const KeptLine& kept, const std::optional<PublicKey>& from) {
    const Value value = netaio::unpack(kept.bytes).value();
    RoomLine found{{.number = kept.number,
                    .from = from,
                    .id = array_field<16>(value, "id").value(),
                    .text = std::string(value.find("text")->as_str().value()),
                    .at = number_field<std::uint64_t>(value, "at").value(),
                    .mark = static_cast<Mark>(number_field<std::uint8_t>(value, "mark").value())}};
    if (value.find("by")) {
        found.line.by = key_field<PublicKey>(value, "by").value();
    }
    if (value.find("carried")) {
        found.carried = array_field<16>(value, "carried").value();
    }
    if (value.find("members")) {
        found.line.reach = {number_field<std::size_t>(value, "members").value(),
                            number_field<std::size_t>(value, "delivered").value(),
                            number_field<std::size_t>(value, "read").value()};
    }
    return found;
}

}  // namespace netaio::chat
