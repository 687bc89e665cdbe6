#include "line_bytes.hpp"

#include <algorithm>
#include <netaio/packify.hpp>

#include "fields.hpp"

namespace netaio::chat {

std::string line_bytes(const Line& line) {
    Dict fields{{"id", Bytes(ByteView(std::as_bytes(std::span(line.id))))},
                {"text", Bytes(line.text)},
                {"at", Value(line.at)},
                {"mark", static_cast<int>(line.mark)}};
    if (line.from) {
        fields.set("from", Bytes(line.from->bytes()));
    }
    return pack(Value(std::move(fields))).value();
}

Result<Line> line_from(ByteView bytes, std::uint64_t number) {
    const auto fields = unpack(bytes);
    if (!fields) {
        return Errc::malformed;
    }
    const auto id = bytes_field(*fields, "id", sizeof(MessageId));
    const auto text = bytes_field(*fields, "text", bytes.size());
    const auto at = number_field<std::uint64_t>(*fields, "at");
    const auto mark = number_field<std::uint8_t>(*fields, "mark");
    if (!id || id->size() != sizeof(MessageId) || !text || !at || !mark ||
        *mark > static_cast<std::uint8_t>(Mark::read)) {
        return Errc::malformed;
    }
    Line line{.number = number, .text = text->str(), .at = *at, .mark = static_cast<Mark>(*mark)};
    std::ranges::copy(std::span(id->octets(), id->size()), line.id.begin());
    if (fields->find("from")) {
        const auto from = key_field<PublicKey>(*fields, "from");
        if (!from) {
            return Errc::malformed;
        }
        line.from = *from;
    }
    return line;
}

}  // namespace netaio::chat
