#pragma once

#include <cstddef>
#include <map>
#include <netaio/tapescript/compiler.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "symbol.hpp"

namespace netaio::tapescript::compiler {

/// What a macro is called with, and what it stands for.
struct Macro {
    std::vector<std::string> parameters;
    std::vector<Symbol> body;
};
using Macros = std::map<std::string, Macro, std::less<>>;

/// Makes code of symbols: of a whole source, and of every part of it that is compiled by itself (a
/// condition before its IF, a macro's body, a compile-time block). It keeps count of what one
/// source may use up.
class Assembler {
public:
    explicit Assembler(const CompileOptions& options)
        : options_(options), budget_(options.run.budget), source_left_(options.max_source) {}

    /// The code of these symbols; `end` is what stands behind the last.
    std::string assemble(Symbols symbols, const Symbol& end, Macros& macros);

    const Environment* environment() const noexcept { return options_.run.environment; }

    /// One level of nesting, for as long as it lives. Throws a Fault at the symbol when that is one
    /// too many.
    class Level {
    public:
        Level(Assembler& assembler, const Symbol& symbol);
        ~Level() { --assembler_.level_; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

    private:
        Assembler& assembler_;
    };

private:
    std::vector<Symbol> run_compile_time(Symbols symbols, const Symbol& end, Macros& macros);
    std::string compile_time_value(const Symbol& mark, const std::string& code);
    void charge(Symbols symbols);

    const CompileOptions& options_;
    Budget budget_;
    std::size_t source_left_;
    std::size_t level_ = 0;
};

/// The index of the bracket that closes the first opening one from `from` on. Throws a Fault at the
/// symbol at `from` when there is none.
std::size_t closing(Symbols symbols, std::size_t from, std::string_view open,
                    std::string_view close);

}  // namespace netaio::tapescript::compiler
