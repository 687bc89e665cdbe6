#pragma once

#include <cstdint>
#include <string_view>

namespace netaio {

/// Where a client that is kept connected stands, see TcpClient::keep_connected().
enum class ConnectionState : std::uint8_t {
    connecting,  ///< tries a server
    connected,   ///< a server was greeted, has answered, and granted what was subscribed to before
    waiting,     ///< pauses until the next attempt
    refused,     ///< has given up: it was refused, or its attempts are used up; from now on
                 ///< requests fail with Errc::not_connected
};

/// The name of a state, e.g. `waiting`.
std::string_view to_string(ConnectionState state) noexcept;

}  // namespace netaio
