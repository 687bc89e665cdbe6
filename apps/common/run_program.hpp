#pragma once

#include <functional>
#include <string>

namespace netaio::app {

/// Does what a program is there for, and gives its exit code: what `work` gives, that of a Failure,
/// or ExitCode::other for another exception. What was thrown is said on standard error, as a
/// sentence behind the program's name; what was logged before is written first.
int run_program(const std::string& name, const std::function<int()>& work) noexcept;

/// Says on standard error why a program ends, after what was logged; gives the exit code.
int end_badly(int code, const std::string& said);

}  // namespace netaio::app
