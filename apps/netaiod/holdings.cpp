#include "holdings.hpp"

#include <algorithm>

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
    attempts.end();
    return {std::move(*users), std::move(*local), std::move(*remote), std::move(*protection),
            std::move(servers)};
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
