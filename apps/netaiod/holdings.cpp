#include "holdings.hpp"

#include <algorithm>

#include "config_reader.hpp"
#include "endpoint.hpp"
#include "exit_code.hpp"
#include "logging.hpp"
#include "privileges.hpp"

namespace netaio::daemon {
namespace {

// Does work that may fail, and takes down why.
class Attempts {
public:
    explicit Attempts(const Config& config) : config_(config) {}

    template <class Work>
    auto make(const std::string& key, const Work& work) -> std::optional<decltype(work())> {
        try {
            return work();
        } catch (const AccessRulesError& error) {
            // Its place is in the rules, unless they are not there.
            note(error.line() > 0 ? error.what() : placed(config_.file, place(key), error.what()));
        } catch (const std::exception& error) {
            note(placed(config_.file, place(key, error.what()), error.what()));
        }
        return std::nullopt;
    }
    void end() const {
        if (!wrong_.empty()) throw ConfigError(wrong_);
    }

private:
    void note(const std::string& line) { wrong_ += (wrong_.empty() ? "" : "\n") + line; }

    // What is said begins with the key it is about, if it is about one.
    Place place(const std::string& key, const std::string& said = "") const {
        const auto& places = config_.places;
        auto at = places.find(said.substr(0, said.find_first_of(": ")));
        if (at == places.end()) at = places.find(key);
        return at == places.end() ? Place{} : at->second;
    }

    const Config& config_;
    std::string wrong_;
};

std::shared_ptr<const AccessRules> rules_in(const std::string& file, const MessageTypes& types) {
    if (file.empty()) {
        return nullptr;
    }
    require_file(file);
    return AccessRules::load(file, types);
}

// What is said of sessions, about keys of a table.
app::Called keys_of(const std::string& table) {
    return [in_table = called_in(table)](std::string_view option) {
        return option == "peer-key" ? in_table("peer-keys") : in_table(option);
    };
}

}  // namespace

Holdings hold(const Config& config, std::shared_ptr<SeenMessages> seen) {
    Attempts attempts(config);
    attempts.make("daemon",
                  [&] { return process_owner(config.process.user, config.process.group); });
    auto users = attempts.make("local", [&] { return LocalUsers(config.local); });
    auto local =
        attempts.make("local.rules", [&] { return rules_in(config.local.rules, config.types); });
    auto remote = attempts.make("protection.rules",
                                [&] { return rules_in(config.remote_rules, config.types); });
    auto protection = attempts.make("protection", [&] {
        return app::make_protection(config.protection, {.stamps = app::Stamps::both, .seen = seen});
    });
    std::map<std::string, app::Protection> servers;
    for (const auto& [name, server] : config.servers) {
        const auto& options = config.protection_of(server);
        if (&options == &config.protection) {
            if (protection) servers.emplace(name, *protection);
            continue;
        }
        auto made = attempts.make("servers." + name, [&] {
            return app::make_protection(options, {.stamps = app::Stamps::pays, .seen = seen});
        });
        if (made) servers.emplace(name, std::move(*made));
    }
    using enum app::SessionEnd;
    std::optional<SessionOptions> with_clients = SessionOptions();
    if (!config.tcp.listen.empty()) {
        with_clients = attempts.make("tcp", [&] {
            return app::make_session_options(config.session_of_clients(), config.protection, server,
                                             keys_of("tcp"));
        });
    }
    std::optional<SessionOptions> with_nodes = SessionOptions();
    if (config.udp.enabled) {
        with_nodes = attempts.make("protection", [&] {
            return app::make_session_options(config.session, config.protection, node,
                                             keys_of("protection"));
        });
    }
    const auto with_addresses = attempts.make("protection", [&] {
        return app::make_session_options(config.session, config.protection, client,
                                         keys_of("protection"));
    });
    std::map<std::string, SessionOptions> with_servers;
    for (const auto& [name, one] : config.servers) {
        const std::string table = "servers." + name;
        auto made = attempts.make(table, [&] {
            return app::make_session_options(config.session_of(one), config.protection_of(one),
                                             client, keys_of(table));
        });
        if (made) with_servers.emplace(name, std::move(*made));
    }
    attempts.end();
    return {std::move(*users),      std::move(*local),  std::move(*remote),
            std::move(*protection), std::move(servers), std::move(*with_clients),
            std::move(*with_nodes), *with_addresses,    std::move(with_servers)};
}

void warn_of(const Config& config) {
    const bool exposed =
        config.udp.enabled || !std::ranges::all_of(config.tcp.listen, app::is_loopback);
    if (exposed && !app::authenticates(config.protection)) {
        app::warn(
            "whoever reaches this machine may send messages to its programs; give [protection] "
            "hmac");
    }
}

}  // namespace netaio::daemon
