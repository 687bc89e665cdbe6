#include "file_records.hpp"

#include <algorithm>

#include "messenger_person.hpp"
#include "secret_bytes.hpp"

namespace netaio::chat {
namespace {

constexpr std::string_view file_record_kind = "file";
constexpr std::uint8_t file_record_version = 1;

std::string file_record_name(const PublicKey& with, bool own, const FileId& id) {
    return ((own ? "o" : "t") + with.bytes().str()).append(ByteView(id));
}

void write_words(SecretWriter& writer, ByteView words) {
    writer.add_number(static_cast<std::uint32_t>(words.size())).add(words);
}

std::string read_words(SecretReader& reader) {
    return reader.take(reader.take_number<std::uint32_t>()).str();
}

template <std::size_t size>
void read_octets(SecretReader& reader, std::array<unsigned char, size>& octets) {
    const ByteView taken = reader.take(size);
    std::copy_n(taken.octets(), taken.size(), octets.begin());
}

std::string saved_file(const FileRecord& record) {
    SecretWriter writer;
    writer.add_number(file_record_version).add(record.with.bytes());
    writer.add_number(static_cast<std::uint8_t>(record.own)).add(record.id);
    writer.add_number(record.number).add_number(record.size).add(record.hash);
    writer.add_number(static_cast<std::uint8_t>(record.state));
    writer.add_number(record.pieces.first).add_number(record.pieces.behind);
    writer.add_number(record.next);
    write_words(writer, record.name);
    write_words(writer, record.path);
    write_words(writer, record.part);
    writer.add_number(static_cast<std::uint32_t>(record.on_the_way.size()));
    for (const auto& [number, message] : record.on_the_way) {
        writer.add_number(number).add(message);
    }
    return writer.bytes().str();
}

FileRecord kept_file(ByteView saved) {
    SecretReader reader(saved);
    const bool is_ours = reader.take_number<std::uint8_t>() == file_record_version;
    const auto with = PublicKey::parse(reader.take(key_size));
    if (!is_ours || !with) refuse_kept("a file");
    FileRecord record{*with, reader.take_number<std::uint8_t>() != 0, {}, 0, {}, 0};
    read_octets(reader, record.id);
    record.number = reader.take_number<std::uint64_t>();
    record.size = reader.take_number<std::uint64_t>();
    read_octets(reader, record.hash);
    record.state = static_cast<FileState>(reader.take_number<std::uint8_t>());
    record.pieces.first = reader.take_number<std::uint64_t>();
    record.pieces.behind = reader.take_number<std::uint32_t>();
    record.next = reader.take_number<std::uint64_t>();
    record.name = read_words(reader);
    record.path = read_words(reader);
    record.part = read_words(reader);
    for (auto left = reader.take_number<std::uint32_t>(); left > 0 && !reader.failed(); --left) {
        auto& [number, message] = record.on_the_way.emplace_back();
        number = reader.take_number<std::uint64_t>();
        read_octets(reader, message);
    }
    if (!reader.is_done() || record.state > FileState::checked) refuse_kept("a file");
    return record;
}

}  // namespace

FileView FileRecord::view() const {
    return {.id = id,
            .number = number,
            .with = with,
            .own = own,
            .name = name,
            .size = size,
            .there = std::min(pieces.count() * file_piece_size, size),
            .state = state};
}

std::vector<FileRecord> FileRecords::all() const {
    std::vector<FileRecord> found;
    vault_.each(file_record_kind,
                [&](ByteView, ByteView saved) { found.push_back(kept_file(saved)); });
    return found;
}

std::optional<FileRecord> FileRecords::find(const PublicKey& with, bool own,
                                            const FileId& id) const {
    const auto saved = vault_.get(file_record_kind, file_record_name(with, own, id));
    return saved ? std::optional(kept_file(*saved)) : std::nullopt;
}

std::optional<FileRecord> FileRecords::find(std::uint64_t number) const {
    for (FileRecord& record : all()) {
        if (record.number == number) return std::move(record);
    }
    return std::nullopt;
}

std::uint64_t FileRecords::free_number() const {
    std::vector<std::uint64_t> taken;
    for (const FileRecord& record : all()) taken.push_back(record.number);
    std::uint64_t number = 1;
    while (std::ranges::find(taken, number) != taken.end()) ++number;
    return number;
}

void FileRecords::put(const FileRecord& record) {
    vault_.put(file_record_kind, file_record_name(record.with, record.own, record.id),
               saved_file(record));
}

void FileRecords::erase(const FileRecord& record) {
    vault_.erase(file_record_kind, file_record_name(record.with, record.own, record.id));
}

}  // namespace netaio::chat
