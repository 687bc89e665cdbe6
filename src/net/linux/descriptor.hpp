#pragma once

namespace netaio::net {

/// A socket's entry at Asio's reactor, for which there is no public way: its number is `socket_`,
/// the reactor's data `reactor_data_`.
template <class Socket>
auto& descriptor_of(Socket& socket) {
    struct Opened : Socket {
        using Socket::impl_;
    };
    return (socket.*(&Opened::impl_)).get_implementation();
}

}  // namespace netaio::net
