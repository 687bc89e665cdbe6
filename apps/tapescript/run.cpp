#include "run.hpp"

#include <iostream>
#include <memory>
#include <netaio/tapescript/bytes.hpp>

#include "cache_file.hpp"
#include "exit_code.hpp"
#include "output.hpp"
#include "run_arguments.hpp"
#include "scripts.hpp"
#include "text.hpp"
#include "tool.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

using Json = nlohmann::ordered_json;

struct RunCommand {
    std::vector<std::string> scripts;
    RunArguments run;
    bool json = false;
};

int run(const RunCommand& arguments) {
    const tapescript::RunOptions options = run_options(arguments.run);
    const tapescript::Script script = read_script(arguments.scripts.front(), {.run = options});
    const auto result = tapescript::run_script(script.code, options);
    if (arguments.json) {
        write_line(json_text(run_json(result)));
    } else {
        write_text(shown(result));
    }
    if (result) return static_cast<int>(ExitCode::done);
    std::cerr << "tapescript: the script failed: " << printable(result.error->type) << ": "
              << printable(result.error->text) << '\n';
    return script_failed;
}

int auth(const RunCommand& arguments) {
    const tapescript::RunOptions options = run_options(arguments.run);
    std::vector<tapescript::Script> scripts;
    for (const std::string& name : arguments.scripts) {
        scripts.push_back(read_script(name, {.run = options}));
    }
    std::vector<std::string_view> codes;
    for (const tapescript::Script& script : scripts) codes.emplace_back(script.code);
    const auto result = tapescript::run_auth_scripts_verbosely(codes, options);
    if (arguments.json) {
        Json object = {{"valid", !result.error}};
        if (result.error) object["error"] = run_json(result)["error"];
        write_line(json_text(object));
    } else {
        write_line(result ? "true" : "false");
    }
    if (result) return static_cast<int>(ExitCode::done);
    std::cerr << "tapescript: not opened: " << printable(result.error->type) << ": "
              << printable(result.error->text) << '\n';
    return script_failed;
}

}  // namespace

nlohmann::ordered_json run_json(const tapescript::RunResult& result) {
    Json object = {{"ok", !result.error}};
    if (result.error) {
        // Texts of scripts may be no UTF-8.
        object["error"] = {{"type", printable(result.error->type)},
                           {"text", printable(result.error->text)}};
    }
    object["stack"] = Json::array();
    for (const std::string& item : result.stack.items()) {
        object["stack"].push_back(tapescript::to_hex(item));
    }
    object["cache"] = cache_json(result.cache);
    object["used"] = {{"operations", result.used.operations},
                      {"bytes", result.used.bytes},
                      {"work", result.used.work}};
    return object;
}

std::string shown(const tapescript::RunResult& result) {
    std::string text = "stack:\n";
    for (const std::string& item : result.stack.items()) {
        text += "  0x" + tapescript::to_hex(item) + "\n";
    }
    return text + "cache:\n" + shown(result.cache);
}

void add_run_commands(CLI::App& app, Chosen& chosen) {
    auto arguments = std::make_shared<RunCommand>();
    CLI::App& run_command =
        *app.add_subcommand("run", "Run a script; show the stack, bottom first, and the cache.");
    add_list(run_command, "SCRIPT", arguments->scripts, "")->required()->type_name("");
    add_run_options(run_command, arguments->run);
    run_command.add_flag("--json", arguments->json, "print an object");
    run_command.callback([=, &chosen] { chosen = [=] { return run(*arguments); }; });

    CLI::App& auth_command = *app.add_subcommand(
        "auth", "Say whether scripts, run one after the other, open: the witness, then the lock.");
    add_rest(auth_command, "SCRIPT", arguments->scripts, "")->required()->type_name("");
    add_run_options(auth_command, arguments->run);
    auth_command.add_flag("--json", arguments->json, "print an object");
    auth_command.callback([=, &chosen] { chosen = [=] { return auth(*arguments); }; });
}

}  // namespace netaio::app
