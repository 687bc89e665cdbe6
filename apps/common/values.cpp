#include "values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iostream>
#include <optional>
#include <sstream>
#include <string_view>

#include "exit_code.hpp"
#include "output.hpp"
#include "text.hpp"

namespace netaio::app {
namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool has_leading_zeros(std::string_view text) noexcept {
    return text.size() > 1 && text[0] == '0' && is_digit(text[1]);
}

template <class Number>
std::optional<Number> number_in(std::string_view text) {
    Number number{};
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || has_leading_zeros(text)) return std::nullopt;
    return number;
}

// 0 for what is no unit.
std::uint64_t bytes_of_unit(std::string unit) {
    std::ranges::transform(unit, unit.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (unit.empty() || unit == "b") return 1;
    constexpr std::string_view prefixes = "kmgtpe";
    const std::size_t power = prefixes.find(unit[0]);
    const std::string rest = unit.substr(1);
    const bool known = power != std::string_view::npos &&
                       (rest.empty() || rest == "b" || rest == "i" || rest == "ib");
    return known ? std::uint64_t(1) << (10 * (power + 1)) : 0;
}

// 0 for what is no unit.
double seconds_of_unit(std::string_view unit) {
    if (unit.empty() || unit == "s") return 1;
    if (unit == "ms") return 0.001;
    if (unit == "m" || unit == "min") return 60;
    if (unit == "h") return 3600;
    return unit == "d" ? 86400 : 0;
}

}  // namespace

std::optional<std::uint64_t> bytes_in(std::string_view text) {
    const auto digits =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    const std::size_t unit = std::min(text.find_first_not_of(' ', digits), text.size());
    const auto count = number_in<std::uint64_t>(text.substr(0, digits));
    const std::uint64_t each = bytes_of_unit(std::string(text.substr(unit)));
    if (!count || each == 0 || *count > UINT64_MAX / each) return std::nullopt;
    return *count * each;
}

std::optional<double> seconds_in(std::string_view text) {
    const auto is_part = [](char c) { return is_digit(c) || c == '.'; };
    const auto digits =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_part) - text.begin());
    const auto count = number_in<double>(text.substr(0, digits));
    const double each = seconds_of_unit(text.substr(digits));
    if (!count || each == 0) return std::nullopt;
    return *count * each;
}

namespace {

template <class Number>
std::string in_digits(Number number) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr};
}

template <class Number>
std::string refusal(std::string_view text, const char* kind, Number min, Number max) {
    return "'" + printable(shortened(text, 60)) + "' is no " + kind + " from " + in_digits(min) +
           " to " + in_digits(max) +
           (has_leading_zeros(text) ? "; write it without leading zeros" : "");
}

template <class Number>
CLI::Validator number_between(Number min, Number max, const char* kind) {
    return {[=](std::string& text) {
                const auto number = number_in<Number>(text);
                // Not the other way round: nan is neither below nor above.
                const bool fits = number && *number >= min && *number <= max;
                return fits ? std::string() : refusal(text, kind, min, max);
            },
            ""};
}

void refuse_empty(CLI::Option& option) {
    option.transform(CLI::Validator(
        [](std::string& text) {
            return text.empty() ? "is empty; give it a value, or leave it out" : std::string();
        },
        ""));
}

// CLI11 takes what is in brackets apart where several values may follow one another. No word has a
// NUL at its end, so that one can hide the bracket from it.
constexpr char behind_bracket = '\0';

std::string with_hidden_bracket(std::string word) {
    return word.ends_with(']') ? word += behind_bracket : word;
}

// To be done last, as what is added last comes first.
void take_brackets(CLI::Option& option) {
    option.transform(CLI::Validator(
        [](std::string& text) {
            if (text.ends_with(behind_bracket)) text.pop_back();
            return std::string();
        },
        ""));
}

bool is_option_with_nothing(std::string_view word) {
    if (!word.starts_with("--") || !word.ends_with('=')) return false;
    const std::string_view name = word.substr(2, word.size() - 3);
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
    });
}

}  // namespace

CLI::Validator whole_number(std::uint64_t min, std::uint64_t max) {
    return number_between(min, max, "whole number");
}

CLI::Validator decimal_number(double min, double max) {
    return number_between(min, max, "number");
}

CLI::Validator byte_count(std::uint64_t min, std::uint64_t max) {
    return {[=](std::string& text) {
                const auto bytes = bytes_in(text);
                if (!bytes || *bytes < min || *bytes > max) {
                    return refusal(text, "count of bytes", min, max);
                }
                text = in_digits(*bytes);
                return std::string();
            },
            ""};
}

CLI::Validator time_span(double min, double max) {
    return {[=](std::string& text) {
                const auto seconds = seconds_in(text);
                if (!seconds || *seconds < min || *seconds > max) {
                    return refusal(text, "time in seconds, or with s, ms, m, h or d,", min, max);
                }
                text = in_digits(*seconds);
                return std::string();
            },
            ""};
}

CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                      const std::string& text) {
    // Lists that CLI11 makes itself are empty for {}.
    const CLI::callback_t take = [&values](const CLI::results_t& given) {
        values = given;
        return true;
    };
    return command.add_option(name, take, text)->expected(1)->take_all();
}

CLI::Option* add_rest(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                      const std::string& text) {
    return add_list(command, name, values, text)->expected(1, -1)->allow_extra_args();
}

void guard_values(CLI::App& app, const std::set<std::string>& may_be_empty) {
    for (CLI::Option* option : app.get_options()) {
        if (option->get_items_expected_max() == 0) {
            option->disable_flag_override();
        } else if (!may_be_empty.contains(option->get_name())) {
            refuse_empty(*option);
        }
        take_brackets(*option);
    }
    for (CLI::App* command : app.get_subcommands({})) guard_values(*command, may_be_empty);
}

void parse_words(CLI::App& app, int argc, const char* const* argv) {
    std::vector<std::string> words;  // the last one first, as CLI11 wants them
    bool as_they_are = false;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        words.insert(words.begin(), with_hidden_bracket(word));
        as_they_are = as_they_are || word == "--";
        if (as_they_are) continue;
        // CLI11 ends a command there.
        if (word == "++") throw CLI::ValidationError(word, "is only taken as it is behind --");
        // Its value would be the next word.
        if (is_option_with_nothing(word)) {
            throw CLI::ValidationError(word, "is empty; give it a value, or leave it out");
        }
    }
    app.parse(std::move(words));
}

std::optional<int> ended_by_words(CLI::App& app, int argc, const char* const* argv,
                                  const std::function<void()>& then) try {
    parse_words(app, argc, argv);
    if (then) then();
    return std::nullopt;
} catch (const CLI::ParseError& error) {
    std::ostringstream help;
    const bool asked_for = app.exit(error, help, std::cerr) == 0;
    write_text(help.str());
    return static_cast<int>(asked_for ? ExitCode::done : ExitCode::usage);
}

}  // namespace netaio::app
