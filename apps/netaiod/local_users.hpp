#pragma once

#include <cstdint>
#include <netaio/connection.hpp>
#include <optional>
#include <set>

#include "config.hpp"

namespace netaio::daemon {

/// Who of this machine may connect: the daemon's own user, those named, and the members of the
/// groups named, as the system has them when this is made. A value; asks the system nothing later.
class LocalUsers {
public:
    /// Throws Failure for who does not exist.
    explicit LocalUsers(const LocalOptions& options);

    /// Nobody without credentials.
    bool allow(const std::optional<Credentials>& who) const;

    /// Their numbers.
    const std::set<std::uint32_t>& users() const noexcept { return users_; }
    const std::set<std::uint32_t>& groups() const noexcept { return groups_; }

private:
    std::set<std::uint32_t> users_;
    std::set<std::uint32_t> groups_;
};

}  // namespace netaio::daemon
