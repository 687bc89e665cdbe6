#include "local_users.hpp"

#include <grp.h>
#include <unistd.h>

#include "config.hpp"
#include "exit_code.hpp"
#include "text.hpp"
#include "unix_owner.hpp"

namespace netaio::daemon {
namespace {

[[noreturn]] void refuse_unknown(const char* key, const char* what, const std::string& name) {
    throw app::Failure(app::ExitCode::usage, std::string(key) + ": there is no " + what + " '" +
                                                 app::printable(name) + "' here");
}

}  // namespace

LocalUsers::LocalUsers() : users_{::geteuid()} {}

LocalUsers::LocalUsers(const LocalOptions& options) : LocalUsers() {
    for (const std::string& name : options.users) {
        const auto id = app::find_user(name);
        if (!id) refuse_unknown("local.users", "user", name);
        users_.insert(*id);
    }
    for (const std::string& name : options.groups) {
        const auto id = app::find_group(name);
        if (!id) refuse_unknown("local.groups", "group", name);
        groups_.insert(*id);
        const group* const entry = ::getgrgid(*id);
        if (!entry) continue;
        std::vector<std::string> members;
        for (char** member = entry->gr_mem; *member; ++member) members.emplace_back(*member);
        for (const std::string& member : members) {
            if (const auto user = app::find_user(member)) users_.insert(*user);
        }
    }
}

bool LocalUsers::allow(const Credentials& who) const {
    return users_.contains(who.uid) || groups_.contains(who.gid);
}

}  // namespace netaio::daemon
