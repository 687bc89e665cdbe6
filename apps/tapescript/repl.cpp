#include <algorithm>
#include <bit>
#include <ctime>
#include <iostream>
#include <memory>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/decompiler.hpp>

#include "cache_file.hpp"
#include "exit_code.hpp"
#include "line_reader.hpp"
#include "output.hpp"
#include "run.hpp"
#include "run_arguments.hpp"
#include "scripts.hpp"
#include "session.hpp"
#include "text.hpp"
#include "tool.hpp"

namespace netaio::app {
namespace {

using namespace tapescript;

constexpr std::string_view help =
    "Statements are compiled and run; stack, cache, definitions and macros stay.\n"
    "An open { or ( goes on in the next line. Beside them:\n"
    "  show            stack, cache and flags\n"
    "  clear           take everything off the stack\n"
    "  ~~ DIGITS       decompile byte code\n"
    "  ~d  ~f  ~s      the top item as a number, a float, a text\n"
    "  ~ts             set the timestamp to now\n"
    "  ~sfN [VALUE]    show sigfield N, or set it: a text, xDIGITS or @FILE\n"
    "  help, ?         this\n"
    "  quit, exit, q   end\n";

struct ReplCommand {
    RunArguments run;
    bool json = false;
};

std::ptrdiff_t open_brackets(std::string_view source) {
    const auto count = [&](char c) { return std::count(source.begin(), source.end(), c); };
    return std::max<std::ptrdiff_t>(0, count('{') - count('}')) +
           std::max<std::ptrdiff_t>(0, count('(') - count(')'));
}

std::string shown_float(std::string_view bytes) {
    if (bytes.size() != sizeof(float)) return "not a float: it has not 4 bytes";
    std::uint32_t number = 0;
    for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
    return std::to_string(std::bit_cast<float>(number));
}

class Repl {
public:
    explicit Repl(const ReplCommand& arguments)
        : session_(run_options(arguments.run)), json_(arguments.json) {}

    int run();

private:
    std::optional<std::string> read();
    bool inspect(const std::string& command, const std::string& rest);
    void execute(const std::string& source);
    void show_top(const std::string& command);
    void field(const std::string& command, const std::string& value);
    void decompile_digits(std::string digits);
    std::string shown_flags() const;
    void complain(const std::string& text) {
        failed_ = true;
        std::cerr << printable(text) << '\n';
    }

    LineReader reader_;
    ReplSession session_;
    bool json_;
    bool failed_ = false;
};

int Repl::run() {
    if (reader_.on_terminal()) write_line("tapescript " NETAIO_VERSION "; ? for help");
    while (const auto source = read()) {
        const std::size_t start = std::min(source->find_first_not_of(" \t\r\n"), source->size());
        const std::string text = source->substr(start);
        const std::size_t space = std::min(text.find_first_of(" \t\r\n"), text.size());
        const std::string command = text.substr(0, space);
        const std::string rest = text.substr(std::min(space + 1, text.size()));
        if (command == "quit" || command == "exit" || command == "q") break;
        if (command == "return" && rest.empty()) break;
        if (text.empty() || inspect(command, rest)) continue;
        execute(text);
    }
    // Someone at a terminal has seen what failed.
    const bool failed = failed_ && !reader_.on_terminal();
    return failed ? script_failed : static_cast<int>(ExitCode::done);
}

// A line, and more of them while brackets are open.
std::optional<std::string> Repl::read() {
    auto source = reader_.read("> ");
    while (source && open_brackets(*source) > 0) {
        const auto depth = static_cast<std::size_t>(open_brackets(*source));
        const auto more = reader_.read(std::string(2 * depth, ' ') + "> ");
        if (!more) break;
        *source += '\n' + *more;
    }
    return source;
}

// Whether it was a command, and no statement.
bool Repl::inspect(const std::string& command, const std::string& rest) {
    if (command == "help" || command == "?") {
        write_text(std::string(help));
    } else if (command == "show" && rest.empty()) {
        write_text(shown(session_.state()) + shown_flags());
    } else if (command == "clear" && rest.empty()) {
        session_.clear_stack();
    } else if (command == "~d" || command == "~f" || command == "~s") {
        show_top(command);
    } else if (command == "~ts") {
        const std::int64_t now = std::time(nullptr);
        session_.cache().named["timestamp"] = Integer(now);
        write_line(std::to_string(now));
    } else if (command == "~~") {
        decompile_digits(rest);
    } else if (command.starts_with("~sf")) {
        field(command, rest);
    } else {
        return false;
    }
    return true;
}

void Repl::execute(const std::string& source) {
    const RunResult& result = session_.run(source);
    if (json_) {
        write_line(json_text(run_json(result)));
    } else if (!result.error) {
        write_text(shown(result));
    }
    if (result.error) complain(result.error->type + ": " + result.error->text);
}

void Repl::show_top(const std::string& command) {
    const Stack& stack = session_.state().stack;
    if (stack.empty()) return complain("the stack is empty");
    const std::string_view top = stack.peek();
    if (command == "~d") {
        write_line(to_integer(top).str());
    } else if (command == "~f") {
        write_line(shown_float(top));
    } else {
        write_line(printable(top));
    }
}

void Repl::field(const std::string& command, const std::string& value) {
    constexpr std::size_t prefix = 3;
    const std::string number = command.substr(prefix);
    if (number.size() != 1 || number < "1" || number > "8") {
        return complain("sigfields are ~sf1 to ~sf8");
    }
    auto& named = session_.cache().named;
    const std::string name = "sigfield" + number;
    try {
        if (!value.empty()) {
            const bool digits = value.starts_with('x') && from_hex(value.substr(1));
            named[name] = Value(digits ? *from_hex(value.substr(1)) : read_value(value));
        }
    } catch (const Failure& failure) {
        return complain(failure.what());
    }
    const auto found = named.find(name);
    write_line(found == named.end() ? "not set" : shown(found->second));
}

void Repl::decompile_digits(std::string digits) {
    if (digits.starts_with("0x")) digits.erase(0, 2);
    if (digits.starts_with('x')) digits.erase(0, 1);
    const auto code = from_hex(digits);
    if (!code) return complain("not an even count of hexadecimal digits");
    const auto lines = decompile(*code);
    if (!lines) return complain(lines.error().text);
    for (const std::string& line : *lines) write_line(line);
}

std::string Repl::shown_flags() const {
    std::string lines = "flags:\n";
    for (const auto& [key, value] : session_.state().flags) {
        const auto* name = std::get_if<std::string>(&key);
        lines += "  " + (name ? printable(*name) : std::to_string(std::get<std::int64_t>(key))) +
                 ": " + shown(value) + "\n";
    }
    return lines;
}

}  // namespace

void add_repl_command(CLI::App& app, Chosen& chosen) {
    auto arguments = std::make_shared<ReplCommand>();
    CLI::App& repl = *app.add_subcommand(
        "repl", "Read statements, run them, show what they did. From a pipe, without prompt.");
    add_run_options(repl, arguments->run);
    repl.add_flag("--json", arguments->json, "print an object after each of them");
    repl.callback([=, &chosen] { chosen = [=] { return Repl(*arguments).run(); }; });
}

}  // namespace netaio::app
