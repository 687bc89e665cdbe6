#include "core_dumps.hpp"

#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

namespace netaio::daemon {

void forbid_core_dumps() noexcept {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
#ifdef __linux__
    // Where dumps go to a program the limit does not count; nor may debuggers attach then.
    ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

}  // namespace netaio::daemon
