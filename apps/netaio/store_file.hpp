#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

namespace netaio::app {

/// Holds the file of a store for one server, or for several that only read; a process that ends,
/// however it does, lets go. Must outlive what has the file open: closing it earlier would take
/// SQLite's own locks away.
class StoreFile {
public:
    /// Makes the file when it is missing and is to be written, readable by its owner only. Throws
    /// Failure when another server has it.
    StoreFile(const std::string& path, bool read_only);
    ~StoreFile();
    StoreFile(const StoreFile&) = delete;
    StoreFile& operator=(const StoreFile&) = delete;

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
    Watched self_;
    Watched other_;
};

}  // namespace netaio::app
