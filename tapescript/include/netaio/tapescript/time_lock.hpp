#pragma once

#include <cstdint>
#include <netaio/tapescript/script.hpp>

namespace netaio::tapescript {

/// What a time lock does with what it found: leaves it on the stack, as a lock of its own does, or
/// ends the script unless it is true, as a condition inside a longer lock does.
enum class OnResult { leave, verify };

/// A lock that is open from `begin` on (Unix seconds). The time is the runtime's `timestamp`, which
/// must not be ahead of its clock by more than the runtime allows.
Script make_timestamp_after_lock(std::int64_t begin, OnResult result = OnResult::leave);
/// A lock that is open until `end`, which is excluded.
Script make_timestamp_before_lock(std::int64_t end, OnResult result = OnResult::leave);
/// Both at once.
Script make_timestamp_between_lock(std::int64_t begin, std::int64_t end,
                                   OnResult result = OnResult::leave);

}  // namespace netaio::tapescript
