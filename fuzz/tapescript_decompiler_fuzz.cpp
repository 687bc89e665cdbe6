#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/decompiler.hpp>

using namespace netaio::tapescript;

// Code as it comes: lines that compile to code with the same lines, or an error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto* code = reinterpret_cast<const char*>(data);
    const auto lines = decompile({code, size});
    if (!lines) {
        if (lines.error().type.empty() || lines.error().text.empty()) std::abort();
        return 0;
    }
    std::string source;
    for (const std::string& line : *lines) source += line + '\n';
    const auto compiled = compile(source);
    if (!compiled) return 0;  // NOPs with counts above 127, which the compiler does not take
    const auto again = decompile(compiled->code);
    if (!again || *again != *lines) std::abort();
    return 0;
}
