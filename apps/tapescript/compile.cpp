#include <iostream>
#include <memory>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/decompiler.hpp>
#include <nlohmann/json.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "scripts.hpp"
#include "text.hpp"
#include "tool.hpp"

namespace netaio::app {
namespace {

using Json = nlohmann::ordered_json;

struct CompileArguments {
    std::string script;
    std::string output;
    bool json = false;
};

Json error_json(const tapescript::CompileError& error) {
    Json object;
    object["type"] = error.type;
    object["line"] = error.line;
    object["column"] = error.column;
    object["found"] = error.found;
    object["expected"] = error.expected;
    return Json{{"error", object}};
}

int compile_source(const CompileArguments& arguments) {
    const auto script = tapescript::compile(read_source(arguments.script));
    if (script) return show_script(*script, arguments.output, arguments.json);
    const bool inlined = arguments.script.starts_with("src:");
    std::cerr << "tapescript: " << explained(inlined ? "source" : arguments.script, script.error())
              << '\n';
    if (arguments.json) write_line(json_text(error_json(script.error())));
    return script_failed;
}

int decompile_code(const CompileArguments& arguments) {
    const auto lines = tapescript::decompile(read_script(arguments.script).code);
    if (!lines) {
        std::cerr << "tapescript: " << printable(arguments.script) << ": " << lines.error().text
                  << '\n';
        if (arguments.json) {
            const Json error = {{"type", lines.error().type}, {"text", lines.error().text}};
            write_line(json_text(Json{{"error", error}}));
        }
        return script_failed;
    }
    if (arguments.json) {
        write_line(json_text(Json{{"lines", *lines}}));
    } else {
        for (const std::string& line : *lines) write_line(line);
    }
    return static_cast<int>(ExitCode::done);
}

}  // namespace

void add_compile_commands(CLI::App& app, Chosen& chosen) {
    auto arguments = std::make_shared<CompileArguments>();
    CLI::App& compile = *app.add_subcommand("compile", "Make byte code of source.");
    compile.add_option("SOURCE", arguments->script, "a file, - or src:SOURCE")
        ->required()
        ->type_name("");
    compile
        .add_option("OUTPUT,-o,--output", arguments->output,
                    "where the code goes; digits when it ends in .hex, or without it on stdout")
        ->type_name("FILE");
    compile.add_flag("--json", arguments->json, "print an object with the code, or the error");
    compile.callback([=, &chosen] { chosen = [=] { return compile_source(*arguments); }; });

    CLI::App& decompile = *app.add_subcommand("decompile", "Make source of byte code.");
    decompile.add_option("SCRIPT", arguments->script, "")->required()->type_name("");
    decompile.add_flag("--json", arguments->json, "print an object with the lines, or the error");
    decompile.callback([=, &chosen] { chosen = [=] { return decompile_code(*arguments); }; });
}

}  // namespace netaio::app
