#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// What options and arguments may be given. CLI11 alone takes more than anybody means: octal and
/// wrapped numbers, nan, lists in brackets, nothing at all.
namespace netaio::app {

/// A whole number of bytes, or of units of them, such as 200kb or 4M, each 1024 of the one before.
std::optional<std::uint64_t> bytes_in(std::string_view text);
/// Seconds, or units of them, such as 500ms, 2m, 1.5h or 7d.
std::optional<double> seconds_in(std::string_view text);

/// A whole number from `min` to `max`: decimal digits without leading zeros.
CLI::Validator whole_number(std::uint64_t min, std::uint64_t max);
/// A number from `min` to `max`, which may have a fraction.
CLI::Validator decimal_number(double min, double max);
/// bytes_in() from `min` to `max`. For transform(): the value becomes digits.
CLI::Validator byte_count(std::uint64_t min, std::uint64_t max);

/// seconds_in() from `min` to `max`. For transform(): the value becomes seconds.
CLI::Validator time_span(double min, double max);

/// Adds an option or argument that may be given several times, each time with one value, which is
/// taken as it is.
CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                      const std::string& text);
/// Adds an argument of one or more values, each of which is taken as it is.
CLI::Option* add_rest(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                      const std::string& text);

/// Has all options and arguments of the app and its commands refuse empty values, as unset
/// variables of a shell give them, except those of these names; and flags refuse values. To be
/// called when all are there.
void guard_values(CLI::App& app, const std::set<std::string>& may_be_empty);

/// Parses the command line. Throws CLI::ParseError, also for what CLI11 would silently leave out or
/// take for something else.
void parse_words(CLI::App& app, int argc, const char* const* argv);

/// The same for a whole program: the exit code where that is all, as help was asked for and is
/// printed, or the words are wrong, which is said. `then` belongs to parsing, if it is given.
std::optional<int> ended_by_words(CLI::App& app, int argc, const char* const* argv,
                                  const std::function<void()>& then = {});

}  // namespace netaio::app
