#pragma once

#include <CLI/CLI.hpp>
#include <netaio/tcp_server.hpp>
#include <optional>
#include <string>

namespace netaio::app {

/// A file's permissions in octal digits.
CLI::Validator file_mode();

/// The number of a user or group, by name or as digits; nothing for who does not exist.
std::optional<std::uint32_t> find_user(const std::string& name);
std::optional<std::uint32_t> find_group(const std::string& name);

/// Who may connect to a Unix-domain socket: `mode` in octal digits; `owner` is empty, `USER`,
/// `USER:GROUP` or `:GROUP`, by names or numbers. Throws Failure for who does not exist.
UnixSocketOptions unix_socket_options(const std::string& mode, const std::string& owner);

}  // namespace netaio::app
