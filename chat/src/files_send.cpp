#include <algorithm>
#include <filesystem>

#include "files_impl.hpp"

/// One's own files: offered, and sent as far as their receivers' receipts let them.
namespace netaio::chat {
namespace {

// The next one. Errc::stale where the file is of another size now.
Result<std::string> read_piece(const FileRecord& record) {
    const auto file = DiskFile::open(record.path);
    if (!file) return file.error();
    if (file->size() != record.size) return Errc::stale;
    const std::size_t size = piece_size_of(record.size, record.next);
    auto bytes = file->read(record.next * file_piece_size, size);
    if (bytes && bytes->size() < size) return Errc::stale;
    return bytes;
}

}  // namespace

Result<FileId> Files::Impl::offer(const PublicKey& to, const std::string& path) {
    const auto file = DiskFile::open(path);
    if (!file) return file.error();
    if (file->size() > file_size_max) return Errc::too_large;
    const auto going = std::ranges::count_if(
        records_.all(), [&](const FileRecord& record) { return record.own && record.with == to; });
    if (static_cast<std::size_t>(going) >= files_with_one_max) return Errc::queue_full;
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    if (error) return error;
    std::string name = whole.filename();
    name.resize(std::min(name.size(), file_name_max));
    FileRecord record{to, true, {}, records_.free_number(), name, file->size()};
    std::string drawn(record.id.size(), '\0');
    environment_.random->fill(drawn);
    std::ranges::copy(drawn, record.id.begin());
    record.state = FileState::read;
    record.path = whole;
    records_.put(record);
    tell(record.view());
    return record.id;
}

// Whether there is more to do.
bool Files::Impl::prepare(FileRecord& record) {
    const auto hasher = read_on(record, record.path);
    if (hasher && !(*hasher)->is_done()) return true;
    if (!hasher || (*hasher)->size() != record.size) {
        end(record, FileEnd::unreadable, hasher ? std::error_code() : hasher.error());
        return true;
    }
    record.hash = (*hasher)->hash();
    const FileOffer offer{record.id, record.name, record.size, record.hash};
    const auto sent = send_(record.with, offer.pack());
    if (!sent && sent.error() == Errc::queue_full) return false;
    if (!sent) {
        end(record, FileEnd::cancelled, sent.error());
        return true;
    }
    hashers_.erase(key_of(record));
    const FileRecord before = record;
    record.state = FileState::offered;
    changed(before, record);
    return true;
}

std::error_code Files::Impl::is_wanted(const PublicKey& from, const FileAnswer& answer) {
    auto record = records_.find(from, true, answer.id);
    if (!record || record->state == FileState::read) return Errc::unsupported;
    if (record->state != FileState::offered) return Errc::replayed;
    const FileRecord before = *record;
    record->state = FileState::going;
    changed(before, *record);
    pump(from);
    return {};
}

// Each file to its end, one after another; where one cannot go on, the next does.
void Files::Impl::pump(const PublicKey& to) {
    std::vector<FileRecord> going;
    std::size_t on_the_way = 0;
    for (const FileRecord& record : records_.all()) {
        if (!record.own || record.with != to || record.state != FileState::going) continue;
        on_the_way += record.on_the_way.size();
        going.push_back(record);
    }
    for (FileRecord& record : going) {
        bool has_sent = false;
        while (record.next < pieces_of(record.size) && record.pieces.is_near(record.next) &&
               on_the_way < file_window) {
            auto bytes = read_piece(record);
            if (!bytes) {
                // Which goes on with the others.
                return end(record, FileEnd::unreadable, bytes.error());
            }
            const auto sent =
                send_(to, FilePiece{record.id, record.next, std::move(*bytes)}.pack());
            if (!sent) break;  // until tick()
            record.on_the_way.emplace_back(record.next++, *sent);
            ++on_the_way;
            has_sent = true;
        }
        if (has_sent) records_.put(record);
    }
}

void Files::Impl::marked(const PublicKey& to, const MessageId& id, Mark mark) {
    if (mark < Mark::delivered) return;
    const auto is_of_it = [&](const auto& piece) { return piece.second == id; };
    for (const FileRecord& one : records_.all()) {
        const auto at = std::ranges::find_if(one.on_the_way, is_of_it);
        if (!one.own || one.with != to || at == one.on_the_way.end()) continue;
        const FileRecord before = one;
        FileRecord record = one;
        record.pieces.add(at->first);
        std::erase_if(record.on_the_way, is_of_it);
        changed(before, record);
        pump(to);
        return;
    }
}

// What says so may overtake the last receipts.
std::error_code Files::Impl::is_done(const PublicKey& from, const FileAnswer& answer) {
    const auto record = records_.find(from, true, answer.id);
    if (!record) return Errc::replayed;
    if (record->state != FileState::going || record->next < pieces_of(record->size)) {
        end(*record, FileEnd::broken);
        return Errc::unsupported;
    }
    forget(*record);
    FileView view = record->view();
    view.state = FileState::done;
    view.there = view.size;
    tell(view);
    pump(from);
    return {};
}

}  // namespace netaio::chat
