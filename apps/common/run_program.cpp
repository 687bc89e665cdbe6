#include "run_program.hpp"

#include <iostream>

#include "exit_code.hpp"
#include "logging.hpp"
#include "output.hpp"
#include "text.hpp"

namespace netaio::app {

int end_badly(int code, const std::string& said) {
    finish_log();
    std::cerr << said << '\n';
    return code;
}

int run_program(const std::string& name, const std::function<int()>& work) noexcept {
    hold_standard_streams();
    try {
        const int code = work();
        finish_log();
        return code;
    } catch (const Failure& failure) {
        return end_badly(failure.code(), name + ": " + sentence(std::string(failure.what())));
    } catch (const std::exception& error) {
        return end_badly(static_cast<int>(ExitCode::other),
                         name + ": " + sentence(std::string(error.what())));
    }
}

}  // namespace netaio::app
