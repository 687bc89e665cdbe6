#include "socket_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "exit_code.hpp"
#include "text.hpp"

namespace netaio::daemon {
namespace {

using app::ExitCode;
using app::Failure;

[[noreturn]] void refuse_folder(const std::string& folder, const std::string& why) {
    throw Failure(ExitCode::other,
                  "daemon.socket: the folder '" + app::printable(folder) + "' " + why);
}

[[noreturn]] void cannot_make(const std::string& folder) {
    refuse_folder(folder, std::string("cannot be made: ") + std::strerror(errno) +
                              "; have root make it for the user of netaiod, or name another "
                              "by daemon.socket in the configuration or by XDG_RUNTIME_DIR");
}

// Whoever may write to a folder may put another one in the place of what is in it, unless it is
// sticky.
void check_above(const std::string& folder) {
    std::error_code error;
    std::filesystem::path above = std::filesystem::canonical(folder, error).parent_path();
    while (true) {
        struct stat status{};
        if (::stat(above.c_str(), &status) != 0) return;
        if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
            refuse_folder(folder, "can be replaced, as anybody may write to '" +
                                      app::printable(above.string()) +
                                      "'; chmod o-w that, or name a "
                                      "socket elsewhere");
        }
        if (above == above.parent_path()) return;
        above = above.parent_path();
    }
}

class OpenFolder {
public:
    explicit OpenFolder(const std::string& path)
        : fd_(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) {}
    ~OpenFolder() {
        if (fd_ >= 0) ::close(fd_);
    }
    OpenFolder(const OpenFolder&) = delete;
    OpenFolder& operator=(const OpenFolder&) = delete;
    int fd() const noexcept { return fd_; }

private:
    int fd_;
};

std::string octal(mode_t mode) {
    char text[8];
    std::snprintf(text, sizeof text, "%04o", static_cast<unsigned>(mode & 07777));
    return text;
}

// Gives the folder to its owner, who keeps the others out.
void hand_over(int fd, const std::string& folder, const ProcessOwner& owner, bool is_made) {
    struct stat status{};
    if (::fstat(fd, &status) != 0) cannot_make(folder);
    if (is_made && status.st_uid != owner.uid && ::fchown(fd, owner.uid, owner.gid) != 0) {
        cannot_make(folder);
    }
    if (owner.group && (is_made || status.st_gid != *owner.group)) {
        if (::fchown(fd, static_cast<uid_t>(-1), *owner.group) != 0) {
            refuse_folder(folder, "cannot be given to the group of daemon.group: " +
                                      std::string(std::strerror(errno)) +
                                      "; only members of a group can do that, and root");
        }
    }
    if (owner.group && ::fchmod(fd, 0750) != 0) cannot_make(folder);
}

void check_folder(int fd, const std::string& folder, const ProcessOwner& owner) {
    struct stat status{};
    if (::fstat(fd, &status) != 0) cannot_make(folder);
    if (status.st_uid != owner.uid) {
        refuse_folder(folder, "belongs to user " + std::to_string(status.st_uid) +
                                  ", not to netaiod's, " + std::to_string(owner.uid) +
                                  "; name a socket in a folder of its own");
    }
    const bool for_group = owner.group && status.st_gid == *owner.group;
    if ((status.st_mode & (for_group ? 0027u : 0077u)) != 0) {
        refuse_folder(folder, "lets others in (" + octal(status.st_mode) + "); chmod " +
                                  (for_group ? "750" : "700") +
                                  " it if nothing else is in it, or name a socket in a folder of "
                                  "its own");
    }
}

}  // namespace

void make_socket_folder(const std::string& socket, const ProcessOwner& owner) {
    const std::string folder = std::filesystem::path(socket).parent_path().string();
    const bool is_made = ::mkdir(folder.c_str(), 0700) == 0;
    if (!is_made && errno != EEXIST) cannot_make(folder);
    const OpenFolder open(folder);
    if (open.fd() < 0) {
        refuse_folder(folder, "is none, or a link to one, or cannot be opened: " +
                                  std::string(std::strerror(errno)));
    }
    check_above(folder);
    // One that is there has to be safe before anything is changed about it.
    if (!is_made) check_folder(open.fd(), folder, owner);
    hand_over(open.fd(), folder, owner, is_made);
    check_folder(open.fd(), folder, owner);
}

}  // namespace netaio::daemon
