#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "life.hpp"

/// Lives in processes of their own, each with another failure.
namespace netaio::test {

/// What may fail: the n-th of something, counted from 1.
class Failure {
public:
    virtual ~Failure() = default;
    virtual void arm(std::size_t n) = 0;
    /// Nothing fails any more, and nothing is counted.
    virtual void disarm() = 0;
    virtual bool failed() const = 0;
};

/// What became of a process.
struct Trial {
    std::size_t n = 0;
    bool failed = false;          // whether there was an n-th
    std::string what;             // failed
    Phase at = Phase::making;     // then
    Phase phase = Phase::making;  // that it reached
    std::string outcome;  // "well", "waits", "told_twice", "deaf", "stays_busy", "hangs", "dies"
    std::string said;     // on stderr
    std::string stack;    // of the failure
};

/// Lives with the first failing, the second, until none does. Gives those that went wrong, each as
/// a line; says on stdout how many there were, and where it went wrong.
std::vector<std::string> attempt_all(Way way, Failure& failure);

/// To be called by what fails, as it does: the stack is told with the trial.
void note_failure(const char* what) noexcept;

}  // namespace netaio::test
