// Compiles sources for tapescript_sources.py: reads them one a line, in hex, and answers each with
// a line of the code in hex, or of `error`, the error's type and where it is.

#include <iostream>
#include <netaio/tapescript/bytes.hpp>
#include <netaio/tapescript/compiler.hpp>
#include <string>

int main() {
    using namespace netaio::tapescript;
    CompileOptions options;
    constexpr std::int64_t now = 1'700'000'000;
    options.run.now = now;
    std::string digits;
    while (std::getline(std::cin, digits)) {
        const auto source = from_hex(digits);
        if (!source) return 1;
        const auto compiled = compile(*source, options);
        if (compiled) {
            std::cout << to_hex(compiled->code) << std::endl;
        } else {
            std::cout << "error " << compiled.error().type << ' ' << compiled.error().line << ':'
                      << compiled.error().column << std::endl;
        }
    }
}
