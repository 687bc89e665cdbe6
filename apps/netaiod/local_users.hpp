#pragma once

#include <cstdint>
#include <netaio/connection.hpp>
#include <set>

namespace netaio::daemon {

struct LocalOptions;

/// Who of this machine may connect: the daemon's own user, those named, and the members of the
/// groups named, as the system has them when this is made. A value; asks the system nothing later.
class LocalUsers {
public:
    /// The daemon's own user alone.
    LocalUsers();
    /// Throws Failure for who does not exist.
    explicit LocalUsers(const LocalOptions& options);

    bool allow(const Credentials& who) const;

private:
    std::set<std::uint32_t> users_;
    std::set<std::uint32_t> groups_;
};

}  // namespace netaio::daemon
