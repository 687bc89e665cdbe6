#include "run_program.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "exit_code.hpp"

namespace netaio::app {
namespace {

// The exit code of a program that does that, and what it says on standard error.
std::pair<int, std::string> run(const std::function<int()>& work) {
    testing::internal::CaptureStderr();
    const int code = run_program("prog", work);
    return {code, testing::internal::GetCapturedStderr()};
}

using Ended = std::pair<int, std::string>;

TEST(RunProgram, EndsAsItsWorkSays) {
    EXPECT_EQ(run([] { return 0; }), (Ended{0, ""}));
    EXPECT_EQ(run([] { return 84; }), (Ended{84, ""}));
}

TEST(RunProgram, SaysWhyItEnds) {
    EXPECT_EQ(run([]() -> int { throw Failure(ExitCode::usage, "say so"); }),
              (Ended{2, "prog: say so\n"}));
    EXPECT_EQ(run([]() -> int { throw std::runtime_error("It is broken.\x1b[2J"); }).first, 1);
    EXPECT_EQ(run([]() -> int { throw std::runtime_error("a\x1b[2J"); }).second.find('\x1b'),
              std::string::npos);
}

TEST(RunProgram, EndsBadlyWithWhatIsSaidAsItIs) {
    EXPECT_EQ(run([] { return end_badly(2, "file:1:2: no\nfile:2:1: no"); }),
              (Ended{2, "file:1:2: no\nfile:2:1: no\n"}));
}

}  // namespace
}  // namespace netaio::app
