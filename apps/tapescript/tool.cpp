#include "tool.hpp"

#include <stdexcept>

#include "exit_code.hpp"
#include "run_program.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

std::string footer() {
    return "SCRIPT is a file: source when its name ends in .src, hexadecimal digits when it ends "
           "in\n"
           ".hex, else byte code; or - for standard input, hex:DIGITS, or src:SOURCE.\n"
           "VALUE is a text, hex:DIGITS, or @FILE.\n"
           "\n"
           "Exit codes:\n"
           "  0  done; auth: the scripts open\n"
           "  1  something else went wrong\n"
           "  2  wrong usage\n"
           "  3  the script does not compile or decompile, failed, or does not open\n";
}

std::string examples() {
    return "Examples:\n"
           "  tapescript\n"
           "  tapescript compile lock.src lock.bin\n"
           "  tapescript run src:'push d2 push d3 add_ints d2' --json\n"
           "  tapescript key alice.key --new -o alice.pub\n"
           "  tapescript lock single-sig --public @alice.pub -o lock.bin\n"
           "  tapescript witness single-sig --key alice.key --sigfield1 hello -o witness.bin\n"
           "  tapescript auth witness.bin lock.bin --sigfield1 hello\n"
           "\n";
}

int parse_and_run(int argc, const char* const* argv) {
    CLI::App app("Scripts that say who may do what: compiles, runs and makes them.", "tapescript");
    app.set_version_flag("--version", "tapescript " NETAIO_VERSION);
    app.require_subcommand(0, 1);
    app.get_formatter()->column_width(30);
    app.failure_message([](const CLI::App*, const CLI::Error& error) {
        return "tapescript: " + sentence(error.what()) + "; see tapescript --help\n";
    });
    app.footer(footer());
    Chosen chosen;
    add_repl_command(app, chosen);
    add_compile_commands(app, chosen);
    add_run_commands(app, chosen);
    add_lock_command(app, chosen);
    add_witness_command(app, chosen);
    add_key_commands(app, chosen);
    app.footer(examples() + footer() + "\nWithout a command: repl. The manual: man tapescript");
    std::set<std::string> may_be_empty = {"--preimage"};
    for (char field = '1'; field <= '8'; ++field) {
        may_be_empty.insert(std::string("--sigfield") + field);
    }
    guard_values(app, may_be_empty);
    const auto choose = [&] {
        if (!chosen) app.parse("repl");
    };
    if (const auto code = ended_by_words(app, argc, argv, choose)) return *code;
    return chosen();
}

}  // namespace

int run_tapescript_tool(int argc, const char* const* argv) noexcept {
    return run_program("tapescript", [&] {
        try {
            return parse_and_run(argc, argv);
        } catch (const std::invalid_argument& refused) {
            throw Failure(ExitCode::usage, refused.what());
        }
    });
}

}  // namespace netaio::app
