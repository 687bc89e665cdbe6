#include "file_records.hpp"

#include <algorithm>
#include <tuple>

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

FileRecords::FileRecords(Vault& vault) : vault_(vault) {
    load();
}

void FileRecords::load() {
    records_.clear();
    vault_.each(file_record_kind,
                [&](ByteView, ByteView saved) { records_.push_back(kept_file(saved)); });
}

std::optional<FileRecord> FileRecords::find(const PublicKey& with, bool own,
                                            const FileId& id) const {
    const auto found = std::ranges::find_if(
        records_, [&](const FileRecord& record) { return record.is(with, own, id); });
    return found != records_.end() ? std::optional(*found) : std::nullopt;
}

std::optional<FileRecord> FileRecords::find(std::uint64_t number) const {
    const auto found = std::ranges::find(records_, number, &FileRecord::number);
    return found != records_.end() ? std::optional(*found) : std::nullopt;
}

std::uint64_t FileRecords::free_number() const {
    std::uint64_t number = 1;
    while (find(number)) ++number;
    return number;
}

void FileRecords::put(const FileRecord& record) {
    vault_.put(file_record_kind, file_record_name(record.with, record.own, record.id),
               saved_file(record));
    const auto known = std::ranges::find_if(records_, [&](const FileRecord& other) {
        return other.is(record.with, record.own, record.id);
    });
    if (known != records_.end()) {
        *known = record;
    } else {
        records_.push_back(record);
    }
}

void FileRecords::erase(const FileRecord& record) {
    const auto [with, own, id] = std::tuple(record.with, record.own, record.id);
    vault_.erase(file_record_kind, file_record_name(with, own, id));
    std::erase_if(records_, [&](const FileRecord& other) { return other.is(with, own, id); });
}

}  // namespace netaio::chat
