#pragma once

namespace netaio::chat_app {

/// What `netaio-chat` does with its command line; gives the exit code.
int run(int argc, const char* const* argv);

}  // namespace netaio::chat_app
