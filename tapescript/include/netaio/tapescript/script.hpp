#pragma once

#include <string>
#include <string_view>

namespace netaio::tapescript {

/// A script: what the machine runs, and the text it came from if there is one. A plain value.
struct Script {
    /// Source text; may be empty.
    std::string source;
    /// Byte code.
    std::string code;

    /// The 32-byte SHA-256 of the code, which locks commit to.
    std::string commitment() const;

    friend bool operator==(const Script&, const Script&) = default;
};

/// One after the other, code and source.
Script operator+(const Script& first, const Script& second);

}  // namespace netaio::tapescript
