#include "scripts.hpp"

#include <sodium.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <netaio/tapescript/bytes.hpp>
#include <nlohmann/json.hpp>

#include "exit_code.hpp"
#include "output.hpp"
#include "text.hpp"
#include "tool.hpp"

namespace netaio::app {
namespace {

constexpr std::size_t file_size_max = 16 << 20;

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void cannot(const char* what, const std::string& file) {
    throw Failure(ExitCode::other, std::string("cannot ") + what + " '" + printable(file) +
                                       "': " + std::strerror(errno));
}

std::string trimmed(std::string text) {
    const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
    while (!text.empty() && is_space(text.back())) text.pop_back();
    std::size_t start = 0;
    while (start < text.size() && is_space(text[start])) ++start;
    return text.substr(start);
}

std::string digits_of(const std::string& name, const std::string& digits) {
    auto bytes = tapescript::from_hex(trimmed(digits));
    if (!bytes) {
        throw Failure(ExitCode::usage,
                      printable(name) + ": not an even count of hexadecimal digits");
    }
    return *std::move(bytes);
}

tapescript::Script compiled(const std::string& name, const std::string& source,
                            const tapescript::CompileOptions& options) {
    auto script = tapescript::compile(source, options);
    if (!script) throw Failure(script_failed, explained(name, script.error()));
    return *std::move(script);
}

}  // namespace

std::string read_input(const std::string& name) {
    const File opened(name == "-" ? nullptr : std::fopen(name.c_str(), "rbe"));
    std::FILE* file = name == "-" ? stdin : opened.get();
    if (!file) cannot("open", name);
    std::string bytes;
    char part[1 << 16];
    while (const std::size_t size = std::fread(part, 1, sizeof part, file)) {
        bytes.append(part, size);
        if (bytes.size() > file_size_max) {
            throw Failure(ExitCode::other, "'" + printable(name) + "' is longer than 16 MiB");
        }
    }
    if (std::ferror(file) != 0) cannot("read", name);
    return bytes;
}

std::string read_source(const std::string& name) {
    constexpr std::size_t prefix = 4;
    return name.starts_with("src:") ? name.substr(prefix) : read_input(name);
}

tapescript::Script read_script(const std::string& name, const tapescript::CompileOptions& options) {
    constexpr std::size_t prefix = 4;
    if (name.starts_with("src:") || name.ends_with(".src")) {
        return compiled(name.starts_with("src:") ? "source" : name, read_source(name), options);
    }
    if (name.starts_with("hex:")) return {"", digits_of("hex:", name.substr(prefix))};
    std::string bytes = read_input(name);
    if (name.ends_with(".hex")) return {"", digits_of(name, bytes)};
    return {"", std::move(bytes)};
}

std::string read_value(const std::string& value) {
    constexpr std::size_t prefix = 4;
    if (value.starts_with('@')) return read_input(value.substr(1));
    if (value.starts_with("hex:")) return digits_of("hex:", value.substr(prefix));
    return value;
}

tapescript::Point read_point(const std::string& option, const std::string& value) {
    std::string bytes = value.starts_with('@') ? read_input(value.substr(1)) : value;
    if (bytes.size() != tapescript::Point::size) bytes = digits_of(option, bytes);
    if (bytes.size() != tapescript::Point::size) {
        throw Failure(ExitCode::usage, option + ": 64 hexadecimal digits are needed");
    }
    return tapescript::Point(bytes);
}

std::string read_key_file(const std::string& file) {
    std::string bytes = read_input(file);
    if (bytes.size() == tapescript::SigningKey::seed_size) return bytes;
    auto seed = tapescript::from_hex(trimmed(bytes));
    sodium_memzero(bytes.data(), bytes.size());
    if (!seed || seed->size() != tapescript::SigningKey::seed_size) {
        throw Failure(ExitCode::usage,
                      "'" + printable(file) + "' has neither 32 bytes nor 64 hexadecimal digits");
    }
    return *std::move(seed);
}

tapescript::SigningKey read_signing_key(const std::string& file) {
    std::string seed = read_key_file(file);
    tapescript::SigningKey key(seed);
    sodium_memzero(seed.data(), seed.size());
    return key;
}

tapescript::Scalar read_scalar(const std::string& file) {
    std::string bytes = read_key_file(file);
    tapescript::Scalar scalar(bytes);
    sodium_memzero(bytes.data(), bytes.size());
    return scalar;
}

std::uint8_t read_flags(const std::string& option, const std::string& digits) {
    const auto byte = tapescript::from_hex(digits.starts_with('x') ? digits.substr(1) : digits);
    if (!byte || byte->size() != 1) {
        throw Failure(ExitCode::usage, option + ": two hexadecimal digits are needed");
    }
    return static_cast<std::uint8_t>(byte->front());
}

void write_code(const std::string& code, const std::string& name) {
    if (name.empty()) return write_line(tapescript::to_hex(code));
    const File file(std::fopen(name.c_str(), "wbe"));
    if (!file) cannot("write", name);
    const std::string bytes = name.ends_with(".hex") ? tapescript::to_hex(code) + '\n' : code;
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file.get()) == bytes.size();
    if (!written || std::fflush(file.get()) != 0) cannot("write", name);
}

int show_script(const tapescript::Script& script, const std::string& file, bool json) {
    if (!file.empty() || !json) write_code(script.code, file);
    if (json) {
        nlohmann::ordered_json object;
        object["code"] = tapescript::to_hex(script.code);
        object["bytes"] = script.code.size();
        write_line(json_text(object));
    }
    return static_cast<int>(ExitCode::done);
}

std::string explained(const std::string& name, const tapescript::CompileError& error) {
    return printable(name) + ":" + printable(error.message());
}

}  // namespace netaio::app
