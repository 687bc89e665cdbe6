#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "life.hpp"

/// Lives in processes of their own, each with another failure.
namespace netaio::test {

/// What may fail: the n-th of something, counted from 1.
class Failure {
public:
    virtual ~Failure() = default;
    virtual void arm(std::size_t n) = 0;
    /// None fails, but note_place() is called at each.
    virtual void watch() = 0;
    /// Nothing fails any more, and nothing is counted.
    virtual void disarm() = 0;
    virtual bool failed() const = 0;
};

/// Lives with the first failing, the second, until none does. Gives those that went wrong, each as
/// a line; says on stdout how many there were, and where it went wrong. Under sanitizers, where a
/// life takes long, of those that happen on the same way through the program only the first fails.
std::vector<std::string> attempt_all(Way way, Failure& failure);

void note_place() noexcept;

/// To be called by what fails, as it does: the stack is told with the trial.
void note_failure(const char* what) noexcept;

}  // namespace netaio::test
