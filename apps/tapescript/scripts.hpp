#pragma once

#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/keys.hpp>
#include <netaio/tapescript/script.hpp>
#include <string>

/// Scripts, values and keys as they are named on the command line. All throw Failure when they
/// cannot be read, or are not what they should be.
namespace netaio::app {

/// All that a file has; `-` is standard input.
std::string read_input(const std::string& file);

/// Source text: a file, `-`, or src:SOURCE.
std::string read_source(const std::string& name);
/// A script: a file (source when its name ends in .src, hexadecimal digits when it ends in .hex,
/// else byte code), `-` for byte code, hex:DIGITS or src:SOURCE. Source is compiled.
tapescript::Script read_script(const std::string& name,
                               const tapescript::CompileOptions& options = {});
/// Bytes: a text, hex:DIGITS or @FILE.
std::string read_value(const std::string& value);
/// 32 bytes: 64 hexadecimal digits, or @FILE with these or the bytes themselves.
tapescript::Point read_point(const std::string& option, const std::string& value);
/// A secret of 32 bytes from a file, as 64 hexadecimal digits or the bytes themselves; wiped by
/// who takes it.
std::string read_key_file(const std::string& file);
tapescript::SigningKey read_signing_key(const std::string& file);
tapescript::Scalar read_scalar(const std::string& file);

/// A byte as two hexadecimal digits, with or without x.
std::uint8_t read_flags(const std::string& option, const std::string& digits);

/// Writes code: to a file (as digits when its name ends in .hex), or as a line of digits to
/// standard output when that is empty.
void write_code(const std::string& code, const std::string& file);
/// The same for a script that was made: with `json`, an object with its code.
int show_script(const tapescript::Script& script, const std::string& file, bool json);

/// Why source does not compile, for people: `file:line:column: found ..., expected ...`.
std::string explained(const std::string& name, const tapescript::CompileError& error);

}  // namespace netaio::app
