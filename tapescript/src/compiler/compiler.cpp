#include <netaio/tapescript/compiler.hpp>
#include <stdexcept>
#include <utility>

#include "assembler.hpp"

namespace netaio::tapescript {

std::string CompileError::message() const {
    return std::to_string(line) + ':' + std::to_string(column) + ": found " + found +
           ", expected " + expected;
}

void throw_exception_from_error(const CompileError& error, const boost::source_location&) {
    throw std::logic_error("the source did not compile: " + error.message());
}

struct Compiler::State {
    CompileOptions options;
    compiler::Macros macros;
};

Compiler::Compiler(CompileOptions options)
    : state_(std::make_unique<State>(State{std::move(options), {}})) {}
Compiler::Compiler(Compiler&&) noexcept = default;
Compiler& Compiler::operator=(Compiler&&) noexcept = default;
Compiler::~Compiler() = default;

CompileResult Compiler::compile(std::string_view source) {
    try {
        compiler::Symbol end;
        const std::vector<compiler::Symbol> symbols = compiler::split(source, end);
        compiler::Assembler assembler(state_->options);
        std::string code = assembler.assemble(symbols, end, state_->macros);
        return Script{std::string(source), std::move(code)};
    } catch (compiler::Fault& fault) {
        return std::move(fault.error);
    }
}

CompileResult compile(std::string_view source, const CompileOptions& options) {
    return Compiler(options).compile(source);
}

}  // namespace netaio::tapescript
