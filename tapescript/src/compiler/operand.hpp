#pragma once

#include <netaio/tapescript/value.hpp>
#include <string>
#include <string_view>

#include "symbol.hpp"

/// Values as they are written in source, made into bytes. All throw a Fault for what they are not.
namespace netaio::tapescript::compiler {

/// How a whole number may be written behind its d.
enum class Form {
    digits,     ///< digits alone
    negatable,  ///< a minus may come first
    sign,       ///< a minus or plus may come first
    truncated,  ///< the same, and what follows a point is dropped
};

/// The prefix of a value in lower case. A SyntaxError when it is none of `allowed`.
char prefix_of(const Symbol& value, std::string_view allowed);

/// `d`: a whole number of at most 4300 digits.
Integer whole_number(const Symbol& value, Form form);
/// Digits that stand for a number from 0 to 255, from a place in the symbol on.
std::uint8_t small_number(const Symbol& value, std::size_t from);
/// `f`: a number as the four bytes of a float; `whole` when it must have no point.
std::string float_bytes(const Symbol& value, bool whole);
/// `x`: bytes.
std::string hex_bytes(const Symbol& value);
/// `s`: the text in quotes, or what follows when there are none.
std::string text_bytes(const Symbol& value);

/// A length of one or two bytes, big-endian, in front of bytes. A ValueError at the symbol when
/// they are too many.
std::string sized(std::size_t length_size, std::string_view bytes, const Symbol& value);

}  // namespace netaio::tapescript::compiler
