#pragma once

#include <map>
#include <memory>
#include <netaio/access_rules.hpp>
#include <netaio/session.hpp>
#include <string>

#include "config.hpp"
#include "local_users.hpp"

namespace netaio::daemon {

/// What a configuration only names: rules, secrets in files, users.
struct Holdings {
    LocalUsers users;
    std::shared_ptr<const AccessRules> local_rules;   ///< null: all may pass
    std::shared_ptr<const AccessRules> remote_rules;  ///< null: all may pass
    app::Protection protection;                       ///< towards other machines
    std::map<std::string, app::Protection> servers;   ///< by their names
    SessionOptions with_clients;                      ///< sessions with those of [tcp]
    SessionOptions with_nodes;                        ///< sessions with those of [udp]
    SessionOptions with_addresses;                    ///< with servers by their addresses alone
    std::map<std::string, SessionOptions> with_servers;
};

/// Reads all of it, or nothing: throws ConfigError, with a line for each thing that is wrong.
/// `seen` is what the plugins remember messages by (see app::make_lasting_seen); null for a look
/// only.
Holdings hold(const Config& config, std::shared_ptr<SeenMessages> seen = nullptr);

/// Says what makes a configuration less safe than it may be meant, as a warning for each.
void warn_of(const Config& config);

}  // namespace netaio::daemon
