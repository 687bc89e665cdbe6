#pragma once

#include <cstdint>
#include <netaio/tapescript/value.hpp>

namespace netaio::tapescript::machine {

/// Flags as operations ask for them.
struct FlagSet {
    explicit FlagSet(const Flags& flags);

    /// Whether a result may be kept, or whatever else a number stands for, is allowed.
    bool allows(unsigned number) const noexcept { return (allowed >> number & 1) != 0; }

    Value ts_threshold = Integer(60);
    Value epoch_threshold = Integer(60);
    std::uint32_t allowed = 0x7ff;
    bool disallow_eval = false;
    bool eval_return = false;
};

/// The flags a run has without being told any.
const Flags& default_flags();

/// Whether the language takes a value for true.
bool is_true(const Value& value);

}  // namespace netaio::tapescript::machine
