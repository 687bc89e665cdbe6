#pragma once

#include <cstddef>
#include <netaio/bytes.hpp>
#include <netaio/errc.hpp>
#include <netaio/value.hpp>
#include <string>

namespace netaio {

/// What unpack() is willing to build. Both limits hold before any memory is taken.
struct UnpackLimits {
    /// Collections within collections: 1 allows a list of numbers, but no list of lists.
    std::size_t max_depth = 128;
    /// Values in total, counting collections, items, keys and the values of keys.
    std::size_t max_values = 131'072;
};

/// Encodes a value; equal values give the same bytes on every machine (protocol.md §2).
/// Errc::not_encodable for text that is not UTF-8 and integers above 255 bytes, Errc::too_large for
/// anything of 4 GiB, Errc::nesting_too_deep beyond 256 collections within each other.
Result<std::string> pack(const Value& value);

/// Decodes the value that `packed` begins with; bytes after it are ignored. Errc::malformed,
/// Errc::nesting_too_deep, or Errc::too_large when there are too many values.
Result<Value> unpack(ByteView packed, UnpackLimits limits = {});

}  // namespace netaio
