#include "file_disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <netaio/chat/shown_text.hpp>
#include <utility>

namespace netaio::chat {
namespace {

// A file is read for its hash in parts of that size, so that nobody waits for long.
constexpr std::size_t hashed_at_once = 2 * 1024 * 1024;
// Of a name on the disk, which may get a number, and be 255 bytes long.
constexpr std::size_t disk_name_max = 200;
constexpr unsigned same_names_max = 1'000;

std::error_code said_by_system() noexcept {
    return {errno, std::generic_category()};
}

}  // namespace

Result<DiskFile> DiskFile::opened(int fd) {
    if (fd < 0) return said_by_system();
    DiskFile file(fd);
    struct stat status{};
    if (::fstat(fd, &status) != 0) return said_by_system();
    if (!S_ISREG(status.st_mode)) return Errc::unsupported;
    file.size_ = static_cast<std::uint64_t>(status.st_size);
    return file;
}

// A pipe is not waited for.
Result<DiskFile> DiskFile::open(const std::string& path) {
    return opened(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

Result<DiskFile> DiskFile::make(const std::string& path) {
    return opened(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

Result<DiskFile> DiskFile::open_to_write(const std::string& path) {
    return opened(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

DiskFile::DiskFile(DiskFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

DiskFile& DiskFile::operator=(DiskFile&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(size_, other.size_);
    return *this;
}

DiskFile::~DiskFile() {
    if (fd_ >= 0) ::close(fd_);
}

Result<std::string> DiskFile::read(std::uint64_t at, std::size_t size) const {
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got =
            ::pread(fd_, bytes.data() + done, size - done, static_cast<off_t>(at + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return said_by_system();
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    bytes.resize(done);
    return bytes;
}

std::error_code DiskFile::write(std::uint64_t at, ByteView bytes) const {
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t put =
            ::pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(at + done));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return said_by_system();
        done += static_cast<std::size_t>(put);
    }
    return ::fsync(fd_) != 0 ? said_by_system() : std::error_code();
}

FileHasher::FileHasher(DiskFile file) noexcept : file_(std::move(file)) {
    crypto_generichash_init(&state_, nullptr, 0, hash_.size());
}

std::error_code FileHasher::go_on() {
    if (is_done_) return {};
    const auto bytes = file_.read(at_, hashed_at_once);
    if (!bytes) return bytes.error();
    const ByteView read = *bytes;
    crypto_generichash_update(&state_, read.octets(), read.size());
    at_ += read.size();
    is_done_ = read.size() < hashed_at_once;
    if (is_done_) crypto_generichash_final(&state_, hash_.data(), hash_.size());
    return {};
}

std::error_code make_file_folder(const std::string& path) {
    return ::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST ? said_by_system()
                                                               : std::error_code();
}

std::string disk_name_of(ByteView offered) {
    std::string name;
    const std::string seen = shown(offered);
    for (ByteView rest = seen; !rest.empty();) {
        const std::string_view next = take_cluster(rest).bytes;
        if (name.size() + next.size() > disk_name_max) break;
        name += next;
    }
    std::ranges::replace(name, '/', '_');
    // What begins so is hidden, leads elsewhere, or is an option to others.
    if (name.empty() || name.front() == '.' || name.front() == '-' || name.front() == '~') {
        name.insert(0, "_");
    }
    return name;
}

Result<std::string> reserve_name(const std::string& folder, const std::string& name) {
    // What the file is, people and programs see by what follows the last dot.
    const std::size_t dot = std::min(name.rfind('.'), name.size());
    for (unsigned number = 0; number < same_names_max; ++number) {
        std::string path = folder + '/' + name;
        if (number > 0) {
            path.insert(folder.size() + 1 + dot, " (" + std::to_string(number) + ")");
        }
        const auto made = DiskFile::make(path);
        if (made) return path;
        if (made.error() != std::errc::file_exists) return made.error();
    }
    return make_error_code(std::errc::file_exists);
}

std::error_code move_to_name(const std::string& part, const std::string& reserved) {
    if (::access(part.c_str(), F_OK) != 0 && errno == ENOENT) {
        return ::access(reserved.c_str(), F_OK) == 0 ? std::error_code() : said_by_system();
    }
    const auto there = DiskFile::open_to_write(reserved);
    if (!there) return there.error();
    if (there->size() > 0) return Errc::unsupported;
    return std::rename(part.c_str(), reserved.c_str()) != 0 ? said_by_system() : std::error_code();
}

}  // namespace netaio::chat
