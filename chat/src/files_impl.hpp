#pragma once

#include <map>
#include <netaio/chat/files.hpp>
#include <optional>
#include <utility>

#include "file_disk.hpp"
#include "file_records.hpp"

namespace netaio::chat {

/// All of Files: both ends of what is sent. What is not in the vault is read anew when it is
/// needed.
class Files::Impl {
public:
    Impl(Vault& vault, Environment environment, FileOptions options, FilesEvents events, Send send,
         Knows knows);

    void load() { records_.load(); }
    std::vector<FileView> views() const;
    std::error_code came(const PublicKey& from, const Content& content);
    std::error_code cancel(std::uint64_t number);
    bool work();
    void tick();

    // One's own: files_send.cpp.
    Result<FileId> offer(const PublicKey& to, const std::string& path);
    void marked(const PublicKey& to, const MessageId& id, Mark mark);

    // Others': files_receive.cpp.
    std::error_code take(std::uint64_t number);

private:
    using Key = std::pair<PublicKey, std::pair<bool, FileId>>;
    static Key key_of(const FileRecord& record) { return {record.with, {record.own, record.id}}; }

    std::error_code is_wanted(const PublicKey& from, const FileAnswer& answer);
    std::error_code is_done(const PublicKey& from, const FileAnswer& answer);
    bool prepare(FileRecord& record);
    void pump(const PublicKey& to);

    std::error_code was_offered(const PublicKey& from, const FileOffer& offer);
    bool has_room_for(const PublicKey& from) const;
    std::error_code take(FileRecord& record);
    std::error_code piece_came(const PublicKey& from, const FilePiece& piece);
    bool check(FileRecord& record);
    bool keep(FileRecord& record);
    std::string part_path(const FileRecord& record) const;

    std::error_code has_ended(const PublicKey& from, const FileEnded& ended);
    /// The other end is told. What was written of it goes.
    void end(const FileRecord& record, FileEnd why, const std::error_code& detail = {});
    void forget(const FileRecord& record);
    /// What has changed of it is kept, and told where people see it.
    void changed(const FileRecord& before, const FileRecord& record);
    void tell(const FileView& view) const {
        if (events_.changed) events_.changed(view);
    }
    /// Reads on in a file that is read as a whole.
    Result<const FileHasher*> read_on(const FileRecord& record, const std::string& path);

    Environment environment_;
    FileOptions options_;
    FilesEvents events_;
    Send send_;
    Knows knows_;
    FileRecords records_;
    std::map<Key, FileHasher> hashers_;
};

}  // namespace netaio::chat
