#pragma once

#include <bit>
#include <cstdint>
#include <netaio/chat/files.hpp>
#include <netaio/chat/vault.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "file_contents.hpp"

namespace netaio::chat {

/// Which pieces of a file its receiver has: all before the first that is missing, and some of the
/// next ones.
struct FilePieces {
    std::uint64_t first = 0;
    std::uint32_t behind = 0;  ///< a bit for each from `first` on

    /// Whether its turn may be now.
    bool is_near(std::uint64_t number) const noexcept {
        return number >= first && number - first < file_window;
    }
    /// Of one that is near.
    bool has(std::uint64_t number) const noexcept { return (behind >> (number - first) & 1) != 0; }
    void add(std::uint64_t number) noexcept {
        behind |= std::uint32_t{1} << (number - first);
        for (; (behind & 1) != 0; behind >>= 1) ++first;
    }
    std::uint64_t count() const noexcept {
        return first + static_cast<unsigned>(std::popcount(behind));
    }
};

/// A file that has not ended.
struct FileRecord {
    PublicKey with;
    bool own;
    FileId id;
    std::uint64_t number;
    std::string name;
    std::uint64_t size;
    FileHash hash = {};
    FileState state = FileState::offered;
    FilePieces pieces = {};
    /// One's own: where it is. Others': where it will be, once a name was reserved.
    std::string path = {};
    // One's own alone.
    std::uint64_t next = 0;  ///< the next piece that is sent
    std::vector<std::pair<std::uint64_t, MessageId>> on_the_way = {};
    /// Others' alone: the name of the part file.
    std::string part = {};

    bool is(const PublicKey& of, bool is_own, const FileId& named) const noexcept {
        return own == is_own && id == named && with == of;
    }
    FileView view() const;
};

/// Those of one person, kept in their vault.
class FileRecords {
public:
    explicit FileRecords(Vault& vault);

    /// Reads all of them anew.
    void load();

    /// In the order in which they began.
    const std::vector<FileRecord>& all() const noexcept { return records_; }
    std::optional<FileRecord> find(const PublicKey& with, bool own, const FileId& id) const;
    std::optional<FileRecord> find(std::uint64_t number) const;
    /// The least that no file has.
    std::uint64_t free_number() const;
    void put(const FileRecord& record);
    void erase(const FileRecord& record);

private:
    Vault& vault_;
    std::vector<FileRecord> records_;
};

}  // namespace netaio::chat
