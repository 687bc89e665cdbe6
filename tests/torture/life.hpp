#pragma once

#include <atomic>
#include <functional>

/// A small life of nodes, in which anything may fail once.
namespace netaio::test {

/// Where the server runs.
enum class Way { program_loop, own_threads };

/// What goes on; failures are told by it.
enum class Phase {
    making,
    starting,
    managing,
    connecting,
    requesting,
    subscribing,
    notifying,
    suspending,
    timing_out,
    udp_requesting,
    probing,
    hanging_up,
    stopping,
    destroying,
};
const char* to_string(Phase phase);

/// How a life went, when it did not end early.
enum class End {
    well,
    waits,       // somebody was never told of an end
    told_twice,  // by the call and by the end
    deaf,        // the server does not serve any more
    stays_busy,  // something is left to do for ever
};

/// Lives. Tells the phase as it goes on, says when things may begin to fail, and asks whether one
/// has, after which the server is to serve all the same.
End live(Way way, std::atomic<Phase>& phase, const std::function<void()>& begin,
         const std::function<bool()>& failed);

}  // namespace netaio::test
