#include "mark_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <netaio/errc.hpp>

namespace netaio::plugins {
namespace {

[[noreturn]] void cannot(const char* action, const std::string& path, int error = errno) {
    throw Error({error, boost::system::system_category()},
                std::string("cannot ") + action + " the mark of seen messages '" + path + "'");
}

class OpenFile {
public:
    OpenFile(const std::string& path, int flags, const char* action)
        : path_(path), action_(action), file_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
    ~OpenFile() {
        if (file_ >= 0) {
            ::close(file_);
        }
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    bool is_open() const noexcept { return file_ >= 0; }
    int number() const noexcept { return file_; }
    const OpenFile& required() const {
        if (!is_open()) {
            fail();
        }
        return *this;
    }
    void sync() const {
        if (::fsync(file_) != 0) {
            fail();
        }
    }
    [[noreturn]] void fail() const { cannot(action_, path_); }

private:
    const std::string& path_;
    const char* action_;
    const int file_;
};

// What was renamed or removed stays so only once its folder is written.
void sync_folder(const std::string& path, const char* action) {
    const auto slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    OpenFile(folder, O_RDONLY | O_DIRECTORY, action).required().sync();
}

std::string beside(const std::string& path) {
    return path + ".new";
}

}  // namespace

MarkLock::MarkLock(const std::string& path) {
    const std::string beside_it = path + ".lock";
    file_ = ::open(beside_it.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file_ < 0) {
        cannot("write", beside_it);
    }
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const int error = errno;
        ::close(file_);
        throw Error(std::error_code(error, std::system_category()),
                    "another program that runs has the mark of seen messages '" + path + "'");
    }
}

MarkLock::~MarkLock() {
    ::close(file_);
}

std::optional<std::uint32_t> take_mark(const std::string& path) {
    {
        // Better now than at the end, when nobody can help it any more.
        const std::string other = beside(path);
        (void)::unlink(other.c_str());
        OpenFile(other, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, "write").required();
        if (::unlink(other.c_str()) != 0) {
            cannot("write", other);
        }
    }
    const OpenFile file(path, O_RDONLY | O_NONBLOCK, "read");
    if (!file.is_open() && errno == ENOENT) {
        return std::nullopt;
    }
    std::array<char, 16> text;
    const ssize_t size = ::read(file.required().number(), text.data(), text.size());
    if (size < 0) {
        file.fail();
    }
    std::uint32_t mark = 0;
    const char* const end = text.data() + size;
    const auto [rest, error] = std::from_chars(text.data(), end, mark);
    if (error != std::errc() || end - rest != 1 || *rest != '\n') {
        throw Error(make_error_code(Errc::malformed),
                    "there is no mark of seen messages in '" + path +
                        "': name another file, or remove it if it was once one");
    }
    if (::unlink(path.c_str()) != 0) {
        cannot("remove", path);
    }
    sync_folder(path, "remove");
    return mark;
}

void leave_mark(const std::string& path, std::uint32_t mark) {
    const std::string other = beside(path);
    {
        (void)::unlink(other.c_str());  // a stale one, or what somebody put there
        const OpenFile file(other, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, "write");
        const std::string text = std::to_string(mark) + "\n";
        if (::write(file.required().number(), text.data(), text.size()) !=
            static_cast<ssize_t>(text.size())) {
            file.fail();
        }
        file.sync();
    }
    if (std::rename(other.c_str(), path.c_str()) != 0) {
        cannot("write", path);
    }
    sync_folder(path, "write");
}

}  // namespace netaio::plugins
