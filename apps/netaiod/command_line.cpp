#include "command_line.hpp"

#include <CLI/CLI.hpp>

#include "exit_code.hpp"
#include "holdings.hpp"
#include "logging.hpp"
#include "output.hpp"
#include "process.hpp"
#include "run_program.hpp"
#include "signals.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::daemon {
namespace {

using app::ExitCode;

struct CommandLine {
    std::string config;
    std::string checked;
    bool print = false;
    std::string printed;
};

constexpr const char* footer =
    "Signals: SIGHUP reads the configuration again, SIGUSR1 logs the status, SIGTERM and SIGINT "
    "end it.\n"
    "\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  something else went wrong\n"
    "  2  wrong usage, or a wrong configuration\n"
    "  8  interrupted by a second signal\n"
    "\n"
    "The manual: man netaiod";

// Looks at all that a daemon would.
int check(const std::string& file) {
    const Config config = load_config(file);
    hold(config);
    warn_of(config);
    app::write_line(file + ": sound");
    return static_cast<int>(ExitCode::done);
}

int act(const CommandLine& given) {
    if (!given.checked.empty()) return check(given.checked);
    const std::string& file = given.printed.empty() ? given.config : given.printed;
    const Config config = file.empty() ? Config() : load_config(file);
    if (given.print) {
        app::write_text(print_config(config));
        return static_cast<int>(ExitCode::done);
    }
    app::end_at_once_on_signals();
    return run_daemon(config);
}

int parse_and_act(int argc, const char* const* argv) {
    CLI::App command("Carries the messages of this machine's programs.", "netaiod");
    command.set_version_flag("--version", "netaiod " NETAIO_VERSION);
    command.get_formatter()->column_width(30);
    command.failure_message([](const CLI::App*, const CLI::Error& error) {
        return "netaiod: " + app::sentence(std::string(error.what())) + "; see netaiod --help\n";
    });
    command.footer(footer);
    CommandLine given;
    auto* config = command.add_option("--config", given.config,
                                      "the configuration; without, all is as by default");
    config->type_name("FILE");
    auto* print = command.add_flag("--print-config", given.print,
                                   "print it whole, with what it leaves to defaults, and end");
    command.add_option("FILE", given.printed, "the configuration that --print-config prints")
        ->type_name("")
        ->needs(print)
        ->excludes(config);
    command.add_option("--check", given.checked, "tell whether a configuration is sound, and end")
        ->type_name("FILE")
        ->excludes(config)
        ->excludes(print);
    app::guard_values(command, {});
    if (const auto code = app::ended_by_words(command, argc, argv)) return *code;
    return act(given);
}

}  // namespace

int run(int argc, const char* const* argv) noexcept {
    return app::run_program("netaiod", [&] {
        app::log_as("netaiod");
        try {
            return parse_and_act(argc, argv);
        } catch (const ConfigError& error) {
            // Each line has its place in front, as editors want it.
            return app::end_badly(static_cast<int>(ExitCode::usage),
                                  app::printable(std::string(error.what()), app::Lines::keep));
        }
    });
}

}  // namespace netaio::daemon
