#include "output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "exit_code.hpp"
#include "json.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

[[noreturn]] void cannot_write(const std::string& name) {
    throw Failure(ExitCode::other, "cannot write " + name + ": " + std::strerror(errno));
}

void write_to(std::FILE* file, ByteView bytes, const std::string& name) {
    const bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    if (!written || std::fflush(file) != 0) cannot_write(name);
}

void write_stdout(ByteView bytes) {
    write_to(stdout, bytes, "to standard output");
}

bool to_file(const OutputOptions& options) noexcept {
    return !options.file.empty() && options.file != "-";
}

void write_file(const std::string& path, ByteView bytes) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "wbe"));
    if (!file) cannot_write("'" + path + "'");
    write_to(file.get(), bytes, "'" + path + "'");
}

std::string json_of(const Message& message, const OutputOptions& options) {
    return to_file(options) ? json_line(message, options.file) : json_line(message);
}

}  // namespace

std::string json_line(const Message& message) {
    return json_text(message_json(message));
}

std::string json_line(const Message& message, const std::string& file) {
    Json object = head_json(message);
    put_bytes(object, "file", "file_base64", file);
    object["bytes"] = message.content().size();
    return json_text(object);
}

void show_answer(const Message& answer, const OutputOptions& options) {
    if (to_file(options)) write_file(options.file, answer.content());
    if (options.json) {
        write_line(json_of(answer, options));
        return;
    }
    if (to_file(options)) return;
    if (answer.type() != MessageType::respond_uri && answer.content().empty()) {
        write_line(std::string(built_in_name(answer.type())));
    } else if (::isatty(STDOUT_FILENO) == 0) {
        write_stdout(answer.content());
    } else {
        std::string text = printable(answer.content(), Lines::keep);
        if (!text.ends_with('\n')) text += '\n';
        write_stdout(text);
    }
}

void show_notification(const Message& notification, const OutputOptions& options) {
    if (to_file(options)) write_file(options.file, notification.content());
    if (options.json) {
        write_line(json_of(notification, options));
    } else {
        write_line(printable(notification.uri()) + "\t" +
                   (to_file(options) ? options.file : printable(notification.content())));
    }
}

void write_text(const std::string& text) {
    write_stdout(text);
}

void write_line(const std::string& line) {
    write_stdout(line + "\n");
}

std::string json_text(const nlohmann::ordered_json& object) {
    return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void hold_standard_streams() {
    for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(stream, F_GETFD) != -1) continue;
        // The lowest number is taken, which is this one; it cannot do what it would be used for.
        const int held = ::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (held != stream) return;
    }
}

}  // namespace netaio::app
