#include "unix_owner.hpp"

#include <grp.h>
#include <pwd.h>

#include <charconv>
#include <optional>

#include "exit_code.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

std::optional<std::uint32_t> number(std::string_view digits, int base) {
    std::uint32_t value = 0;
    const char* const end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
    constexpr auto nobody = static_cast<std::uint32_t>(-1);  // which changes nothing
    if (digits.empty() || error != std::errc() || stop != end || value == nobody) {
        return std::nullopt;
    }
    return value;
}

[[noreturn]] void refuse(const char* what, const std::string& name) {
    throw Failure(ExitCode::usage, std::string("there is no ") + what + " '" + printable(name) +
                                       "' here; --unix-owner takes USER, USER:GROUP or :GROUP, by "
                                       "names or numbers");
}

}  // namespace

std::optional<std::uint32_t> find_user(const std::string& name) {
    if (const auto id = number(name, 10)) return *id;
    const passwd* const found = ::getpwnam(name.c_str());
    return found ? std::optional<std::uint32_t>(found->pw_uid) : std::nullopt;
}

std::optional<std::uint32_t> find_group(const std::string& name) {
    if (const auto id = number(name, 10)) return *id;
    const ::group* const found = ::getgrnam(name.c_str());
    return found ? std::optional<std::uint32_t>(found->gr_gid) : std::nullopt;
}

CLI::Validator file_mode() {
    return CLI::Validator(
        [](std::string& text) {
            const auto mode = number(text, 8);
            return mode && *mode <= 0777
                       ? std::string()
                       : "'" + printable(text) + "' is no mode such as 0600 or 0660";
        },
        "");
}

UnixSocketOptions unix_socket_options(const std::string& mode, const std::string& owner) {
    UnixSocketOptions made;
    made.mode = number(mode, 8).value_or(made.mode);
    const std::size_t colon = owner.find(':');
    const std::string who = owner.substr(0, colon);
    if (!who.empty()) {
        made.owner = find_user(who);
        if (!made.owner) refuse("user", who);
    }
    if (colon != std::string::npos) {
        made.group = find_group(owner.substr(colon + 1));
        if (!made.group) refuse("group", owner.substr(colon + 1));
    }
    return made;
}

}  // namespace netaio::app
