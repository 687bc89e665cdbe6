#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <netaio/awaitable.hpp>
#include <netaio/environment.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "config.hpp"

namespace netaio::daemon {

/// The daemon but for its process: what it serves, on somebody's event loop. To be used on that
/// loop's thread.
class Daemon {
public:
    /// Reads what the configuration names. Throws ConfigError. The folder of its socket has to be
    /// there.
    Daemon(boost::asio::any_io_executor executor, Config config, Environment environment);
    ~Daemon();

    /// Begins to listen.
    std::error_code start();
    /// Has another configuration used, as far as that can be done without a new start; gives a
    /// sentence for each thing that takes one. Throws ConfigError, and changes nothing, where what
    /// it names cannot be read.
    std::vector<std::string> reload(const Config& config);
    /// Lets what was begun end until the deadline.
    awaitable<void> stop(std::chrono::milliseconds deadline);
    /// What there is to tell, as JSON.
    std::string status();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace netaio::daemon
