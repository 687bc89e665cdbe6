#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <netaio/access_rules.hpp>
#include <string>

namespace netaio::app {

/// Adds --rules with its file.
void add_rules_option(CLI::App& command, std::string& file);

/// The rules in the file; null for no file. Throws Failure.
std::shared_ptr<const AccessRules> load_rules(const std::string& file);

/// Reads the rules anew, and gives them to `take`; with an error nothing changes. Either is logged.
void reload_rules(const std::string& file,
                  const std::function<void(std::shared_ptr<const AccessRules>)>& take);

/// `1 rule`, `12 rules`.
std::string rule_count(const AccessRules& rules);

}  // namespace netaio::app
