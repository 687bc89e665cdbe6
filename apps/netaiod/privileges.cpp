#include "privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>
#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "exit_code.hpp"
#include "text.hpp"
#include "unix_owner.hpp"

namespace netaio::daemon {
namespace {

using app::ExitCode;
using app::Failure;

[[noreturn]] void cannot_drop(const char* what) {
    throw Failure(ExitCode::other, std::string("cannot ") + what + ": " + std::strerror(errno));
}

void drop_capabilities() {
#ifdef __linux__
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2]{};
    if (::syscall(SYS_capset, &header, none) != 0) cannot_drop("give up capabilities");
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
}

}  // namespace

ProcessOwner process_owner(const std::string& user, const std::string& group) {
    ProcessOwner owner{.uid = ::geteuid(), .gid = ::getegid()};
    if (!user.empty()) {
        const auto uid = app::find_user(user);
        const passwd* const entry = uid ? ::getpwuid(*uid) : nullptr;
        if (!entry) {
            throw Failure(ExitCode::usage,
                          "daemon.user: there is no user '" + app::printable(user) + "' here");
        }
        owner.uid = *uid;
        owner.gid = entry->pw_gid;
    }
    if (!group.empty()) {
        owner.group = app::find_group(group);
        if (!owner.group) {
            throw Failure(ExitCode::usage,
                          "daemon.group: there is no group '" + app::printable(group) + "' here");
        }
    }
    return owner;
}

void require_can_become(const ProcessOwner& owner) {
    if (owner.uid == ::geteuid() || ::geteuid() == 0) return;
    throw Failure(ExitCode::usage, "daemon.user: only root can become user " +
                                       std::to_string(owner.uid) +
                                       "; start netaiod as that user, or leave this out");
}

void drop_privileges(const ProcessOwner& owner) {
    if (::geteuid() == 0) {
        std::vector<gid_t> groups{owner.gid};
        if (owner.group) groups.push_back(*owner.group);
        // Where a system has no other groups there are none to give up.
        if (::setgroups(groups.size(), groups.data()) != 0 && owner.uid != 0) {
            cannot_drop("give up groups");
        }
        if (::setgid(owner.gid) != 0 || ::setuid(owner.uid) != 0)
            cannot_drop("become another user");
        if (owner.uid != 0 && ::setuid(0) == 0) {
            throw Failure(ExitCode::other, "cannot stay another user");
        }
    }
    drop_capabilities();
}

}  // namespace netaio::daemon
