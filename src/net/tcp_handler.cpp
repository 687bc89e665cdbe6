#include "tcp_handler.hpp"

#include "core/stream.hpp"

namespace netaio::net {

std::optional<OwnedMessage> KeptTcpHandler::call(const Message& message,
                                                 core::Source& source) const {
    return handler_.plain(message, static_cast<core::Stream&>(source));
}

}  // namespace netaio::net
