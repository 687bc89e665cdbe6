#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <memory>
#include <netaio/tapescript/machine.hpp>
#include <netaio/tapescript/script.hpp>
#include <string>
#include <string_view>

namespace netaio::tapescript {

/// Why source text is no script, and where.
struct CompileError {
    /// The kind: "SyntaxError" for a symbol that does not belong where it stands, "ValueError" for
    /// a value that cannot be used there, or what a compile-time block ended with.
    std::string type;
    /// The line, from 1.
    std::size_t line = 1;
    /// The character in the line, from 1.
    std::size_t column = 1;
    /// What stands there: the symbol as written, in quotes, or words such as "the end of the
    /// source".
    std::string found;
    /// What would have to stand there, in words.
    std::string expected;

    /// All of it in one line: `3:7: found 'd1.5', expected a whole number`.
    std::string message() const;

    friend bool operator==(const CompileError&, const CompileError&) = default;
};

/// Found by argument-dependent lookup when the value of an error is read.
[[noreturn]] void throw_exception_from_error(const CompileError& error,
                                             const boost::source_location&);

/// How to compile. A plain value.
struct CompileOptions {
    /// How the blocks `~! { }` run. Its budget is that of all of them in one source together. The
    /// soft forks of its environment can be called by name.
    RunOptions run = {};
    /// Blocks, macro calls and compile-time blocks inside each other.
    std::size_t depth = 480;
    /// Bytes of source to go through, those of macros and compile-time blocks counted each time
    /// they are compiled.
    std::size_t max_source = 4'000'000;
};

/// A script with its source and code, or the first error.
using CompileResult = boost::system::result<Script, CompileError>;

/// Compiles sources one after the other; macros stay defined for the next. Not for several threads
/// at once. What its options point at must outlive it.
class Compiler {
public:
    explicit Compiler(CompileOptions options = {});
    Compiler(Compiler&&) noexcept;
    Compiler& operator=(Compiler&&) noexcept;
    ~Compiler();

    /// Compiles source text (UTF-8). Bad source is an error; it never throws for it.
    CompileResult compile(std::string_view source);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Compiles one source text by itself.
CompileResult compile(std::string_view source, const CompileOptions& options = {});

}  // namespace netaio::tapescript
