#pragma once

#include <CLI/CLI.hpp>
#include <netaio/tcp_server.hpp>
#include <string>

namespace netaio::app {

/// A file's permissions in octal digits.
CLI::Validator file_mode();

/// Who may connect to a Unix-domain socket: `mode` in octal digits; `owner` is empty, `USER`,
/// `USER:GROUP` or `:GROUP`, by names or numbers. Throws Failure for who does not exist.
UnixSocketOptions unix_socket_options(const std::string& mode, const std::string& owner);

}  // namespace netaio::app
