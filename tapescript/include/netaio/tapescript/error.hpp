#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace netaio::tapescript {

/// Why a script, or something made from a stranger's bytes, failed: a value, never thrown by this
/// library. Scripts that catch it read it as serialized().
struct Error {
    /// The kind, e.g. "ScriptExecutionError", "ValueError", "TypeError", "SyntaxError",
    /// "IndexError", "KeyError", "ZeroDivisionError", "OverflowError".
    std::string type;
    /// What went wrong, in one line.
    std::string text;

    /// `type|text`: what OP_TRY_EXCEPT leaves at the cache key `E`.
    std::string serialized() const { return type + '|' + text; }

    friend bool operator==(const Error&, const Error&) = default;
};

/// A value, or the error that says why there is none. Reading the value of an error throws
/// std::logic_error: test it first.
template <class T>
using Result = boost::system::result<T, Error>;

/// Found by argument-dependent lookup when the value of an error is read.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location&);

}  // namespace netaio::tapescript
