#include "server_limits.hpp"

#include "duration.hpp"
#include "values.hpp"

namespace netaio::app {
namespace {

SlowReceiver slow_receiver(const std::string& name) noexcept {
    if (name == "drop-newest") return SlowReceiver::drop_newest;
    if (name == "disconnect") return SlowReceiver::disconnect;
    return SlowReceiver::drop_oldest;
}

}  // namespace

void add_server_limits(CLI::App& command, ServerLimits& limits) {
    const auto limit = [&](const char* name, auto& value, const char* type, const char* text) {
        return command.add_option(name, value, text)
            ->type_name(type)
            ->capture_default_str()
            ->group("Limits");
    };
    limit("--connections-max", limits.connections_max, "N",
          "connections at once; who did not authenticate goes first")
        ->check(whole_number(1, ServerLimits::count_max));
    limit("--strangers-per-host-max", limits.strangers_per_host_max, "N",
          "connections from one host that did not authenticate yet")
        ->check(whole_number(1, ServerLimits::count_max));
    limit("--frame-max", limits.frame_max, "BYTES", "the longest frame, header included")
        ->transform(byte_count(ServerLimits::frame_size_min, ServerLimits::frame_size_max));
    limit("--idle-timeout", limits.idle_timeout, "SECONDS",
          "close a connection that is silent for so long; 0: never")
        ->check(duration_range());
    limit("--frame-timeout", limits.frame_timeout, "SECONDS",
          "how long one frame may take to arrive; 0: for ever")
        ->check(duration_range());
    limit("--send-timeout", limits.send_timeout, "SECONDS",
          "disconnect who takes nothing for so long; 0: never")
        ->check(duration_range());
    limit("--keepalive-timeout", limits.keepalive_timeout, "SECONDS",
          "disconnect whose machine does not answer for so long; 0: after hours")
        ->check(duration_range());
    limit("--send-queue-max", limits.send_queue_max, "BYTES", "how much may wait for one receiver")
        ->transform(byte_count(0, ServerLimits::count_max));
    limit("--slow-receiver", limits.slow_receiver, "POLICY",
          "what then happens: drop-oldest, drop-newest or disconnect")
        ->check(CLI::IsMember(slow_receivers).description(""));
}

void use_limits(const ServerLimits& limits, TcpServerOptions& options) {
    options.connections_max = limits.connections_max;
    options.strangers_per_host_max = limits.strangers_per_host_max;
    options.frame_max = limits.frame_max;
    options.idle_timeout = to_limit(limits.idle_timeout);
    options.frame_timeout = to_limit(limits.frame_timeout);
    options.send_timeout = to_limit(limits.send_timeout);
    options.keepalive_timeout = to_limit(limits.keepalive_timeout);
    options.send_queue_max = limits.send_queue_max;
    options.slow_receiver = slow_receiver(limits.slow_receiver);
}

}  // namespace netaio::app
