#pragma once

namespace netaio::daemon {

/// Keeps the memory of this process, which holds keys, from files and from other processes of its
/// user. To be called anew after the process became another user, which undoes it.
void forbid_core_dumps() noexcept;

}  // namespace netaio::daemon
