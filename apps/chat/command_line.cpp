#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <clocale>
#include <filesystem>
#include <functional>
#include <netaio/chat/files.hpp>
#include <netaio/chat/limits.hpp>

#include "endpoint.hpp"
#include "error_sentence.hpp"
#include "exit_code.hpp"
#include "key_of.hpp"
#include "logging.hpp"
#include "names.hpp"
#include "program.hpp"
#include "relay_program.hpp"
#include "run_program.hpp"
#include "seed_file.hpp"
#include "signals.hpp"
#include "text.hpp"
#include "values.hpp"

namespace netaio::chat_app {
namespace {

using app::ExitCode;

struct CommandLine {
    ChatOptions chat;
    std::string folder = default_folder();
    std::string passphrase_file;
    std::string relay;
    std::string daemon;
    std::string read_receipts;
    std::string files;
    std::string file_limit = "10M";
    bool through_daemon = false;
    bool no_lan = false;

    std::vector<std::string> listen = {"127.0.0.1:8890"};
    std::string relay_file;
};

constexpr const char* footer =
    "Say /help in the chat for what can be typed there.\n"
    "\n"
    "Exit codes:\n"
    "  0  done\n"
    "  1  something else went wrong\n"
    "  2  wrong usage\n"
    "  8  interrupted by a second signal";

ServerName server_name(const std::string& text) {
    const app::Endpoint endpoint = app::parse_endpoint(text);
    return {endpoint.host, endpoint.port};
}

// ADDRESS, or ADDRESS#KEY.
void take_relay(std::string text, ChatOptions& options) {
    const std::size_t mark = text.rfind('#');
    if (mark != text.npos) options.relay_key = parse_session_key(text.substr(mark + 1));
    if (options.relay_key) {
        text.resize(mark);
    } else if (mark != text.npos && !text.starts_with("unix:")) {
        throw app::Failure(ExitCode::usage,
                           "--relay: what follows # is no key of 64 hexadecimal digits, as "
                           "netaio-chat relay says it when it starts");
    }
    options.relay = server_name(text);
}

// Bytes, or so many KiB, MiB or GiB.
std::uint64_t size_in(const std::string& text) {
    constexpr std::string_view units = "KMG";
    std::uint64_t size = 0;
    const char* const end = text.data() + text.size();
    const auto [unit, error] = std::from_chars(text.data(), end, size);
    const std::size_t power = unit == end ? 0 : units.find(*unit) + 1;
    const bool is_size = error == std::errc() && (unit == end || (power > 0 && unit + 1 == end));
    if (!is_size || size > chat::file_size_max >> 10 * power) {
        throw app::Failure(ExitCode::usage,
                           "--file-limit: '" + text +
                               "' is no size up to 1024G: give bytes, or such as 500K, 10M, 2G");
    }
    return size << 10 * power;
}

// Files are called by it.
bool names_no_file(const std::string& word) {
    return word.empty() || word.front() == '.' || word.find('/') != std::string::npos;
}

int chat(CommandLine& given) {
    if (given.chat.name.empty() || given.chat.name.size() > chat::name_size_max ||
        names_no_file(as_word(given.chat.name))) {
        throw app::Failure(ExitCode::usage, "say what you are called: netaio-chat NAME, of 1 to " +
                                                std::to_string(chat::name_size_max) +
                                                " bytes, without '/' and not beginning with '.'");
    }
    if (!given.relay.empty()) {
        take_relay(given.relay, given.chat);
    }
    if (given.through_daemon) {
        given.chat.daemon = given.daemon;
    }
    given.chat.lan = !given.no_lan;
    if (!given.read_receipts.empty()) {
        given.chat.read_receipts = given.read_receipts == "yes";
    }
    make_folder(given.folder);
    const std::string base = given.folder + '/' + as_word(given.chat.name);
    given.chat.file = base + ".chat";
    given.chat.known_relays = given.folder + "/known_relays";
    const std::string files = given.files.empty() ? base + ".files" : given.files;
    given.chat.files = {std::filesystem::absolute(files), size_in(given.file_limit)};
    const chat::Identity identity = identity_of(base + ".key", given.passphrase_file);
    return run_chat(identity, given.chat);
}

// Of keys and of what is kept.
int with_sentences(const std::function<int()>& work) try {
    return work();
} catch (const Error& error) {
    throw app::Failure(ExitCode::other, error_sentence(error));
}

int relay(const CommandLine& given) {
    RelayOptions options;
    options.server.interfaces = {};
    for (const std::string& text : given.listen) {
        options.server.endpoints.push_back(app::resolve(app::parse_endpoint(text)));
    }
    options.server.handle_signals = false;
    options.server.environment.log = app::make_log(given.chat.log_level);
    options.file = given.relay_file;
    if (options.file.empty()) {
        make_folder(given.folder);
        options.file = given.folder + "/relay.mail";
    }
    options.seed = app::kept_or_new_seed(options.file + ".seed");
    return run_relay(options);
}

void add_chat_options(CLI::App& command, CommandLine& given) {
    command.add_option("NAME", given.chat.name, "what others see you called");
    command.add_option("--folder", given.folder, "where the key and what was said are kept")
        ->type_name("FOLDER");
    command.add_flag("--plain", given.chat.plain, "lines in and out, in place of a screen");
    command
        .add_option("--relay", given.relay,
                    "who keeps messages for people who are away: HOST:PORT[#KEY] or unix:PATH")
        ->type_name("ADDRESS");
    command
        .add_option("--read-receipts", given.read_receipts,
                    "tell people what of theirs was shown to you, now and later; no unless said")
        ->check(CLI::IsMember({"yes", "no"}))
        ->type_name("yes|no");
    command.add_flag("--no-lan", given.no_lan, "meet nobody on the network directly");
    command.add_option("--interface", given.chat.interfaces,
                       "meet people on this one alone; may repeat, all unless given");
    command.add_option("--port", given.chat.port, "the port where people meet")
        ->capture_default_str();
    command
        .add_option_function<std::string>(
            "--daemon",
            [&given](const std::string& socket) {
                given.through_daemon = true;
                given.daemon = socket;
            },
            "meet people through netaiod, at its socket")
        ->type_name("SOCKET")
        ->expected(0, 1)
        ->default_str("");
    command
        .add_option("--passphrase-file", given.passphrase_file,
                    "its first line opens the key; else it is asked for on a terminal")
        ->type_name("FILE");
    command.add_option("--files", given.files, "where files of others are kept")
        ->type_name("FOLDER");
    command
        .add_option("--file-limit", given.file_limit,
                    "the largest file that is taken without asking, such as 500K, 10M; 0 for none")
        ->type_name("SIZE")
        ->capture_default_str();
    app::add_log_option(command, given.chat.log_level);
}

int parse_and_act(int argc, const char* const* argv) {
    CLI::App command("Chats, sealed from end to end, with people on the network and beyond.",
                     "netaio-chat");
    command.set_version_flag("--version", "netaio-chat " NETAIO_VERSION);
    command.get_formatter()->column_width(30);
    command.failure_message([](const CLI::App*, const CLI::Error& error) {
        return "netaio-chat: " + app::sentence(std::string(error.what())) +
               "; see netaio-chat --help\n";
    });
    command.footer(footer);
    CommandLine given;
    add_chat_options(command, given);
    auto* const relaying = command.add_subcommand(
        "relay", "keep messages for people who are away, without being able to read them");
    relaying->add_option("--listen", given.listen, "where; may repeat")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    relaying->add_option("--file", given.relay_file, "the database of what is kept")
        ->type_name("FILE");
    app::guard_values(command, {"--daemon"});
    if (const auto code = app::ended_by_words(command, argc, argv)) return *code;
    return with_sentences([&] { return *relaying ? relay(given) : chat(given); });
}

}  // namespace

int run(int argc, const char* const* argv) {
    return app::run_program("netaio-chat", [&] {
        std::setlocale(LC_CTYPE, "");
        app::log_as("netaio-chat");
        return parse_and_act(argc, argv);
    });
}

}  // namespace netaio::chat_app
