#include "config_reader.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace netaio::daemon {
namespace {

// Writes all keys.
class Printer {
public:
    template <class Body>
    void table(const std::string& name, const Body& body) {
        text_ += (text_.empty() ? "[" : "\n[") + name + "]\n";
        body();
    }
    template <class Named, class Body>
    void each_named(const std::string& name, Named& all, const Body& body) {
        for (auto& [key, one] : all) table(name + '.' + key, [&] { body(one); });
    }
    template <class Value, class Kind>
    void key(const char* name, const Value& value, const Kind& kind, Applies) {
        const std::string written = kind.write(value);
        if (!written.empty()) text_ += std::string(name) + " = " + written + '\n';
    }
    void types(const MessageTypes& types) {
        std::string answers;
        table("types", [&] {
            for (int number = first_own_type; number <= 255; ++number) {
                const auto type = static_cast<MessageType>(number);
                if (!types.contains(type)) continue;
                const std::string name = toml_string(types.name(type));
                text_ += name + " = " + number_text(number) + '\n';
                const MessageType answer = types.answer_to(type);
                if (answer != MessageType::ok) {
                    answers += name + " = " + toml_string(types.name(answer)) + '\n';
                }
            }
        });
        table("answers", [&] { text_ += answers; });
    }
    const std::filesystem::path& folder() const noexcept { return folder_; }
    const std::string& text() const noexcept { return text_; }

private:
    std::filesystem::path folder_;
    std::string text_;
};

// Takes down what is used when a daemon starts.
class Comparer {
public:
    using Written = std::vector<std::pair<std::string, std::string>>;

    template <class Body>
    void table(const std::string& name, const Body& body) {
        table_ = name;
        body();
    }
    template <class Named, class Body>
    void each_named(const std::string& name, Named& all, const Body& body) {
        for (auto& [key, one] : all) table(name + '.' + key, [&] { body(one); });
    }
    template <class Value, class Kind>
    void key(const char* name, const Value& value, const Kind& kind, Applies applies) {
        if (applies == Applies::at_start) {
            written_.emplace_back(table_ + '.' + name, kind.write(value));
        }
    }
    void types(const MessageTypes& types) {
        Printer printer;
        printer.types(types);
        written_.emplace_back("types", printer.text());
    }
    const std::filesystem::path& folder() const noexcept { return folder_; }
    const Written& written() const noexcept { return written_; }

private:
    std::filesystem::path folder_;
    std::string table_;
    Written written_;
};

std::string file_text(const std::string& file) {
    require_file(file);
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream.is_open() || text.bad()) {
        throw ConfigError(
            placed(file, {}, "cannot be read: " + std::generic_category().message(errno)));
    }
    return text.str();
}

}  // namespace

// Of a pipe nobody knows when somebody writes to it, and a device may have no end.
void require_file(const std::string& file) {
    std::error_code ignored;
    const auto status = std::filesystem::status(file, ignored);
    if (std::filesystem::is_directory(status)) {
        throw ConfigError(placed(file, {}, "cannot be read: it is a directory"));
    }
    if (std::filesystem::is_other(status)) {
        throw ConfigError(placed(file, {}, "cannot be read: it is no regular file"));
    }
}

std::string default_socket() {
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    return std::string(folder && *folder == '/' ? folder : "/run") + "/netaio/netaiod.sock";
}

Config::Config() {
    protection.called = called_in("protection");
}

const app::ProtectionOptions& Config::protection_of(const ServerOptions& server) const {
    const auto& own = server.protection;
    const bool has_own = app::reads_secrets(own) || own.hashcash > 0;
    return server.plain || has_own ? own : protection;
}

app::SessionSettings Config::session_of(const ServerOptions& server) const {
    app::SessionSettings made = server.session;
    if (made.policy.empty()) {
        made.policy = !server.plain ? session.policy : made.any() ? "" : "off";
    }
    if (made.policy == "off") return made;
    made.seed = session.seed;
    if (made.known_peers.empty()) made.known_peers = session.known_peers;
    return made;
}

app::SessionSettings Config::session_of_clients() const {
    return {.policy = session.policy, .seed = session.seed, .peer_keys = tcp.peer_keys};
}

std::string placed(const std::string& file, const Place& place, const std::string& sentence) {
    const std::string at =
        place.line == 0 ? ""
                        : ':' + std::to_string(place.line) + ':' + std::to_string(place.column);
    return file + at + ": " + sentence;
}

Config parse_config(std::string_view text, const std::string& file) {
    return Reader(file).read(text);
}

Config load_config(const std::string& file) {
    return parse_config(file_text(file), file);
}

std::string print_config(const Config& config) {
    Printer printer;
    each_key(printer, config);
    return printer.text();
}

std::vector<std::string> needs_restart(const Config& now, const Config& next) {
    Comparer before;
    each_key(before, now);
    Comparer after;
    each_key(after, next);
    std::vector<std::string> keys;
    const auto differs = [](const Comparer::Written& all, const auto& one) {
        return std::ranges::find(all, one) == all.end();
    };
    for (const auto& one : after.written()) {
        if (differs(before.written(), one)) keys.push_back(one.first);
    }
    for (const auto& one : before.written()) {
        const bool is_named =
            std::ranges::find(after.written(), one.first, &Comparer::Written::value_type::first) !=
            after.written().end();
        if (!is_named) keys.push_back(one.first);
    }
    return keys;
}

}  // namespace netaio::daemon
