#pragma once

#include <cstddef>
#include <netaio/tapescript/environment.hpp>
#include <netaio/tapescript/error.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::tapescript {

/// How to decompile. A plain value.
struct DecompileOptions {
    /// Blocks inside each other; with more, code is an error. Each adds four spaces to its lines.
    std::size_t depth = 480;
    /// Bytes of text, indentation included; with more, code is an error.
    std::size_t text_size = 16 << 20;
    /// Soft forks of this environment are called by their names; NOPs when null.
    const Environment* environment = nullptr;
};

/// Byte code as source text, one line for each operation, block start and block end, without line
/// ends. Code that ends within an operation is a ScriptExecutionError, a division by no number a
/// ValueError.
Result<std::vector<std::string>> decompile(std::string_view code,
                                           const DecompileOptions& options = {});

}  // namespace netaio::tapescript
