#include "rules.hpp"

#include "exit_code.hpp"
#include "logging.hpp"

namespace netaio::app {

void add_rules_option(CLI::App& command, std::string& file) {
    command.add_option("--rules", file, "who may do what (see the manual); SIGHUP reads it again")
        ->type_name("FILE");
}

std::shared_ptr<const AccessRules> load_rules(const std::string& file) {
    if (file.empty()) return nullptr;
    try {
        return AccessRules::load(file);
    } catch (const AccessRulesError& error) {
        throw Failure(ExitCode::usage, error.what());
    }
}

void reload_rules(const std::string& file,
                  const std::function<void(std::shared_ptr<const AccessRules>)>& take) {
    try {
        const auto rules = AccessRules::load(file);
        take(rules);
        announce("SIGHUP: read " + rule_count(*rules) + " from " + file);
    } catch (const AccessRulesError& error) {
        announce(std::string("SIGHUP: the rules stay as they were: ") + error.what());
    }
}

std::string rule_count(const AccessRules& rules) {
    const std::size_t count = rules.rules().size();
    return std::to_string(count) + (count == 1 ? " rule" : " rules");
}

}  // namespace netaio::app
