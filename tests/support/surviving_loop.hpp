#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>

namespace netaio::test {

/// Runs the loop for some time, or until it has no work, as a program does that survives what
/// leaves run().
inline void run_surviving(boost::asio::io_context& context, std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) {
        try {
            context.restart();
            if (context.run_one_until(until) == 0) {
                return;
            }
        } catch (const std::exception&) {
            // A completion handler's, or that there was no memory.
        }
    }
}

}  // namespace netaio::test
