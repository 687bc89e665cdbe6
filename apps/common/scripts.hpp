#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <netaio/tapescript_auth.hpp>
#include <string>
#include <string_view>

#include "freshness.hpp"

namespace netaio::app {

/// What whoever gave options calls one, such as `max-age`: `--max-age`, or a key of a file.
using Called = std::function<std::string(std::string_view option)>;

/// As on a command line.
std::string called_on_command_line(std::string_view option);

/// The options for authentication with scripts, as given.
struct ScriptOptions {
    std::string lock;
    std::string key;
    std::string witness = "single-sig";
};

void add_script_options(CLI::App& command, ScriptOptions& options, const std::string& group);

/// The plugin for the options, null without a lock. Throws Failure when a file is not what it is to
/// be, a lock and key are not both given, or the lock lets signatures leave out what makes a
/// message new.
std::shared_ptr<const AuthPlugin> make_script_auth(const ScriptOptions& options, Dialect dialect,
                                                   const FreshTerms& fresh, const Called& called);

/// How much uri and content together a witness can sign, in bytes.
std::size_t script_payload_max() noexcept;

}  // namespace netaio::app
