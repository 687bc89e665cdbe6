#include "database_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace netaio::sqlite {

DatabaseFile::DatabaseFile(const std::string& path, bool read_only)
    : file_(::open(path.c_str(), (read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0600)) {
    if (file_ < 0) return;  // SQLite says why
    // Apart from SQLite's locks, which are of another kind.
    taken_ = ::flock(file_, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    self_ = {path, identity(path)};
}

DatabaseFile::~DatabaseFile() {
    if (file_ >= 0) ::close(file_);
}

void DatabaseFile::watch(const std::string& path) {
    if (const auto found = identity(path)) other_ = {path, found};
}

bool DatabaseFile::in_place() const {
    return identity(self_.path) == self_.identity && identity(other_.path) == other_.identity;
}

std::optional<DatabaseFile::Identity> DatabaseFile::identity(const std::string& path) {
    struct stat status{};
    if (path.empty() || ::stat(path.c_str(), &status) != 0) return std::nullopt;
    return Identity(status.st_dev, status.st_ino);
}

}  // namespace netaio::sqlite
