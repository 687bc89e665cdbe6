#include "process.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <netaio/run.hpp>

#include "core_dumps.hpp"
#include "daemon.hpp"
#include "duration.hpp"
#include "exit_code.hpp"
#include "holdings.hpp"
#include "logging.hpp"
#include "privileges.hpp"
#include "signals.hpp"
#include "socket_folder.hpp"

namespace netaio::daemon {
namespace {

using app::announce;
using app::ExitCode;
using app::Failure;
using Level = std::atomic<LogLevel>;

// Gives up what keys and programs are to be kept from, before there are any.
void take_shape(const ProcessOptions& options) {
    forbid_core_dumps();
    ::umask(077);
    const ProcessOwner owner = process_owner(options.user, options.group);
    require_can_become(owner);
    make_socket_folder(options.socket, owner);
    drop_privileges(owner);
    forbid_core_dumps();
    if (owner.uid == 0) {
        app::warn("netaiod needs nothing of root; set daemon.user, or start it as another user");
    }
}

void begin(Daemon& daemon, const Config& config) {
    const std::error_code error = daemon.start();
    if (!error) return;
    std::string text = "cannot start: " + error.message();
    if (error == std::errc::file_exists) {
        text += ": " + config.process.socket + " is there, and is no socket";
    }
    if (error == std::errc::address_in_use) {
        text += "; is there a netaiod already at " + config.process.socket +
                ", or another program at a port of [tcp] or [udp]?";
    }
    throw Failure(ExitCode::other, text);
}

// As a whole or not at all; what stays as it was is said.
void reload(Daemon& daemon, Config& now, Level& level) {
    if (now.file.empty()) {
        announce("SIGHUP: there is no configuration to read; --config names one");
        return;
    }
    try {
        Config next = load_config(now.file);
        const auto sentences = daemon.reload(next);
        level = app::log_level(next.process.log_level);
        now = std::move(next);
        announce("SIGHUP: read " + now.file);
        for (const std::string& sentence : sentences) announce("SIGHUP: " + sentence);
    } catch (const std::exception& error) {
        app::warn(std::string("SIGHUP: everything stays as it was: ") + error.what());
    }
}

}  // namespace

int run_daemon(const Config& config) {
    const auto& process = config.process;
    app::log_as("netaiod",
                process.log_format == "json" ? app::LogFormat::json : app::LogFormat::text);
    take_shape(process);
    warn_of(config);

    boost::asio::io_context io(1);
    use_io_uring(io);
    // Before anything is announced, so that no signal finds it unprepared.
    app::Signals signals(io.get_executor(), app::SignalsOf::service);
    const auto level = std::make_shared<Level>(app::log_level(process.log_level));
    Daemon daemon(io.get_executor(), config, {.log = app::make_lasting_log(level)});
    begin(daemon, config);
    announce("netaiod " NETAIO_VERSION " serves programs at unix:" + process.socket);

    Config now = config;
    signals.on_hangup([&] { reload(daemon, now, *level); });
    const auto end = [&] {
        const auto drain = app::to_milliseconds(now.process.drain);
        boost::asio::co_spawn(io, daemon.stop(drain), [&io](const std::exception_ptr& failure) {
            if (failure) std::rethrow_exception(failure);
            io.stop();
        });
    };
    signals.wait(end, [&] { return "so far: " + daemon.status(); });
    io.run();
    announce("stopped");
    return static_cast<int>(ExitCode::done);
}

}  // namespace netaio::daemon
