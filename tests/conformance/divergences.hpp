#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The cases in which the library differs from the reference on purpose: all of them, and nothing
/// else may differ. The tests assert what ours does in each.
namespace netaio::divergences {

struct Divergence {
    std::string_view file;   ///< as `packify`
    std::string_view cases;  ///< a case name, where * stands for anything
    std::string_view ours;   ///< what ours does, as its test reads it
    std::string_view why;
};

/// The entry for a case, or null: then it must agree exactly.
const Divergence* find(std::string_view file, std::string_view case_name) noexcept;

}  // namespace netaio::divergences
