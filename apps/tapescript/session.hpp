#pragma once

#include <netaio/tapescript/compiler.hpp>
#include <netaio/tapescript/machine.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace netaio::app {

/// Runs one source after the other on the same stack and cache; flags, definitions and macros stay.
class ReplSession {
public:
    explicit ReplSession(tapescript::RunOptions options);

    /// Compiles and runs. What a failing script did before it failed stays.
    const tapescript::RunResult& run(std::string_view source);

    /// The state; the error in it is that of the last run.
    const tapescript::RunResult& state() const noexcept { return state_; }
    tapescript::Cache& cache() noexcept { return state_.cache; }
    void clear_stack() { state_.stack.clear(); }

private:
    void keep_definitions(std::string_view code);

    tapescript::RunOptions options_;
    tapescript::Compiler compiler_;
    tapescript::RunResult state_;
    std::string definitions_;  // code that defines again what was defined before
};

}  // namespace netaio::app
