#include <algorithm>
#include <cstdio>

#include "files_impl.hpp"

/// Others' files: taken, written to a part file, and kept when they are whole.
namespace netaio::chat {
namespace {

// Hidden, and nobody's choice.
std::string drawn_part_name(Random& random) {
    std::array<char, 8> drawn{};
    random.fill(drawn);
    std::string digits(2 * drawn.size() + 1, '\0');
    sodium_bin2hex(digits.data(), digits.size(), ByteView(drawn.data(), drawn.size()).octets(),
                   drawn.size());
    digits.pop_back();
    return "." + digits + ".part";
}

}  // namespace

bool Files::Impl::has_room_for(const PublicKey& from) const {
    std::size_t of_them = 0;
    std::size_t of_strangers = 0;
    for (const FileRecord& record : records_.all()) {
        if (record.own) continue;
        if (record.with == from) ++of_them;
        if (!knows_(record.with)) ++of_strangers;
    }
    return of_them < files_with_one_max && (knows_(from) || of_strangers < files_of_strangers_max);
}

std::error_code Files::Impl::was_offered(const PublicKey& from, const FileOffer& offer) {
    if (records_.find(from, false, offer.id)) return Errc::replayed;
    FileRecord record{from, false, offer.id, 0, offer.name, offer.size, offer.hash};
    if (!has_room_for(from)) {
        (void)send_(from, FileEnded{offer.id, FileEnd::too_many}.pack());
        if (events_.noticed) {
            events_.noticed({Notice::Kind::refused, Place(from),
                             "they offer too many files at once: one was not taken"});
        }
        return Errc::queue_full;
    }
    record.number = records_.free_number();
    records_.put(record);
    const bool is_taken = !options_.folder.empty() && knows_(from) && offer.size <= options_.limit;
    if (!is_taken || take(record)) tell(record.view());
    return {};
}

std::error_code Files::Impl::take(std::uint64_t number) {
    auto record = records_.find(number);
    if (!record || record->own || record->state != FileState::offered) return Errc::not_connected;
    if (options_.folder.empty()) return Errc::unsupported;
    return take(*record);
}

std::string Files::Impl::part_path(const FileRecord& record) const {
    return options_.folder + '/' + record.part;
}

// After an error it is still offered.
std::error_code Files::Impl::take(FileRecord& record) {
    if (const auto error = make_file_folder(options_.folder)) return error;
    const FileRecord before = record;
    record.part = drawn_part_name(*environment_.random);
    const auto made = DiskFile::make(part_path(record));
    auto error = made ? std::error_code() : made.error();
    if (!error) {
        const auto sent = send_(record.with, FileAnswer{record.id}.pack(file_kind::take));
        if (sent) {
            record.state = pieces_of(record.size) == 0 ? FileState::checked : FileState::going;
            changed(before, record);
            return {};
        }
        error = sent.error();
        (void)std::remove(part_path(record).c_str());
    }
    record = before;
    return error;
}

std::error_code Files::Impl::piece_came(const PublicKey& from, const FilePiece& piece) {
    auto record = records_.find(from, false, piece.id);
    if (!record) {
        // As it has ended here; or all that was here is lost.
        (void)send_(from, FileEnded{piece.id, FileEnd::unknown}.pack());
        return Errc::unsupported;
    }
    if (record->state == FileState::checked || piece.number < record->pieces.first) {
        return Errc::replayed;
    }
    if (record->state != FileState::going || !record->pieces.is_near(piece.number) ||
        piece.number >= pieces_of(record->size) ||
        piece.bytes.size() != piece_size_of(record->size, piece.number)) {
        end(*record, FileEnd::broken);
        return Errc::unsupported;
    }
    if (record->pieces.has(piece.number)) return Errc::replayed;
    const auto file = DiskFile::open_to_write(part_path(*record));
    const auto error =
        file ? file->write(piece.number * file_piece_size, piece.bytes) : file.error();
    if (error) {
        end(*record, FileEnd::not_kept, error);
        return {};
    }
    const FileRecord before = *record;
    record->pieces.add(piece.number);
    if (record->pieces.first == pieces_of(record->size)) record->state = FileState::checked;
    changed(before, *record);
    return {};
}

// Whether there is more to do. Its name is in the vault before it has it.
bool Files::Impl::check(FileRecord& record) {
    if (!record.path.empty()) return keep(record);
    const auto hasher = read_on(record, part_path(record));
    if (!hasher) {
        end(record, FileEnd::not_kept, hasher.error());
        return true;
    }
    if (!(*hasher)->is_done()) return true;
    if ((*hasher)->size() != record.size || (*hasher)->hash() != record.hash) {
        end(record, FileEnd::not_whole);
        return true;
    }
    const auto reserved = reserve_name(options_.folder, disk_name_of(record.name));
    if (!reserved) {
        end(record, FileEnd::not_kept, reserved.error());
        return true;
    }
    record.path = *reserved;
    records_.put(record);
    return true;
}

bool Files::Impl::keep(FileRecord& record) {
    const auto error = move_to_name(part_path(record), record.path);
    if (error == Errc::unsupported) {
        // Somebody wrote to what has the name now: another one.
        record.path.clear();
        records_.put(record);
        return true;
    }
    if (error) {
        end(record, FileEnd::not_kept, error);
        return true;
    }
    if (!send_(record.with, FileAnswer{record.id}.pack(file_kind::done))) return false;
    forget(record);
    FileView view = record.view();
    view.state = FileState::done;
    view.detail = record.path;
    tell(view);
    return true;
}

}  // namespace netaio::chat
