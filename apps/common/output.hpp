#pragma once

#include <netaio/message.hpp>
#include <nlohmann/json.hpp>
#include <string>

namespace netaio::app {

/// How messages are shown.
struct OutputOptions {
    bool json = false;
    /// Where content goes instead of standard output; empty for there, and so is `-`.
    std::string file;
};

/// A message as one JSON object without line end: type, uri (uri_base64 when it is not UTF-8), and
/// its content as text when that is UTF-8, else as base64.
std::string json_line(const Message& message);
/// The same, but with the file and the size in bytes in the place of the content.
std::string json_line(const Message& message, const std::string& file);

/// Shows an answer: its content, or its type when it has none. On a terminal, what could control it
/// is escaped. Throws Failure when it can't be written.
void show_answer(const Message& answer, const OutputOptions& options);
/// Shows a notification on one line: uri, tab, content, both escaped.
void show_notification(const Message& notification, const OutputOptions& options);
/// Writes text to standard output at once. Throws Failure when it can't be written.
void write_text(const std::string& text);
/// The same, with a line end.
void write_line(const std::string& line);

/// An object on one line, which is JSON whatever bytes are in it.
std::string json_text(const nlohmann::ordered_json& object);

/// Keeps the places of standard input, output and error that are closed from being taken by files
/// and sockets, so that using them fails. To be called before anything is opened.
void hold_standard_streams();

}  // namespace netaio::app
