#pragma once

#include <cstddef>
#include <cstdint>
#include <netaio/tapescript/environment.hpp>
#include <netaio/tapescript/error.hpp>
#include <netaio/tapescript/script.hpp>
#include <netaio/tapescript/stack.hpp>
#include <netaio/tapescript/value.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace netaio::tapescript {

/// The bounds that the language itself has.
struct Limits {
    std::size_t max_items = 1024;      ///< on the stack
    std::size_t max_item_size = 1024;  ///< bytes
    std::int64_t callstack = 128;      ///< calls, evals inside each other, rounds of a loop
    std::size_t depth = 480;           ///< blocks, calls and evals inside each other
};

/// What a run may use up, summed over all scripts of an auth check. A run that wants more fails,
/// and no OP_TRY_EXCEPT catches that. The defaults let every lock of tools.hpp pass.
struct Budget {
    /// Operations run, rounds of loops, and items that an operation handles at once.
    std::uint64_t operations = 100'000;
    /// Bytes put on the stack or into the cache, and taken from there.
    std::uint64_t bytes = 8'000'000;
    /// Computation: 1 for each hash and for each 64 bytes hashed, 1 for each 256 products of 32-bit
    /// digits in a multiplication, of the dividend's with themselves in a division, 20 for random
    /// bytes, 100 for each signature made or checked, each point computed or checked, and each call
    /// of a contract, plugin or soft fork.
    std::uint64_t work = 30'000;

    /// No bound at all, for scripts of one's own.
    static Budget unlimited() noexcept;
};

/// What to run with. A plain value; what it points at must outlive the run.
struct RunOptions {
    /// What the run starts with. Without a "timestamp" among the named values, it is `now`.
    Cache cache = {};
    /// Beside the defaults; not used by auth scripts.
    Flags flags = {};
    /// Items to start with, bottom first.
    std::span<const std::string_view> stack = {};
    Limits limits = {};
    Budget budget = {};
    /// Contracts, plugins and soft forks; none when null.
    const Environment* environment = nullptr;
    /// The clock in seconds since 1970; the system's when absent.
    std::optional<std::int64_t> now = {};
    /// Signature fields that no message may leave out, a bit for each (1 is `sigfield1`), whatever
    /// sigflags code allows: that fails like a flag that it does not allow.
    std::uint8_t signed_fields = 0;
};

/// How a run ended. A plain value.
struct RunResult {
    /// Why it failed; none when it went well.
    std::optional<Error> error;
    /// At the end, or at the moment of the error.
    Stack stack;
    Cache cache;
    Flags flags;
    /// Calls counted.
    std::int64_t callstack_count = 0;
    /// How far the outer script was read.
    std::size_t pointer = 0;
    /// The handles defined at the end, ascending.
    std::vector<std::uint8_t> definitions;
    /// What was used of the budget.
    Budget used;

    explicit operator bool() const noexcept { return !error; }
};

/// Runs a script. Never throws for what the script does, and never recurses deeper for it.
RunResult run_script(std::string_view code, const RunOptions& options = {});

/// Runs scripts one after the other on the same stack and cache, the lock last; definitions and
/// the count of calls are carried along. True only when all ended well and a single item `ff` is
/// left; false for anything else. What OP_RETURN ends is its own script, never a later one.
bool run_auth_scripts(std::span<const std::string_view> scripts, const RunOptions& options = {});

/// The same with the whole outcome: an error also when the stack is not a single `ff`.
RunResult run_auth_scripts_verbosely(std::span<const std::string_view> scripts,
                                     const RunOptions& options = {});

}  // namespace netaio::tapescript
