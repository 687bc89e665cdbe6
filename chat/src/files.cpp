#include <algorithm>
#include <netaio/chat/files.hpp>
#include <netaio/chat/shown_text.hpp>

#include "files_impl.hpp"

namespace netaio::chat {
namespace {

std::string size_text(std::uint64_t size) {
    if (size < 1024) return std::to_string(size) + (size == 1 ? " byte" : " bytes");
    constexpr std::string_view units[] = {"KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    std::uint64_t tenths = size * 10 / 1024;
    for (; tenths >= 10'240 && unit + 1 < std::size(units); ++unit) tenths /= 1024;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " +
           std::string(units[unit]);
}

std::string why_text(const FileView& file) {
    const std::string other = file.own ? "they" : "you";
    switch (file.why) {
        case FileEnd::none: break;
        case FileEnd::refused: return other + " did not want it";
        case FileEnd::cancelled: return file.ended_here ? "you ended it" : "they ended it";
        case FileEnd::too_many: return "too many are offered at once";
        case FileEnd::not_whole: return "what came is not what was offered";
        case FileEnd::not_kept: return other + " cannot write it";
        case FileEnd::unreadable:
            return std::string(file.own ? "you" : "they") +
                   " cannot read it, or it is another file now";
        case FileEnd::broken: return "its pieces did not come as they have to";
        case FileEnd::unknown: return "they know nothing of it";
    }
    return "";
}

std::string state_text(const FileView& file) {
    switch (file.state) {
        case FileState::read: return "is being read";
        case FileState::offered:
            if (file.own) return "waits for them to take it";
            return "waits for you: /take " + std::to_string(file.number) + ", or /cancel " +
                   std::to_string(file.number);
        case FileState::going: return std::to_string(percent_of(file)) + " %";
        case FileState::checked: return "is being checked";
        case FileState::done: return file.own ? "they have it" : "kept as " + shown(file.detail);
        case FileState::ended: break;
    }
    return std::string(file.own ? "not sent: " : "not received: ") + why_text(file) +
           (file.detail.empty() ? "" : " (" + shown(file.detail) + ")");
}

template <class Content>
std::error_code with_content(ByteView bytes, const auto& work) {
    const auto content = Content::unpack(bytes);
    return content ? work(*content) : content.error();
}

}  // namespace

unsigned percent_of(const FileView& file) noexcept {
    if (file.size == 0) return file.state < FileState::checked ? 0 : 100;
    return static_cast<unsigned>(file.there * 100 / file.size);
}

std::string text_of(const FileView& file) {
    return "file " + shown(file.name) + ", " + size_text(file.size) + ": " + state_text(file);
}

Files::Impl::Impl(Vault& vault, Environment environment, FileOptions options, FilesEvents events,
                  Send send, Knows knows)
    : environment_(std::move(environment)),
      options_(std::move(options)),
      events_(std::move(events)),
      send_(std::move(send)),
      knows_(std::move(knows)),
      records_(vault) {}

std::vector<FileView> Files::Impl::views() const {
    std::vector<FileView> all;
    for (const FileRecord& record : records_.all()) all.push_back(record.view());
    return all;
}

std::error_code Files::Impl::came(const PublicKey& from, const Content& content) {
    const ByteView bytes = content.bytes;
    if (content.kind == file_kind::offer) {
        return with_content<FileOffer>(
            bytes, [&](const FileOffer& offer) { return was_offered(from, offer); });
    }
    if (content.kind == file_kind::take) {
        return with_content<FileAnswer>(
            bytes, [&](const FileAnswer& answer) { return is_wanted(from, answer); });
    }
    if (content.kind == file_kind::piece) {
        return with_content<FilePiece>(
            bytes, [&](const FilePiece& piece) { return piece_came(from, piece); });
    }
    if (content.kind == file_kind::done) {
        return with_content<FileAnswer>(
            bytes, [&](const FileAnswer& answer) { return is_done(from, answer); });
    }
    return with_content<FileEnded>(bytes,
                                   [&](const FileEnded& ended) { return has_ended(from, ended); });
}

std::error_code Files::Impl::cancel(std::uint64_t number) {
    const auto record = records_.find(number);
    if (!record) return Errc::not_connected;
    const bool is_refused = !record->own && record->state == FileState::offered;
    end(*record, is_refused ? FileEnd::refused : FileEnd::cancelled);
    return {};
}

// Both may have chosen the same id.
std::error_code Files::Impl::has_ended(const PublicKey& from, const FileEnded& ended) {
    bool is_known = false;
    for (const bool own : {true, false}) {
        const auto record = records_.find(from, own, ended.id);
        if (!record) continue;
        is_known = true;
        forget(*record);
        FileView view = record->view();
        view.state = FileState::ended;
        view.why = ended.why;
        tell(view);
        if (own) pump(from);
    }
    return is_known ? std::error_code() : make_error_code(Errc::replayed);
}

// Who cannot be told finds out by what comes next.
void Files::Impl::end(const FileRecord& record, FileEnd why, const std::error_code& detail) {
    if (!record.own || record.state != FileState::read) {
        (void)send_(record.with, FileEnded{record.id, why}.pack());
    }
    forget(record);
    FileView view = record.view();
    view.state = FileState::ended;
    view.why = why;
    view.ended_here = true;
    if (detail) view.detail = detail.message();
    tell(view);
    if (record.own) pump(record.with);
}

void Files::Impl::forget(const FileRecord& record) {
    records_.erase(record);
    hashers_.erase(key_of(record));
    if (!record.part.empty()) (void)std::remove(part_path(record).c_str());
}

void Files::Impl::changed(const FileRecord& before, const FileRecord& record) {
    records_.put(record);
    const FileView seen = record.view();
    if (before.state != record.state || percent_of(before.view()) != percent_of(seen)) tell(seen);
}

Result<const FileHasher*> Files::Impl::read_on(const FileRecord& record, const std::string& path) {
    auto hasher = hashers_.find(key_of(record));
    if (hasher == hashers_.end()) {
        auto file = DiskFile::open(path);
        if (!file) return file.error();
        hasher = hashers_.emplace(key_of(record), FileHasher(std::move(*file))).first;
    }
    if (const auto error = hasher->second.go_on()) return error;
    return &hasher->second;
}

bool Files::Impl::work() {
    auto all = records_.all();
    for (FileRecord& record : all) {
        if (record.state == FileState::read && prepare(record)) return true;
        if (record.state == FileState::checked && check(record)) return true;
    }
    return false;
}

void Files::Impl::tick() {
    std::vector<PublicKey> receivers;
    for (const FileRecord& record : records_.all()) {
        if (record.own) receivers.push_back(record.with);
    }
    for (const PublicKey& to : receivers) pump(to);
}

Files::Files(Vault& vault, Environment environment, FileOptions options, FilesEvents events,
             Send send, Knows knows)
    : impl_(std::make_unique<Impl>(vault, std::move(environment), std::move(options),
                                   std::move(events), std::move(send), std::move(knows))) {}

Files::~Files() = default;

Result<FileId> Files::offer(const PublicKey& to, const std::string& path) {
    return impl_->offer(to, path);
}

std::error_code Files::take(std::uint64_t number) {
    return impl_->take(number);
}

std::error_code Files::cancel(std::uint64_t number) {
    return impl_->cancel(number);
}

void Files::load() {
    impl_->load();
}

std::vector<FileView> Files::views() const {
    return impl_->views();
}

bool Files::takes(std::string_view kind) noexcept {
    return kind == file_kind::offer || kind == file_kind::take || kind == file_kind::piece ||
           kind == file_kind::done || kind == file_kind::end;
}

std::error_code Files::came(const PublicKey& from, const Content& content) {
    return impl_->came(from, content);
}

void Files::marked(const PublicKey& to, const MessageId& id, Mark mark) {
    impl_->marked(to, id, mark);
}

bool Files::work() {
    return impl_->work();
}

void Files::tick() {
    impl_->tick();
}

}  // namespace netaio::chat
