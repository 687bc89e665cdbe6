#pragma once

#include <string>

#include "privileges.hpp"

namespace netaio::daemon {

/// Makes the folder of a socket, where it is missing, for its owner alone (0700), or also for the
/// members of a group (0750). Throws Failure where it cannot be made, is there but another's, lets
/// others in, or where others may replace it.
void make_socket_folder(const std::string& socket, const ProcessOwner& owner);

}  // namespace netaio::daemon
