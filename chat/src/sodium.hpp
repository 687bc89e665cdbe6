#pragma once

namespace netaio::chat {

/// Has libsodium pick the fastest code for this machine, once. To be called before any of it is.
void start_sodium();

}  // namespace netaio::chat
