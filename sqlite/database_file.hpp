#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

namespace netaio::sqlite {

/// Holds the file of a database for one program, or for several that only read; a process that
/// ends, however it does, lets go. Must outlive what has the file open: closing it earlier would
/// take SQLite's own locks away.
class DatabaseFile {
public:
    /// Makes the file when it is missing and is to be written, readable by its owner only.
    DatabaseFile(const std::string& path, bool read_only);
    ~DatabaseFile();
    DatabaseFile(const DatabaseFile&) = delete;
    DatabaseFile& operator=(const DatabaseFile&) = delete;

    /// Whether another program has it.
    bool is_taken() const noexcept { return taken_; }
    /// Watches another file that belongs to it.
    void watch(const std::string& path);
    /// Whether all are still where they were, and no others in their place.
    bool in_place() const;

private:
    using Identity = std::pair<dev_t, ino_t>;
    struct Watched {
        std::string path;
        std::optional<Identity> identity;
    };
    static std::optional<Identity> identity(const std::string& path);

    int file_ = -1;
    bool taken_ = false;
    Watched self_;
    Watched other_;
};

}  // namespace netaio::sqlite
