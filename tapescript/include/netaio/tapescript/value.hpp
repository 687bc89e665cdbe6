#pragma once

#include <boost/multiprecision/cpp_int.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace netaio::tapescript {

/// A whole number of any size.
using Integer = boost::multiprecision::cpp_int;

/// The whole number that bytes stand for on the stack: signed, big-endian, any length. Zero for no
/// bytes, which scripts may not use as a number.
Integer to_integer(std::string_view bytes);
/// The same, unsigned.
Integer to_unsigned(std::string_view bytes);
/// The bytes of a number on the stack. Their count comes from its logarithm in double precision, as
/// the language has it, so that a few numbers get a zero byte more than they need.
std::string to_bytes(const Integer& number);

/// A text in UTF-8, to tell it from bytes.
struct Text {
    std::string utf8;
    friend bool operator==(const Text&, const Text&) = default;
};

struct Value;
using ValueList = std::vector<Value>;

/// A value in a cache: nothing, a truth value, a number, bytes (std::string), a text or a list.
struct Value : std::variant<std::monostate, bool, Integer, double, std::string, Text, ValueList> {
    using variant::variant;
    Value(const char*) = delete;  // say whether it is a text or bytes

    /// The bytes, or null when it is something else.
    const std::string* bytes() const noexcept { return std::get_if<std::string>(this); }
    const Integer* integer() const noexcept { return std::get_if<Integer>(this); }
    const ValueList* list() const noexcept { return std::get_if<ValueList>(this); }
};

/// What a run remembers beside its stack, in two drawers. A plain value.
struct Cache {
    using Drawer = std::map<std::string, Value, std::less<>>;

    /// What the program says to the script and scripts can only read (OP_GET_VALUE): "timestamp",
    /// "sigfield1" to "sigfield8" (bytes), and anything else. Keys are text.
    Drawer named;
    /// What scripts write: a list of bytes at each key, or plain bytes where an operation keeps a
    /// result. Keys are bytes.
    Drawer written;

    friend bool operator==(const Cache&, const Cache&) = default;
};

/// How a run differs from the default: "ts_threshold" and "epoch_threshold" (whole seconds, 60
/// each), and 0 to 10, which allow operations to keep results in the cache (0 to 9) and run the
/// signature extensions before OP_CHECK_TEMPLATE (10), all true. "disallow_OP_EVAL" forbids
/// OP_EVAL with any value, "eval_return" lets its OP_RETURN end the script around it; others have
/// no meaning.
using FlagKey = std::variant<std::int64_t, std::string>;
using Flags = std::map<FlagKey, Value>;

}  // namespace netaio::tapescript
