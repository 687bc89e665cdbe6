#include "store_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "exit_code.hpp"

namespace netaio::app {

StoreFile::StoreFile(const std::string& path, bool read_only)
    : file_(::open(path.c_str(), (read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC, 0600)) {
    if (file_ < 0) return;  // SQLite says why
    // Apart from SQLite's locks, which are of another kind.
    if (::flock(file_, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        ::close(file_);
        throw Failure(ExitCode::other, "cannot open the store '" + path +
                                           "': another server has it; end that one, or name "
                                           "another file with --store");
    }
    self_ = {path, identity(path)};
}

StoreFile::~StoreFile() {
    if (file_ >= 0) ::close(file_);
}

void StoreFile::watch(const std::string& path) {
    if (const auto found = identity(path)) other_ = {path, found};
}

bool StoreFile::in_place() const {
    return identity(self_.path) == self_.identity && identity(other_.path) == other_.identity;
}

std::optional<StoreFile::Identity> StoreFile::identity(const std::string& path) {
    struct stat status{};
    if (path.empty() || ::stat(path.c_str(), &status) != 0) return std::nullopt;
    return Identity(status.st_dev, status.st_ino);
}

}  // namespace netaio::app
