#include "file_contents.hpp"

#include <netaio/packify.hpp>
#include <span>

#include "fields.hpp"

namespace netaio::chat {
namespace {

constexpr UnpackLimits file_content_limits{.max_depth = 2, .max_values = 32};

template <std::size_t size>
Bytes octets_value(const std::array<unsigned char, size>& octets) {
    return Bytes(ByteView(std::as_bytes(std::span(octets))));
}

Content packed_for_file(std::string_view kind, const Dict& fields) {
    return {std::string(kind), netaio::pack(Value(fields)).value()};
}

struct FileFields {
    Value value;
    FileId id;
};

// What all of them have.
Result<FileFields> fields_of_file(ByteView bytes) {
    if (bytes.size() > content_size_max) return Errc::malformed;
    const auto value = netaio::unpack(bytes, file_content_limits);
    if (!value) return Errc::malformed;
    const auto id = array_field<std::tuple_size_v<FileId>>(*value, "id");
    if (!id) return Errc::malformed;
    return FileFields{*value, *id};
}

}  // namespace

Content FileOffer::pack() const {
    return packed_for_file(file_kind::offer, {{"id", octets_value(id)},
                                              {"name", Bytes(name)},
                                              {"size", Value(size)},
                                              {"hash", octets_value(hash)}});
}

Result<FileOffer> FileOffer::unpack(ByteView bytes) {
    const auto fields = fields_of_file(bytes);
    if (!fields) return fields.error();
    const auto name = bytes_field(fields->value, "name", file_name_max);
    const auto size = number_field<std::uint64_t>(fields->value, "size");
    const auto hash = array_field<std::tuple_size_v<FileHash>>(fields->value, "hash");
    if (!name || !size || *size > file_size_max || !hash) return Errc::malformed;
    return FileOffer{fields->id, name->str(), *size, *hash};
}

Content FilePiece::pack() const {
    return packed_for_file(
        file_kind::piece,
        {{"id", octets_value(id)}, {"number", Value(number)}, {"bytes", Bytes(bytes)}});
}

Result<FilePiece> FilePiece::unpack(ByteView packed) {
    const auto fields = fields_of_file(packed);
    if (!fields) return fields.error();
    const auto number = number_field<std::uint64_t>(fields->value, "number");
    const auto bytes = bytes_field(fields->value, "bytes", file_piece_size);
    if (!number || !bytes) return Errc::malformed;
    return FilePiece{fields->id, *number, bytes->str()};
}

Content FileAnswer::pack(std::string_view kind) const {
    return packed_for_file(kind, {{"id", octets_value(id)}});
}

Result<FileAnswer> FileAnswer::unpack(ByteView bytes) {
    const auto fields = fields_of_file(bytes);
    if (!fields) return fields.error();
    return FileAnswer{fields->id};
}

Content FileEnded::pack() const {
    return packed_for_file(file_kind::end,
                           {{"id", octets_value(id)}, {"why", static_cast<int>(why)}});
}

// A reason that only a later version knows is none that matters here.
Result<FileEnded> FileEnded::unpack(ByteView bytes) {
    const auto fields = fields_of_file(bytes);
    if (!fields) return fields.error();
    const auto why = number_field<std::uint8_t>(fields->value, "why");
    if (!why || *why == 0) return Errc::malformed;
    const bool is_known = *why <= static_cast<std::uint8_t>(FileEnd::unknown);
    return FileEnded{fields->id, is_known ? static_cast<FileEnd>(*why) : FileEnd::cancelled};
}

}  // namespace netaio::chat
