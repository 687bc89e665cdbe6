#include "input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <set>
#include <string_view>

#include "descriptor.hpp"
#include "exit_code.hpp"
#include "logging.hpp"
#include "seed_file.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

// No secret is longer; it keeps a wrong path, such as a device, from being read without end.
constexpr std::size_t secret_size_max = 1 << 20;

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

// At most one byte more than asked for, which tells that there was more.
std::string read_all(std::FILE* file, const std::string& name, std::size_t size_max) {
    std::string bytes(size_max + 1, '\0');
    bytes.resize(std::fread(bytes.data(), 1, bytes.size(), file));
    if (std::ferror(file) != 0) {
        throw Failure(ExitCode::other, "cannot read " + name + ": " + std::strerror(errno));
    }
    return bytes;
}

enum class Kind { content, secret };

// Nobody waits for a secret.
std::FILE* secret_file(const std::string& path) {
    const int descriptor = open_at_once(path.c_str());
    return descriptor < 0 ? nullptr : ::fdopen(descriptor, "rb");
}

std::string read_file(const std::string& path, std::size_t size_max, Kind kind,
                      const std::string& option = "") {
    const std::unique_ptr<std::FILE, CloseFile> file(
        kind == Kind::secret ? secret_file(path) : std::fopen(path.c_str(), "rbe"));
    if (!file) {
        throw Failure(ExitCode::other, (option.empty() ? "" : option + ": ") + "cannot open '" +
                                           path + "': " + std::strerror(errno));
    }
    if (kind == Kind::secret) warn_if_readable_by_others(::fileno(file.get()), "secret", path);
    return read_all(file.get(), "'" + path + "'", size_max);
}

void strip_line_end(std::string& text) {
    if (text.ends_with('\n')) text.pop_back();
    if (text.ends_with('\r')) text.pop_back();
}

std::string secret_bytes(const std::string& option, const std::string& source) {
    if (source.starts_with('@')) {
        std::string bytes = read_file(source.substr(1), secret_size_max, Kind::secret, option);
        if (bytes.size() > secret_size_max) {
            throw Failure(ExitCode::local_limit,
                          option + ": '" + source.substr(1) + "' is longer than a secret of 1 MiB");
        }
        strip_line_end(bytes);
        return bytes;
    }
    if (source.starts_with("env:")) {
        const std::string name = source.substr(4);
        const char* value = std::getenv(name.c_str());
        if (!value) {
            throw Failure(ExitCode::usage,
                          option + ": the environment variable '" + name + "' is not set");
        }
        return value;
    }
    if (!source.empty()) {
        warn(
            option +
            ": others on this machine can see a secret on the command line; use @FILE or env:NAME");
    }
    return source;
}

Secret secret_of(const std::string& option, const std::string& source) {
    std::string bytes = secret_bytes(option, source);
    Secret secret{ByteView(bytes)};
    explicit_bzero(bytes.data(), bytes.size());
    return secret;
}

// How long the NAME of NAME=@FILE or NAME=env:NAME is; 0 without one.
std::size_t size_of_name(std::string_view given) {
    const std::size_t equals = given.find('=');
    if (equals == std::string_view::npos) return 0;
    const std::string_view source = given.substr(equals + 1);
    if (!source.starts_with('@') && !source.starts_with("env:")) return 0;
    if (!NamedSecret::is_name(given.substr(0, equals))) {
        throw Failure(ExitCode::usage,
                      "the name of a secret has letters, digits and .-_ only, and '" +
                          printable(given.substr(0, equals)) + "' is none");
    }
    return equals;
}

}  // namespace

std::string read_content(const std::string& source, ByteView uri, std::size_t payload_max) {
    if (uri.size() > payload_max) {
        throw Failure(ExitCode::local_limit, "the uri is " + std::to_string(uri.size()) +
                                                 " bytes; at most " + std::to_string(payload_max) +
                                                 " fit in a message");
    }
    const std::size_t size_max = payload_max - uri.size();
    const bool standard_input = source == "-";
    const bool file = source.starts_with('@');
    std::string content = standard_input ? read_all(stdin, "standard input", size_max)
                          : file         ? read_file(source.substr(1), size_max, Kind::content)
                                         : source;
    if (content.size() > size_max) {
        const bool whole = !standard_input && !file;
        throw Failure(ExitCode::local_limit,
                      std::string("the content is ") +
                          (whole ? std::to_string(content.size()) + " bytes"
                                 : "over " + std::to_string(size_max) + " bytes") +
                          "; beside a uri of " + std::to_string(uri.size()) + " bytes, at most " +
                          std::to_string(size_max) + " fit in a message");
    }
    return content;
}

Secret read_secret(const std::string& option, const std::string& source) {
    Secret secret = secret_of(option, source);
    if (secret.empty()) {
        const bool file = source.starts_with('@');
        throw Failure(ExitCode::usage,
                      option + ": the secret " +
                          (file ? "in '" + printable(source.substr(1)) + "' " : std::string()) +
                          "is empty; give @FILE, env:NAME or some text");
    }
    return secret;
}

std::string name_of_secret(const std::string& given) {
    const std::size_t size = size_of_name(given);
    return size > 0 ? given.substr(0, size) : "default";
}

std::vector<NamedSecret> read_secrets(const std::string& option,
                                      const std::vector<std::string>& given) {
    std::vector<NamedSecret> secrets;
    std::set<std::string> names;
    for (const std::string& one : given) {
        const std::size_t name_size = size_of_name(one);
        const std::string name = name_of_secret(one);
        if (!names.insert(name).second) {
            throw Failure(ExitCode::usage, option + ": two are named '" + name +
                                               "'; write NAME=@FILE, each with a name of its own");
        }
        Secret secret =
            name_size > 0 ? secret_of(option, one.substr(name_size + 1)) : read_secret(option, one);
        if (!secret.empty()) secrets.push_back({name, std::move(secret)});
    }
    if (secrets.empty() && !given.empty()) {
        throw Failure(ExitCode::usage,
                      option + ": all secrets are empty: " +
                          printable(given.front().substr(size_of_name(given.front()) + 1)) +
                          (given.size() > 1 ? " and the others" : ""));
    }
    return secrets;
}

}  // namespace netaio::app
