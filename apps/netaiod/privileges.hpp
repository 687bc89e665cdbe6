#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace netaio::daemon {

/// Whose the process is to be.
struct ProcessOwner {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    /// A further group that it is to be in, whose members reach the socket.
    std::optional<std::uint32_t> group = std::nullopt;
};

/// Whose it is to be by the names or numbers in [daemon], empty ones for what it is. Throws Failure
/// for who does not exist.
ProcessOwner process_owner(const std::string& user, const std::string& group);

/// Throws Failure unless this process is that user's, or root's.
void require_can_become(const ProcessOwner& owner);

/// Becomes that owner, if root, for good, and without any other group; and gives up all
/// capabilities, and that programs it would run could have any. Throws Failure.
void drop_privileges(const ProcessOwner& owner);

}  // namespace netaio::daemon
