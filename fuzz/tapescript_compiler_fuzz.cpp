#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/decompiler.hpp>

namespace {

using namespace netaio::tapescript;

// Enough for every block, and a bound for what one input costs.
CompileOptions options() {
    constexpr std::size_t max_source = 1'000'000;
    CompileOptions options;
    options.run.budget = {20'000, 2'000'000, 500};
    options.run.now = 0;
    options.max_source = max_source;
    return options;
}

}  // namespace

// Source as it comes: code or an error that points into it, and code that decompiles to text that
// compiles is decompiled to the same text again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto* text = reinterpret_cast<const char*>(data);
    const auto compiled = compile({text, size}, options());
    if (!compiled) {
        const CompileError& error = compiled.error();
        const bool complete = error.line > 0 && error.column > 0 && !error.found.empty() &&
                              !error.expected.empty() && !error.type.empty();
        if (!complete) std::abort();
        return 0;
    }
    const auto lines = decompile(compiled->code);
    if (!lines) return 0;  // operands may be missing at the end of a source
    std::string again;
    for (const std::string& line : *lines) again += line + '\n';
    const auto recompiled = compile(again, options());
    if (recompiled && recompiled->code != compiled->code) {
        const auto second = decompile(recompiled->code);
        if (!second || *second != *lines) std::abort();
    }
    return 0;
}
