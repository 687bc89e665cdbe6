#include "seed_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <netaio/environment.hpp>
#include <netaio/tapescript/bytes.hpp>

#include "descriptor.hpp"
#include "exit_code.hpp"
#include "logging.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

constexpr std::size_t seed_size = 32;

class File {
public:
    explicit File(int fd) : fd_(fd) {}
    ~File() {
        if (fd_ >= 0) ::close(fd_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;

    bool is_open() const noexcept { return fd_ >= 0; }
    int fd() const noexcept { return fd_; }

private:
    int fd_;
};

// Room for a seed as digits with a line end, and for one byte more, which tells that there is more.
struct SeedBytes {
    std::array<char, 2 * seed_size + 3> bytes{};

    ~SeedBytes() { explicit_bzero(bytes.data(), bytes.size()); }
    // Turns digits into the bytes they stand for, if that is what there is.
    bool decode_digits(std::size_t size) {
        if (size == bytes.size()) return false;
        while (size > 0 && (bytes[size - 1] == '\n' || bytes[size - 1] == '\r')) --size;
        std::string seed = tapescript::from_hex({bytes.data(), size}).value_or("");
        const bool is_seed = seed.size() == seed_size;
        if (is_seed) seed.copy(bytes.data(), seed_size);
        explicit_bzero(seed.data(), seed.size());
        return is_seed;
    }
    ByteView first(std::size_t size) const noexcept { return std::string_view(bytes.data(), size); }
};

[[noreturn]] void cannot(const std::string& action, const std::string& path, int error,
                         const std::string& hint = "") {
    throw Failure(ExitCode::other,
                  "cannot " + action + " '" + path + "': " + std::strerror(error) + hint);
}

bool readable_by_others(int file) noexcept {
    struct stat status{};
    return ::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0077) != 0;
}

bool write_random(const File& file) {
    SeedBytes seed;
    Environment::secure_random()->fill(std::span(seed.bytes).first(seed_size));
    return ::write(file.fd(), seed.bytes.data(), seed_size) == static_cast<ssize_t>(seed_size) &&
           ::fsync(file.fd()) == 0;
}

}  // namespace

void warn_if_readable_by_others(int file, const std::string& what, const std::string& path) {
    if (!readable_by_others(file)) return;
    warn("others on this machine may read the " + what + " in '" + printable(path) +
         "'; chmod 600 keeps it to its owner");
}

Secret read_seed(const std::string& path) {
    const File file(open_at_once(path.c_str()));
    if (!file.is_open()) cannot("open", path, errno, "; 'netaio keygen FILE' makes a key");
    SeedBytes seed;
    const ssize_t size = ::read(file.fd(), seed.bytes.data(), seed.bytes.size());
    if (size < 0) cannot("read", path, errno);
    const bool is_seed = size == static_cast<ssize_t>(seed_size) ||
                         seed.decode_digits(static_cast<std::size_t>(size));
    if (!is_seed) {
        throw Failure(ExitCode::usage, "'" + path +
                                           "' is no key, which is 32 bytes or 64 hexadecimal "
                                           "digits; 'netaio keygen FILE' makes one");
    }
    warn_if_readable_by_others(file.fd(), "key", path);
    return seed.first(seed_size);
}

void write_seed(const std::string& path, bool replace) {
    // What is to be replaced stays whole until then.
    std::string made = replace ? path + ".XXXXXX" : path;
    {
        constexpr mode_t owner_only = 0600;
        // Whatever was left by a run that was killed is in nobody's way.
        const File file(
            replace ? ::mkostemp(made.data(), O_CLOEXEC)
                    : ::open(made.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, owner_only));
        if (!file.is_open()) {
            const bool in_the_way = errno == EEXIST && !replace;
            cannot("make", path, errno, in_the_way ? "; --force replaces the key in it" : "");
        }
        if (!write_random(file)) {
            const int error = errno;
            ::unlink(made.c_str());
            cannot("write", path, error);
        }
    }
    if (replace && std::rename(made.c_str(), path.c_str()) != 0) {
        const int error = errno;
        ::unlink(made.c_str());
        cannot("replace", path, error);
    }
}

Secret kept_or_new_seed(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
        // Whole from the moment it is there, whoever else makes one, and whenever this ends.
        const std::string made = path + ".new." + std::to_string(::getpid());
        write_seed(made, true);
        const bool is_there = ::link(made.c_str(), path.c_str()) == 0 || errno == EEXIST ||
                              std::rename(made.c_str(), path.c_str()) == 0;
        const int error = errno;
        ::unlink(made.c_str());
        if (!is_there) cannot("make", path, error);
    }
    return read_seed(path);
}

}  // namespace netaio::app
