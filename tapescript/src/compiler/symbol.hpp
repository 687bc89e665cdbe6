#pragma once

#include <cstddef>
#include <netaio/tapescript/compiler.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::tapescript::compiler {

/// A symbol of the source: what stands between whitespace, or a quoted text.
struct Symbol {
    /// As the language reads it: upper case, but for values and names.
    std::string text;
    /// As it was written.
    std::string written;
    std::size_t line = 1;
    std::size_t column = 1;
};

using Symbols = std::span<const Symbol>;

/// Carries an error out of the compiler, to where its interface makes a value of it.
struct Fault {
    CompileError error;
};

/// Throws a Fault for a symbol that does not belong where it stands.
[[noreturn]] void syntax_fault(const Symbol& found, std::string expected);
/// Throws a Fault for a value that cannot be used there.
[[noreturn]] void value_fault(const Symbol& found, std::string expected);

/// Splits the source. Throws a Fault when it is no UTF-8 or a quoted text does not end. Sets `end`
/// to stand for the end of the source.
std::vector<Symbol> split(std::string_view source, Symbol& end);

/// Whether a text can be the name of a macro or variable: letters and digits, and any character
/// beyond ASCII.
bool is_name(std::string_view text) noexcept;
/// Whether a text is digits alone, and has some.
bool is_digits(std::string_view text) noexcept;
/// ASCII letters changed to upper case.
std::string upper(std::string_view text);
/// ASCII letters changed to lower case.
std::string lower(std::string_view text);

}  // namespace netaio::tapescript::compiler
